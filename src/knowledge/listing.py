"""The articles as staff look for them: by words, kind, language, audience and product, some at a time."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, String, bindparam, cast, func, or_, select
from sqlalchemy.dialects.postgresql import REGCONFIG
from sqlalchemy.orm import Session, defer

from knowledge import keyword_search
from knowledge.models import Article, StoredChunk
from knowledge.vector_store import Audience, Kind


@dataclass(frozen=True)
class Wanted:
    """Which articles are listed; what is empty does not narrow."""

    text: str = ""
    kind: Kind | None = None
    language: str = ""
    audience: Audience | None = None
    product: str = ""
    withdrawn: bool = False


@dataclass(frozen=True)
class Choices:
    """What there is to narrow by."""

    languages: list[str]
    products: list[str]


def find_articles(session: Session, wanted: Wanted, *, limit: int, offset: int = 0) -> list[Article]:
    """By title, without their texts. Words are looked for in titles and, but for withdrawn ones, in texts."""
    query = select(Article).options(
        defer(Article.body, raiseload=True), defer(Article.question, raiseload=True)
    )
    state = Article.withdrawn_at.is_not(None) if wanted.withdrawn else Article.withdrawn_at.is_(None)
    narrowed = {
        Article.kind: wanted.kind,
        Article.language: wanted.language,
        Article.audience: wanted.audience,
        Article.product: wanted.product,
    }
    query = query.where(state, *(column == value for column, value in narrowed.items() if value))
    if wanted.text:
        query = query.where(_says(session, wanted.text))
    ordered = query.order_by(func.lower(Article.title), Article.id)
    return list(session.scalars(ordered.limit(limit).offset(offset)))


def choices(session: Session) -> Choices:
    """The languages and products of all articles."""
    languages = session.scalars(select(Article.language).distinct().order_by(Article.language))
    products = session.scalars(select(Article.product).distinct().order_by(Article.product))
    return Choices(list(languages), [product for product in products if product])


def _says(session: Session, text: str) -> ColumnElement[bool]:
    """One query of words for all languages that there are, so that the index of the words answers it."""
    languages = session.scalars(select(Article.language).distinct())
    words = bindparam("words", keyword_search.searchable(text), String)
    asked: ColumnElement[str] | None = None
    for name in sorted({keyword_search.configuration(language) for language in languages}):
        one = func.plainto_tsquery(cast(name, REGCONFIG), words)
        asked = one if asked is None else asked.op("||")(one)
    titled = or_(Article.title.icontains(text, autoescape=True), Article.public_id == text.upper())
    if asked is None:
        return titled
    said = select(StoredChunk.article_id).where(StoredChunk.search.op("@@")(asked))
    return or_(titled, Article.id.in_(said))
