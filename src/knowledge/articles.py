"""The articles of the memory, for everybody outside: add, list, read, withdraw, and learn from resolved tickets."""

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from knowledge import article_files, indexing, learning, naming, past_questions
from knowledge.adding import AT_ONCE, add_all, add_article
from knowledge.editing import (
    Written,
    bring_back,
    edit_article,
    get_article,
    restore_version,
    write_article,
)
from knowledge.embedding import embed_questions
from knowledge.indexing import Added, Change
from knowledge.learning import LearnReport
from knowledge.learning_runs import Run, latest_runs
from knowledge.listing import Choices, Wanted, choices, find_articles
from knowledge.models import Article, ArticleVersion
from knowledge.past_questions import Answered
from knowledge.preparing import NewArticle, as_new
from knowledge.vector_store import Audience, Kind
from knowledge.versions import CONTENT, Version, get_version, list_versions
from runtime.database import transaction
from runtime.errors import InvalidInput

__all__ = [
    "CONTENT",
    "Added",
    "Answer",
    "Article",
    "ArticleVersion",
    "Audience",
    "Change",
    "Choices",
    "Kind",
    "LearnReport",
    "NewArticle",
    "Run",
    "Version",
    "Wanted",
    "Written",
    "add_all",
    "add_article",
    "add_path",
    "bring_back",
    "choices",
    "edit_article",
    "files_in",
    "find_articles",
    "find_public",
    "get_article",
    "get_version",
    "latest_runs",
    "learn_now",
    "list_articles",
    "list_public",
    "list_versions",
    "note_names",
    "reindex",
    "remember_answers",
    "restore_version",
    "withdraw",
    "withdraw_absent",
    "write_article",
]


@dataclass(frozen=True)
class Answer:
    """A redacted question that an article answered; `source` says where it was asked, `weight` how well."""

    source: str
    question: str
    article_id: int
    weight: float = 1.0


def remember_answers(
    answers: Sequence[Answer], *, progress: Callable[[int, int], None] | None = None
) -> None:
    """Questions that articles have answered: similar ones will find these articles more easily."""
    for start in range(0, len(answers), AT_ONCE):
        some = answers[start : start + AT_ONCE]
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
    """Add a file (.md, .html, .pdf, .txt) or all files of a folder.

    Raises InvalidInput naming the first file that is not supported or is no text.
    """
    return [add_article(article_files.read_article(file)) for file in files_in([path])]


def note_names() -> None:
    """To be called when files have been added or withdrawn: what other articles name is found before the rest."""
    naming.refresh()


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


def withdraw(session: Session, public_id: str, *, by: str = "") -> None:
    """Nobody finds the article from now on; `by` is who of the staff did it. Adding it again brings it back."""
    article = get_article(session, public_id)
    if article.withdrawn_at is None:
        indexing.withdraw(session, article, by=by)


def reindex(*, progress: Callable[[int, int], None] | None = None) -> int:
    """Embed whatever has no vector of the present embedder, after a change of model; returns the articles seen."""
    with transaction() as session:
        articles = [as_new(article) for article in list_articles(session)]
    for done, article in enumerate(articles, start=1):
        add_article(article)
        if progress is not None:
            progress(done, len(articles))
    return len(articles)


def learn_now(*, progress: Callable[[int, int], None] | None = None) -> LearnReport:
    """What the nightly job does, at once."""
    return learning.learn(by="command", progress=progress)
