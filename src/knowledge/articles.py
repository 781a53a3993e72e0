"""The articles of the memory, for everybody outside: add, list, read, withdraw, and learn from resolved tickets."""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from knowledge import article_files, indexing, learning, past_questions
from knowledge.embedding import embed_questions
from knowledge.indexing import Added, Change, NewArticle
from knowledge.learning import LearnReport
from knowledge.models import Article
from knowledge.past_questions import Answered
from knowledge.vector_store import Audience, Kind
from runtime.database import transaction
from runtime.errors import InvalidInput, NotFound

__all__ = [
    "Added",
    "Answer",
    "Article",
    "Audience",
    "Change",
    "Kind",
    "LearnReport",
    "NewArticle",
    "add_all",
    "add_article",
    "add_path",
    "files_in",
    "find_public",
    "get_article",
    "learn_now",
    "list_articles",
    "list_public",
    "reindex",
    "remember_answers",
    "withdraw",
    "withdraw_absent",
]

_MOST_CHARACTERS = 2_000_000
_AT_ONCE = 32


@dataclass(frozen=True)
class Answer:
    """A redacted question that an article answered; `source` says where it was asked, `weight` how well."""

    source: str
    question: str
    article_id: int
    weight: float = 1.0


def add_article(new: NewArticle) -> Added:
    """Add an article, or replace the one with the same source and slug.

    It opens short transactions of its own, because the article is embedded between them.
    Raises InvalidInput for an empty title or body, Conflict when somebody changes it at the same moment.
    """
    return add_all([new])[0]


def add_all(
    articles: Sequence[NewArticle], *, progress: Callable[[int, int], None] | None = None
) -> list[Added]:
    """The same for many, embedded some at a time, which is faster. Raises before anything is added."""
    for new in articles:
        _check(new)
    added: list[Added] = []
    for start in range(0, len(articles), _AT_ONCE):
        prepared = indexing.prepare_all(articles[start : start + _AT_ONCE])
        with transaction() as session:
            added += [indexing.write(session, one) for one in prepared]
        if progress is not None:
            progress(len(added), len(articles))
    return added


def _check(new: NewArticle) -> None:
    for field, value in (("title", new.title), ("body", new.body)):
        if not value.strip():
            raise InvalidInput(f"The {field} of the article is empty.", field=field)
    if "\0" in new.title + new.body or len(new.body) > _MOST_CHARACTERS:
        raise InvalidInput(
            "The body of the article is no text, or longer than 2,000,000 characters.", field="body"
        )


def remember_answers(
    answers: Sequence[Answer], *, progress: Callable[[int, int], None] | None = None
) -> None:
    """Questions that articles have answered: similar ones will find these articles more easily."""
    for start in range(0, len(answers), _AT_ONCE):
        some = answers[start : start + _AT_ONCE]
        vectors = embed_questions([one.question for one in some])
        with transaction() as session:
            past_questions.remember(
                session,
                [
                    Answered(one.source, one.article_id, one.question, vector, one.weight)
                    for one, vector in zip(some, vectors, strict=True)
                ],
            )
        if progress is not None:
            progress(start + len(some), len(answers))


def files_in(paths: Iterable[Path]) -> list[Path]:
    """The files themselves, and all that folders hold; raises InvalidInput naming a path that does not exist."""
    return article_files.files_in(paths)


def add_path(path: Path) -> list[Added]:
    """Add a file (.md, .html, .txt) or all files of a folder.

    Raises InvalidInput naming the first file that is not supported or is no text.
    """
    return [add_article(article_files.read_article(file)) for file in files_in([path])]


def withdraw_absent(folder: Path, present: Iterable[Path]) -> list[Article]:
    """Withdraw the articles that came from files of the folder which are not there any more.

    Raises InvalidInput when nothing is present: an unmounted folder must not empty the memory.
    """
    kept = {str(file.resolve()) for file in present}
    if not kept:
        raise InvalidInput(f"{folder} holds no file; nothing was withdrawn.", field="path")
    below = f"{folder.resolve()}{os.sep}"
    with transaction() as session:
        gone = [
            one
            for one in list_articles(session, kind=Kind.ARTICLE)
            if one.source.startswith(below) and one.source not in kept
        ]
        for article in gone:
            indexing.withdraw(session, article)
    return gone


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
