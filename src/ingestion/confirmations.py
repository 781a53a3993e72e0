"""The page behind the link of a code's mail: it shows what is asked, and a button confirms it once."""

from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse
from jinja2 import Environment, FileSystemLoader

from ingestion.codes import PATH
from runtime import limits
from runtime.database import transaction
from runtime.errors import NotFound
from runtime.language import DEFAULT
from runtime.settings import settings
from runtime.web import client_address
from tickets import verification
from tickets.proof_texts import text_of

router = APIRouter(prefix=PATH, include_in_schema=False)

_FOLDER = Path(__file__).parent / "confirm_page"
_pages = Environment(loader=FileSystemLoader(_FOLDER), autoescape=True)
_PER_MINUTE = 20


@router.get("/static/confirm.css")
def style() -> FileResponse:
    return FileResponse(_FOLDER / "confirm.css", media_type="text/css")


@router.get("/{token}")
def show(request: Request, token: str) -> HTMLResponse:
    """What is asked, and a button. It changes nothing: mail programs fetch links by themselves."""
    _limit(request)
    try:
        with transaction() as session:
            asked = verification.read_link(session, token)
    except NotFound:
        return _gone()
    return _page(asked.language, "page_ask", wish=asked.sentence, token=token)


@router.post("/{token}")
def confirm(request: Request, token: str) -> HTMLResponse:
    """The button was pressed. It works once."""
    _limit(request)
    try:
        with transaction() as session:
            language = verification.read_link(session, token).language
            verification.confirm_link(session, token)
    except NotFound:
        return _gone()
    return _page(language, "page_done")


def _limit(request: Request) -> None:
    limits.take(f"confirm:{client_address(request)}", per_minute=_PER_MINUTE)


def _gone() -> HTMLResponse:
    return _page(DEFAULT, "page_gone", status=404)


def _page(language: str, said: str, *, status: int = 200, wish: str = "", token: str = "") -> HTMLResponse:
    html = _pages.get_template("confirm.html").render(
        desk=settings().agent.desk_name,
        language=language,
        title=text_of("page_title", language),
        said=text_of(said, language),
        button=text_of("page_button", language),
        wish=wish,
        action=f"{PATH}/{token}" if token else "",
        css=f"{PATH}/static/confirm.css",
    )
    # The address holds a secret: no other site gets it, and no cache keeps the page.
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
    return HTMLResponse(html, status_code=status, headers=headers)
