"""The articles of the memory, for everybody outside: add, list, read, withdraw, and learn from resolved tickets."""

from collections.abc import Callable, Iterable
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from knowledge import article_files, indexing, learning
from knowledge.indexing import Added, Change, NewArticle
from knowledge.learning import LearnReport
from knowledge.models import Article
from knowledge.vector_store import Audience, Kind
from runtime.database import transaction
from runtime.errors import InvalidInput, NotFound

__all__ = [
    "Added",
    "Article",
    "Audience",
    "Change",
    "Kind",
    "LearnReport",
    "NewArticle",
    "add_article",
    "add_path",
    "files_in",
    "find_public",
    "get_article",
    "learn_now",
    "list_articles",
    "list_public",
    "reindex",
    "withdraw",
]

_MOST_CHARACTERS = 2_000_000


def add_article(new: NewArticle) -> Added:
    """Add an article, or replace the one with the same source and slug.

    It opens short transactions of its own, because the article is embedded between them.
    Raises InvalidInput for an empty title or body, Conflict when somebody changes it at the same moment.
    """
    for field, value in (("title", new.title), ("body", new.body)):
        if not value.strip():
            raise InvalidInput(f"The {field} of the article is empty.", field=field)
    if "\0" in new.title + new.body or len(new.body) > _MOST_CHARACTERS:
        raise InvalidInput(
            "The body of the article is no text, or longer than 2,000,000 characters.", field="body"
        )
    prepared = indexing.prepare(new)
    with transaction() as session:
        return indexing.write(session, prepared)


def files_in(paths: Iterable[Path]) -> list[Path]:
    """The files themselves, and all that folders hold; raises InvalidInput naming a path that does not exist."""
    return article_files.files_in(paths)


def add_path(path: Path) -> list[Added]:
    """Add a file (.md, .html, .txt) or all files of a folder.

    Raises InvalidInput naming the first file that is not supported or is no text.
    """
    return [add_article(article_files.read_article(file)) for file in files_in([path])]


def list_articles(session: Session, *, kind: Kind | None = None) -> list[Article]:
    """All that are not withdrawn, by title."""
    query = select(Article).where(Article.withdrawn_at.is_(None)).order_by(Article.title, Article.id)
    return list(session.scalars(query if kind is None else query.where(Article.kind == kind)))


def list_public(session: Session) -> list[Article]:
    """The articles that customers may read, by title; learned answers have no page."""
    shown = (Article.audience == Audience.PUBLIC, Article.kind == Kind.ARTICLE, Article.url != "")
    query = select(Article).where(Article.withdrawn_at.is_(None), *shown).order_by(Article.title)
    return list(session.scalars(query))


def find_public(session: Session, url: str) -> Article | None:
    """The article that customers read at this address."""
    shown = (Article.audience == Audience.PUBLIC, Article.kind == Kind.ARTICLE, Article.url == url)
    return session.scalars(select(Article).where(Article.withdrawn_at.is_(None), *shown).limit(1)).first()


def get_article(session: Session, public_id: str) -> Article:
    """One article, withdrawn or not; raises NotFound."""
    article = session.scalars(select(Article).where(Article.public_id == public_id)).first()
    if article is None:
        raise NotFound(f"There is no article {public_id[:40]}.")
    return article


def withdraw(session: Session, public_id: str) -> None:
    """Nobody finds the article from now on. Adding it again brings it back."""
    indexing.withdraw(session, get_article(session, public_id))


def reindex(*, progress: Callable[[int, int], None] | None = None) -> int:
    """Embed whatever has no vector of the present embedder, after a change of model; returns the articles seen."""
    with transaction() as session:
        articles = [indexing.as_new(article) for article in list_articles(session)]
    for done, article in enumerate(articles, start=1):
        add_article(article)
        if progress is not None:
            progress(done, len(articles))
    return len(articles)


def learn_now(*, progress: Callable[[int, int], None] | None = None) -> LearnReport:
    """What the nightly job does, at once."""
    return learning.learn(progress=progress)
