"""Writing and editing an article: one form, with a preview, that loses nothing when it is refused."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, Response

from accounts.permissions import Permission
from console import queue
from console.articles import ArticleId, Reading, Writing, done_by, led_to, show_page
from console.markdown import as_html
from console.sessions import Viewer
from console.text_changes import changes
from knowledge import articles
from knowledge.articles import Article, Audience, Written
from runtime.database import transaction
from runtime.errors import Conflict, DeskfleetError, InvalidInput, TooLarge, Unavailable

router = APIRouter()
MOST_CHARACTERS = 200_000
_PREVIEW = "preview"
_STATUSES: dict[type[DeskfleetError], int] = {Conflict: 409, InvalidInput: 422, Unavailable: 503}


@dataclass(frozen=True)
class Typed:
    """What stands in the fields. `seen_version` is the version that the editor has before their eyes; 0: none."""

    title: str = ""
    body: str = ""
    url: str = ""
    product: str = ""
    category: str = ""
    language: str = "en"
    audience: str = Audience.PUBLIC
    valid_from: str = ""
    valid_until: str = ""
    seen_version: int = 0
    then: str = ""


def _typed(  # noqa: PLR0913, PLR0917  # one argument for each field
    title: Annotated[str, Form(max_length=1_000)] = "",
    body: Annotated[str, Form(max_length=MOST_CHARACTERS)] = "",
    url: Annotated[str, Form(max_length=2_000)] = "",
    product: Annotated[str, Form(max_length=200)] = "",
    category: Annotated[str, Form(max_length=200)] = "",
    language: Annotated[str, Form(max_length=20)] = "",
    audience: Annotated[str, Form(max_length=20)] = "",
    valid_from: Annotated[str, Form(max_length=40)] = "",
    valid_until: Annotated[str, Form(max_length=40)] = "",
    seen_version: Annotated[int, Form(ge=0)] = 0,
    then: Annotated[str, Form(max_length=20)] = "",
) -> Typed:
    return Typed(
        title=_plain(title),
        body=_plain(body),
        url=_plain(url),
        product=_plain(product),
        category=_plain(category),
        language=_plain(language),
        audience=_plain(audience),
        valid_from=_plain(valid_from),
        valid_until=_plain(valid_until),
        seen_version=seen_version,
        then=then,
    )


def _plain(text: str) -> str:
    """What a browser's field sends, as it is kept."""
    return text.replace("\r\n", "\n").replace("\x00", "").strip()


TypedIn = Annotated[Typed, Depends(_typed)]


def _written(typed: Typed) -> Written:
    """Raises InvalidInput naming the field that is wrong."""
    if typed.audience not in list(Audience):
        raise InvalidInput("Choose who may read it.", field="audience")
    return Written(
        title=typed.title,
        body=typed.body,
        url=typed.url,
        product=typed.product,
        category=typed.category,
        language=typed.language.lower(),
        audience=Audience(typed.audience),
        valid_from=_moment(typed.valid_from, "valid_from"),
        valid_until=_moment(typed.valid_until, "valid_until"),
    )


def _moment(typed: str, field: str) -> datetime | None:
    """A browser sends no zone; the field says that it is UTC."""
    if not typed:
        return None
    try:
        return datetime.fromisoformat(typed).replace(tzinfo=UTC)
    except ValueError:
        raise InvalidInput("This is no date with a time.", field=field) from None


def _typed_before(article: Article) -> Typed:
    def moment(at: datetime | None) -> str:
        return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M") if at else ""

    return Typed(
        title=article.title,
        body=article.body,
        url=article.url,
        product=article.product,
        category=article.category,
        language=article.language,
        audience=article.audience,
        valid_from=moment(article.valid_from),
        valid_until=moment(article.valid_until),
        seen_version=article.version,
    )


@router.get("/articles/new")
def open_new(request: Request, viewer: Reading) -> HTMLResponse:
    viewer.principal.require(Permission.WRITE_KNOWLEDGE)
    return _form(request, viewer, Typed())


@router.post("/articles")
def write(request: Request, viewer: Writing, typed: TypedIn) -> Response:
    """A new article, or a preview of it."""
    if typed.then == _PREVIEW:
        return _form(request, viewer, typed)
    try:
        added = articles.write_article(_written(typed), by=viewer.principal.public_id)
    except (Conflict, InvalidInput, Unavailable) as error:
        return _form(request, viewer, typed, error=error)
    return led_to(added.public_id, done="written")


@router.get("/articles/{public_id}/edit")
def open_editor(request: Request, viewer: Reading, public_id: ArticleId) -> HTMLResponse:
    viewer.principal.require(Permission.WRITE_KNOWLEDGE)
    with transaction() as session:
        article = articles.get_article(session, public_id)
    if len(article.body) > MOST_CHARACTERS:
        raise TooLarge(f"The article is longer than {MOST_CHARACTERS:,} characters: change it in its file.")
    return _form(request, viewer, _typed_before(article), article=article)


@router.post("/articles/{public_id}/edit")
def edit(request: Request, viewer: Writing, public_id: ArticleId, typed: TypedIn) -> Response:
    """Save the article, or show a preview. What somebody else saved meanwhile is shown first, and kept."""
    error: DeskfleetError | None = None
    if typed.then != _PREVIEW:
        try:
            added = articles.edit_article(
                public_id, _written(typed), by=viewer.principal.public_id, seen_version=typed.seen_version
            )
            return led_to(public_id, done=done_by(added, "saved"))
        except (Conflict, InvalidInput, Unavailable) as refused:
            error = refused
    with transaction() as session:
        article = articles.get_article(session, public_id)
    return _form(request, viewer, typed, article=article, error=error)


def _form(
    request: Request,
    viewer: Viewer,
    typed: Typed,
    *,
    article: Article | None = None,
    error: DeskfleetError | None = None,
) -> HTMLResponse:
    """The form with all that was typed; above it a preview, or what is wrong and what somebody else saved."""
    collides = isinstance(error, Conflict) and article is not None and article.version != typed.seen_version
    theirs = article if collides else None
    with transaction() as session:
        offered = articles.choices(session)
        newest = articles.list_versions(session, theirs)[0] if theirs else None
        names = queue.names_of_staff(session) if theirs else {}
    shown = {
        "article": article,
        # Whoever saves again has seen what is there now.
        "typed": replace(typed, seen_version=theirs.version) if theirs else typed,
        "preview": as_html(typed.body, title=typed.title) if typed.then == _PREVIEW else None,
        "error": error,
        "newest": newest,
        "names": names,
        "changed": changes(theirs.body, typed.body) if theirs else [],
        "offered": offered,
        "most": MOST_CHARACTERS,
    }
    return show_page(request, viewer, "article_form.html", shown, status=_status(error))


def _status(error: DeskfleetError | None) -> int:
    if error is None:
        return 200
    return next(status for kind, status in _STATUSES.items() if isinstance(error, kind))
