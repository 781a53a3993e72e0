"""Which past answers used an article, and what editing or withdrawing it would do to them. Nothing is changed here."""

from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from fastapi.responses import HTMLResponse

from accounts.permissions import Permission
from console.articles import ArticleId, Reading, show_page
from console.sessions import Posting, Viewer
from knowledge import articles, impact
from knowledge.articles import Article
from knowledge.impact import Impact, Outcome
from runtime.database import transaction
from runtime.errors import InvalidInput

router = APIRouter()
PAGE = 25
TRIED = 50  # Answers that a page tries: two searches each, a few seconds in all.
MOST_CHARACTERS = 200_000
OUTCOMES = {
    Outcome.SAME: "Finds the same",
    Outcome.REWORDED: "Finds it in other words",
    Outcome.OTHERS: "Finds other passages",
    Outcome.NOTHING: "Finds nothing",
}


@router.get("/articles/{public_id}/impact")
def show_impact(
    request: Request,
    viewer: Reading,
    public_id: ArticleId,
    before: Annotated[str, Query(max_length=19)] = "",
) -> HTMLResponse:
    """The answers that used the article, and a form to try a change."""
    with transaction() as session:
        article = articles.get_article(session, public_id)
    return _page(
        request, viewer, article, before=int(before) if before.isascii() and before.isdecimal() else None
    )


@router.post("/articles/{public_id}/impact")
def try_change(
    request: Request,
    viewer: Posting,
    public_id: ArticleId,
    title: Annotated[str, Form(max_length=1_000)] = "",
    body: Annotated[str, Form(max_length=MOST_CHARACTERS)] = "",
    withdrawn: Annotated[bool, Form()] = False,
) -> HTMLResponse:
    """Search again for the questions of the newest answers, with the text as typed or without the article."""
    viewer.principal.require(Permission.READ_KNOWLEDGE)
    plain = [value.replace("\r\n", "\n").replace("\x00", "") for value in (title, body)]
    with transaction() as session:
        article = articles.get_article(session, public_id)
    typed = (plain[0] or article.title, plain[1])
    new = None if withdrawn else impact.with_text(article, *typed)
    try:
        found = impact.foresee(article.public_id, new, limit=TRIED)
    except InvalidInput as error:
        return _page(request, viewer, article, typed=typed, error=error.detail)
    return _page(
        request, viewer, article, typed=(article.title, article.body) if withdrawn else typed, found=found
    )


def _page(  # noqa: PLR0913  # each is shown in a place of its own
    request: Request,
    viewer: Viewer,
    article: Article,
    *,
    before: int | None = None,
    typed: tuple[str, str] | None = None,
    found: Impact | None = None,
    error: str = "",
) -> HTMLResponse:
    with transaction() as session:
        used = impact.read_uses(session, article.public_id, limit=PAGE, before=before)
    since = [] if found or error else impact.contradictions_of_last_change(article)
    title, body = typed or (article.title, article.body)
    shown = {
        "article": article,
        "used": used,
        "is_first": before is None,
        "title": title,
        "body": body,
        "found": found,
        "error": error,
        "outcomes": OUTCOMES,
        "since": since,
        "most": MOST_CHARACTERS,
    }
    return show_page(request, viewer, "impact.html", shown, status=422 if error else 200)
