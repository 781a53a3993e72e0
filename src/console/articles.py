"""The articles of the knowledge base: found, read in every version, withdrawn and brought back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from accounts.permissions import Permission
from console import queue
from console.markdown import as_html
from console.rendering import render
from console.sessions import Looking, Posting, Viewer
from console.text_changes import changes
from knowledge import articles
from knowledge.articles import Article, ArticleVersion, Audience, Kind
from runtime.database import transaction

router = APIRouter()
PAGE = 50
ADDRESS = "/console/articles"
_MOST_PAGES = 2_000
KINDS = {Kind.ARTICLE: "Article", Kind.LEARNED: "Learned answer"}
AUDIENCES = {Audience.PUBLIC: "Everybody", Audience.INTERNAL: "Staff alone"}
_DONE = {
    "written": "Written. The AI finds it from now on.",
    "saved": "Saved. The AI reads it so from now on.",
    "unchanged": "Nothing was changed.",
    "withdrawn": "Withdrawn. The AI does not find it any more.",
    "back": "It is back: the AI finds it again.",
    "restored": "The old version is the present one again.",
}

ArticleId = Annotated[str, Path(max_length=40)]
Number = Annotated[int, Path(ge=1, lt=2**31)]


def _reads(viewer: Looking) -> Viewer:
    viewer.principal.require(Permission.READ_KNOWLEDGE)
    return viewer


def _writes(viewer: Posting) -> Viewer:
    viewer.principal.require(Permission.WRITE_KNOWLEDGE)
    return viewer


Reading = Annotated[Viewer, Depends(_reads)]
Writing = Annotated[Viewer, Depends(_writes)]


@dataclass(frozen=True)
class Asked:
    """What the address asks for. An unknown value of a filter narrows nothing."""

    q: str
    kind: Kind | None
    language: str
    audience: Audience | None
    product: str
    withdrawn: bool
    page: int

    def address(self, **changed: str) -> str:
        given = {"withdrawn": "1" if self.withdrawn else ""}
        kept = {name: str(value or "") for name, value in vars(self).items()} | given | changed
        asked = urlencode(
            {name: value for name, value in kept.items() if value and (name, value) != ("page", "1")}
        )
        return f"{ADDRESS}?{asked}" if asked else ADDRESS

    @property
    def narrowed(self) -> bool:
        return bool(self.q or self.kind or self.language or self.audience or self.product)


def _asked(  # noqa: PLR0913, PLR0917  # one argument for each part of the address
    q: Annotated[str, Query(max_length=200)] = "",
    kind: Annotated[str, Query(max_length=20)] = "",
    language: Annotated[str, Query(max_length=20)] = "",
    audience: Annotated[str, Query(max_length=20)] = "",
    product: Annotated[str, Query(max_length=200)] = "",
    withdrawn: Annotated[str, Query(max_length=1)] = "",
    page: Annotated[str, Query(max_length=10)] = "",
) -> Asked:
    number = int(page) if page.isascii() and page.isdecimal() else 1
    return Asked(
        q=q.replace("\x00", "").strip(),
        kind=Kind(kind) if kind in list(Kind) else None,
        language=language.replace("\x00", ""),
        audience=Audience(audience) if audience in list(Audience) else None,
        product=product.replace("\x00", ""),
        withdrawn=withdrawn == "1",
        page=min(max(number, 1), _MOST_PAGES),
    )


def show_page(
    request: Request, viewer: Viewer, template: str, shown: Mapping[str, object], *, status: int = 200
) -> HTMLResponse:
    """A page of the articles with the rail beside it."""
    with transaction() as session:
        counts = queue.count_views(session, viewer.principal.public_id)
    around = {"views": queue.VIEWS, "counts": counts, "address": ADDRESS}
    values: dict[str, Any] = {**shown, **around, "kinds": KINDS, "audiences": AUDIENCES}
    return render(request, template, viewer=viewer, status=status, **values)


@router.get("/articles")
def list_articles(
    request: Request, viewer: Reading, asked: Annotated[Asked, Depends(_asked)]
) -> HTMLResponse:
    """The articles by title, some at a time."""
    wanted = articles.Wanted(
        asked.q, asked.kind, asked.language, asked.audience, asked.product, asked.withdrawn
    )
    with transaction() as session:
        found = articles.find_articles(session, wanted, limit=PAGE + 1, offset=(asked.page - 1) * PAGE)
        offered = articles.choices(session)
    shown = {
        "asked": asked,
        "found": found[:PAGE],
        "offered": offered,
        "earlier": asked.address(page=str(asked.page - 1)) if asked.page > 1 else "",
        "later": asked.address(page=str(asked.page + 1)) if len(found) > PAGE else "",
    }
    return show_page(request, viewer, "articles.html", shown)


@router.get("/articles/{public_id}")
def show_article(
    request: Request, viewer: Reading, public_id: ArticleId, done: Annotated[str, Query(max_length=20)] = ""
) -> HTMLResponse:
    """One article as it is now."""
    with transaction() as session:
        article = articles.get_article(session, public_id)
        shown = _shown(session, article, article)
    return show_page(request, viewer, "article.html", shown | {"notice": _DONE.get(done, "")})


@router.get("/articles/{public_id}/versions/{number}")
def show_version(request: Request, viewer: Reading, public_id: ArticleId, number: Number) -> HTMLResponse:
    """One article as it was in a version: what a reply of that time cited."""
    with transaction() as session:
        article = articles.get_article(session, public_id)
        shown = _shown(session, article, articles.get_version(session, article, number))
    return show_page(request, viewer, "article.html", shown)


def _shown(session: Session, article: Article, version: Article | ArticleVersion) -> dict[str, object]:
    """What the page of an article shows: the whole of it as it is, or as it was in a version."""
    return {
        "article": article,
        "shown": version,
        "body": as_html(version.body, title=version.title),
        "versions": articles.list_versions(session, article),
        "names": queue.names_of_staff(session),
        "changed": changes(version.body, article.body) if version.version != article.version else [],
        "notice": "",
    }


@router.post("/articles/{public_id}/withdraw")
def withdraw(viewer: Writing, public_id: ArticleId) -> Response:
    with transaction() as session:
        articles.withdraw(session, public_id, by=viewer.principal.public_id)
    return led_to(public_id, done="withdrawn")


@router.post("/articles/{public_id}/bring-back")
def bring_back(viewer: Writing, public_id: ArticleId) -> Response:
    articles.bring_back(public_id, by=viewer.principal.public_id)
    return led_to(public_id, done="back")


@router.post("/articles/{public_id}/versions/{number}/restore")
def restore(
    viewer: Writing, public_id: ArticleId, number: Number, seen_version: Annotated[int, Form(ge=1)]
) -> Response:
    """Make an old version the newest one."""
    by = viewer.principal.public_id
    added = articles.restore_version(public_id, number, by=by, seen_version=seen_version)
    return led_to(public_id, done=done_by(added, "restored"))


def done_by(added: articles.Added, done: str) -> str:
    return "unchanged" if added.change is articles.Change.UNCHANGED else done


def led_to(public_id: str, *, done: str) -> RedirectResponse:
    return RedirectResponse(f"{ADDRESS}/{public_id}?done={done}", status_code=303)
