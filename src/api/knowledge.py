"""REST for programs: the articles of the memory, and what a search of it finds."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from accounts.access import allowed
from accounts.permissions import Permission, Principal
from api.preconditions import IfMatch, check
from knowledge import articles, retrieval
from knowledge.articles import Added, Article, Audience, Kind, Wanted, Written
from runtime.database import transaction

router = APIRouter(prefix="/api/v1/knowledge", tags=["knowledge"])

Reader = Annotated[Principal, Depends(allowed(Permission.READ_KNOWLEDGE))]
Writer = Annotated[Principal, Depends(allowed(Permission.WRITE_KNOWLEDGE))]
ArticleId = Annotated[str, Path(max_length=40, examples=["ART-5166CE5E"])]
_MOST_CHARACTERS = 200_000


class ArticleSummary(BaseModel):
    """`version` counts changes; an answer cites one version."""

    article_id: Annotated[str, Field(examples=["ART-5166CE5E"])]
    title: str
    kind: Kind
    audience: Audience
    language: str
    product: Annotated[str, Field(examples=["Kettle"])]
    category: str
    url: str
    version: Annotated[int, Field(examples=[3])]
    updated_at: datetime
    withdrawn_at: datetime | None


class ArticleView(ArticleSummary):
    """With its text, in Markdown. `question` is what customers asked, of an article that was learned."""

    question: str
    body: Annotated[str, Field(examples=["Orders arrive within **three days**."])]
    valid_from: datetime | None
    valid_until: datetime | None


class ArticlePage(BaseModel):
    articles: list[ArticleSummary]
    next_cursor: Annotated[int | None, Field(examples=[50])]


class NewArticle(BaseModel):
    """What is left out is empty. `internal` articles are never shown to customers."""

    model_config = ConfigDict(extra="forbid")

    title: Annotated[str, Field(min_length=1, max_length=300)]
    body: Annotated[
        str, Field(min_length=1, max_length=_MOST_CHARACTERS, examples=["Orders arrive within three days."])
    ]
    language: Annotated[str, Field(pattern=r"^[a-z]{2,3}$")] = "en"
    audience: Audience = Audience.PUBLIC
    product: Annotated[str, Field(max_length=200, examples=["Kettle"])] = ""
    category: Annotated[str, Field(max_length=80)] = ""
    url: Annotated[str, Field(max_length=500)] = ""
    valid_from: AwareDatetime | None = None
    valid_until: AwareDatetime | None = None


class ChangedArticle(NewArticle):
    """The whole article anew. `seen_version` is the one that was read; 409 when it was changed since."""

    seen_version: Annotated[int, Field(ge=1, lt=2**31, examples=[3])]


class Asked(BaseModel):
    """What is left out does not narrow. `q`: words of titles and texts, or an id."""

    q: Annotated[str, Field(max_length=200)] = ""
    kind: Kind | None = None
    audience: Audience | None = None
    language: Annotated[str, Field(max_length=3)] = ""
    product: Annotated[str, Field(max_length=200)] = ""
    withdrawn: bool = False
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[int, Field(ge=0, le=1_000_000)] = 0


class PassageView(BaseModel):
    """`relevance` is calibrated, 0 to 1."""

    article_id: Annotated[str, Field(examples=["ART-5166CE5E"])]
    version: int
    title: str
    heading: str
    text: str
    url: str
    relevance: Annotated[float, Field(examples=[0.82])]


class Passages(BaseModel):
    passages: list[PassageView]


@router.get("/articles", summary="List articles")
def list_articles(_reader: Reader, asked: Annotated[Asked, Query()]) -> ArticlePage:
    """By title; `next_cursor` leads to the next page."""
    wanted = Wanted(asked.q, asked.kind, asked.language, asked.audience, asked.product, asked.withdrawn)
    with transaction() as session:
        found = articles.find_articles(session, wanted, limit=asked.limit + 1, offset=asked.cursor)
    more = asked.cursor + asked.limit if len(found) > asked.limit else None
    return ArticlePage(
        articles=[ArticleSummary(**_summary(one)) for one in found[: asked.limit]], next_cursor=more
    )


@router.get("/articles/{article_id}", summary="Read an article")
def read_article(article_id: ArticleId, _reader: Reader) -> ArticleView:
    """Also one that was withdrawn: old answers cite it."""
    with transaction() as session:
        return _view(articles.get_article(session, article_id))


@router.post("/articles", summary="Write an article", status_code=201)
def write_article(body: NewArticle, writer: Writer) -> ArticleView:
    """It is found at once. A public one without an address gets a page in the help centre."""
    return _stored(articles.write_article(_written(body), by=writer.public_id))


@router.put("/articles/{article_id}", summary="Change an article")
def change_article(
    article_id: ArticleId, body: ChangedArticle, writer: Writer, if_match: IfMatch = ""
) -> ArticleView:
    """The earlier version is kept."""
    _check(article_id, if_match)
    return _stored(
        articles.edit_article(article_id, _written(body), by=writer.public_id, seen_version=body.seen_version)
    )


@router.delete("/articles/{article_id}", summary="Withdraw an article", status_code=204)
def withdraw_article(article_id: ArticleId, writer: Writer, if_match: IfMatch = "") -> Response:
    """Nobody finds it any more; it is kept for the answers that cite it."""
    _check(article_id, if_match)
    with transaction() as session:
        articles.withdraw(session, article_id, by=writer.public_id)
    return Response(status_code=204)


@router.get("/search", summary="Search the memory")
def search(
    _reader: Reader,
    q: Annotated[str, Query(min_length=1, max_length=2_000, examples=["Where is my order?"])],
    language: Annotated[str, Query(pattern=r"^[a-z]{2,3}$")] = "en",
    audience: Audience = Audience.PUBLIC,
    limit: Annotated[int, Query(ge=1, le=20)] = 5,
) -> Passages:
    """The passages that answer a question, the best first; none when nothing does."""
    found = retrieval.search(q, language=language, limit=limit, audience=audience)
    return Passages(
        passages=[
            PassageView(
                article_id=one.article_public_id,
                version=one.version,
                title=one.title,
                heading=one.heading,
                text=one.text,
                url=one.url,
                relevance=one.relevance,
            )
            for one in found
        ]
    )


def _check(article_id: str, if_match: str) -> None:
    """`seen_version` is what decides when two write at the same moment."""
    if if_match:
        with transaction() as session:
            check(if_match, _view(articles.get_article(session, article_id)))


def _written(body: NewArticle) -> Written:
    return Written(**body.model_dump(exclude={"seen_version"}))


def _stored(added: Added) -> ArticleView:
    with transaction() as session:
        return _view(articles.get_article(session, added.public_id))


def _view(article: Article) -> ArticleView:
    return ArticleView(
        **_summary(article),
        question=article.question,
        body=article.body,
        valid_from=article.valid_from,
        valid_until=article.valid_until,
    )


def _summary(article: Article) -> dict[str, object]:
    names = ("title", "kind", "audience", "language", "product", "category", "url", "version", "updated_at")
    shared = {name: getattr(article, name) for name in names}
    return {"article_id": article.public_id, "withdrawn_at": article.withdrawn_at, **shared}
