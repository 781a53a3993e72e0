"""The page behind the links of a survey's mail: the rating that was clicked, and room for a word on it."""

from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import FileResponse, HTMLResponse
from jinja2 import Environment, FileSystemLoader

from runtime import limits
from runtime.database import transaction
from runtime.errors import InvalidInput, NotFound
from runtime.language import DEFAULT
from runtime.settings import settings
from runtime.web import client_address
from tickets import satisfaction, surveys
from tickets.satisfaction import RATINGS
from tickets.surveys import PATH, text_of

router = APIRouter(prefix=PATH, include_in_schema=False)

_FOLDER = Path(__file__).parent / "rating_page"
_pages = Environment(loader=FileSystemLoader(_FOLDER), autoescape=True)
_PER_MINUTE = 30


@router.get("/static/rating.css")
def style() -> FileResponse:
    return FileResponse(_FOLDER / "rating.css", media_type="text/css")


@router.get("/static/rating.js")
def script() -> FileResponse:
    return FileResponse(_FOLDER / "rating.js", media_type="text/javascript")


@router.get("/{token}")
def show(request: Request, token: str, r: Annotated[int, Query(ge=1, le=5)] = 5) -> HTMLResponse:
    """Changes nothing, since mail programs fetch links by themselves: the page's script sends what was clicked."""
    _limit(request)
    try:
        with transaction() as session:
            language = surveys.ticket_of(session, token).language
    except NotFound:
        return _gone()
    return _page(language, "title", token=token, rating=r, step="confirm")


@router.post("/{token}")
def rate(
    request: Request,
    token: str,
    rating: Annotated[int, Form()],
    comment: Annotated[str, Form(max_length=2_000)] = "",
) -> HTMLResponse:
    """Keep the rating; rating again replaces it."""
    _limit(request)
    try:
        with transaction() as session:
            ticket = surveys.ticket_of(session, token)
            satisfaction.rate(session, ticket.id, rating, comment=comment)
    except NotFound:
        return _gone()
    except InvalidInput as error:
        return _page(DEFAULT, "title", status=422, said=error.detail)
    if comment.strip():
        return _page(ticket.language, "done")
    return _page(ticket.language, "thanks", token=token, rating=rating, step="comment")


def _limit(request: Request) -> None:
    limits.take(f"rate:{client_address(request)}", per_minute=_PER_MINUTE)


def _gone() -> HTMLResponse:
    return _page(DEFAULT, "gone", status=404)


def _page(  # noqa: PLR0913  # keyword-only: the parts of one page
    language: str,
    title: str,
    *,
    status: int = 200,
    token: str = "",
    rating: int = 0,
    step: str = "",
    said: str = "",
) -> HTMLResponse:
    html = _pages.get_template("rating.html").render(
        desk=settings().agent.desk_name,
        language=language or DEFAULT,
        title=text_of(title, language, rating=rating),
        said=said,
        step=step,
        rating=rating,
        ratings=RATINGS,
        confirm=text_of("confirm", language, rating=rating),
        send=text_of("send", language),
        action=f"{PATH}/{token}" if token else "",
        static=f"{PATH}/static",
    )
    # The address holds what lets one rate: no other site gets it, and no cache keeps the page.
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return HTMLResponse(html, status_code=status, headers=headers)
