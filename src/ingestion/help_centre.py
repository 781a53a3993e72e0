"""The public help centre at /help: where the links of a reply lead."""

from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import FileResponse, HTMLResponse
from jinja2 import Environment, FileSystemLoader
from markdown_it import MarkdownIt
from markupsafe import Markup

from knowledge import articles
from runtime.database import transaction
from runtime.settings import settings

router = APIRouter(prefix="/help", include_in_schema=False)

_FOLDER = Path(__file__).parent / "help_page"
_pages = Environment(loader=FileSystemLoader(_FOLDER), autoescape=True)
# Raw HTML in an article is shown as text, never run.
_markdown = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table")


@router.get("")
def index() -> HTMLResponse:
    """All public articles by title."""
    with transaction() as session:
        listed = [(one.title, one.url) for one in articles.list_public(session)]
    return _page("index.html", articles=listed)


@router.get("/static/help.css")
def style() -> FileResponse:
    return FileResponse(_FOLDER / "help.css", media_type="text/css")


@router.get("/{slug}")
def show(slug: str) -> HTMLResponse:
    """One article; a page with 404 when there is none, none any more, or none for the public."""
    with transaction() as session:
        found = articles.find_public(session, f"/help/{slug}")
    if found is None:
        return _page("missing.html", status=404)
    body = _markdown.render(found.body)
    return _page(
        "article.html",
        title=found.title,
        language=found.language,
        body=Markup(body),  # noqa: S704  # rendered with HTML switched off
        has_heading=body.startswith("<h1>"),
        updated=found.updated_at.date(),
    )


def _page(template: str, *, status: int = 200, **values: object) -> HTMLResponse:
    html = _pages.get_template(template).render(desk=settings().agent.desk_name, **values)
    return HTMLResponse(html, status_code=status)
