"""From one embedder to another: its vectors are built beside those in use, then one transaction swaps them.

Searches go on with the old ones until then. Stopped, it goes on where it was.
"""

import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from pgvector import HalfVector
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from knowledge import embedder_in_use, indexing, reindexing, revisions
from knowledge.adding import add_article
from knowledge.embedding import embed_questions, model_id, using, wanted
from knowledge.models import Article
from knowledge.preparing import NewArticle, as_new, prepare_all
from runtime.database import transaction
from runtime.errors import Conflict, Unavailable
from runtime.knowledge_settings import Store
from runtime.settings import settings

_QUESTIONS = 200
_ARTICLES = 32
_MOST_ROUNDS = 20  # Each embeds what was written during the one before.
# Longer than any search that began with the old embedder.
_GRACE_S = embedder_in_use.LIFETIME_S + 4.0
_TABLES = ("vectors", "article_vectors", "article_pieces", "past_questions")

Progress = Callable[[int], None]  # How many more are done.

_LACKING_ARTICLES = """
select distinct articles.id from articles join chunks on chunks.article_id = articles.id
where articles.withdrawn_at is null and (
    not exists (select from vectors where chunk_id = chunks.id and model_id = :model)
    or not exists (select from article_vectors where article_id = articles.id and model_id = :model)
    or not exists (select from article_pieces where article_id = articles.id and model_id = :model)
)
order by articles.id
"""
_LACKING_QUESTIONS = """
select source, article_id, question, weight, asked_at, confirmed_by from past_questions as known
where model_id = :before and not exists (
    select from past_questions as built
    where built.source = known.source and built.article_id = known.article_id and built.model_id = :model
)
order by id
"""
_REMEMBER = text("""
insert into past_questions (source, article_id, question, weight, model_id, embedding, asked_at, confirmed_by)
values (:source, :article_id, :question, :weight, :model, cast(:vector as halfvec), :asked_at, :confirmed_by)
on conflict (source, article_id, model_id) do nothing
""")


@dataclass(frozen=True)
class Switched:
    """`articles` and `questions` are how many were embedded anew."""

    before: str
    after: str
    articles: int
    questions: int


def is_due() -> bool:
    """Whether the settings name another embedder than the one whose vectors are searched."""
    return model_id() != wanted()


def waiting() -> int:
    """Articles and remembered questions that lack vectors of the embedder that the settings name."""
    with transaction() as session:
        return sum(_counts(session, model_id(), wanted()))


def switch(*, progress: Progress = lambda _more: None) -> Switched:
    """Build what lacks and swap. Raises Unavailable when the new embedder does not answer; then nothing is swapped."""
    before, after = model_id(), wanted()
    articles = questions = 0
    with transaction() as session:
        embedder_in_use.note(session, before)
    for _round in range(_MOST_ROUNDS):
        with using(after):
            articles += _build_articles(before, after, progress)
            questions += _build_questions(before, after, progress)
            if settings().knowledge.store is Store.PINECONE:
                reindexing.reindex(Store.PINECONE)
        if _swap(before, after):
            embedder_in_use.forget()
            return Switched(before, after, articles, questions)
    raise Unavailable("The knowledge is written faster than it is embedded: run it again at a quieter time.")


def clean_up() -> None:
    """Delete the vectors that are not searched any more, once nobody searches them."""
    time.sleep(_GRACE_S)
    for table in _TABLES:
        with transaction() as session:
            session.execute(
                text(f"delete from {table} where model_id <> (select model_id from embedder_in_use)")  # noqa: S608  # our own names
            )


def _counts(session: Session, before: str, after: str) -> tuple[int, int]:
    values = {"before": before, "model": after}
    lacking = (_LACKING_ARTICLES, _LACKING_QUESTIONS)
    articles, questions = (
        session.scalars(text(f"select count(*) from ({query}) as lacking"), values).one()  # noqa: S608  # ours
        for query in lacking
    )
    return int(articles), int(questions)


def _build_articles(before: str, after: str, progress: Progress) -> int:
    with transaction() as session:
        lacking = session.scalars(text(_LACKING_ARTICLES), {"model": after}).all()
    for start in range(0, len(lacking), _ARTICLES):
        some = lacking[start : start + _ARTICLES]
        with transaction() as session:
            found = [session.get(Article, one) for one in some]
            articles = [as_new(one) for one in found if one and one.withdrawn_at is None]
        for prepared in prepare_all(articles):
            with transaction() as session:
                is_built = indexing.write_vectors(session, prepared)
            if not is_built:
                with using(before):
                    _cut_anew(prepared.article)
        progress(len(some))
    return len(lacking)


def _cut_anew(stale: NewArticle) -> None:
    """As it is stored now, with the embedder in use; the next round builds what it has become."""
    with transaction() as session:
        query = select(Article).where(Article.source == stale.source, Article.slug == stale.slug)
        row = session.scalars(query.where(Article.withdrawn_at.is_(None))).first()
        present, version = (as_new(row), row.version) if row else (None, 0)
    if present is not None:
        with suppress(Conflict):  # Whoever changes it at this moment cuts it as well.
            add_article(present, seen_version=version)


def _build_questions(before: str, after: str, progress: Progress) -> int:
    with transaction() as session:
        lacking = session.execute(text(_LACKING_QUESTIONS), {"before": before, "model": after}).all()
    for start in range(0, len(lacking), _QUESTIONS):
        some = lacking[start : start + _QUESTIONS]
        vectors = embed_questions([one.question for one in some])
        rows = [
            {**one._mapping, "model": after, "vector": str(HalfVector(vector).to_text())}
            for one, vector in zip(some, vectors, strict=True)
        ]
        with transaction() as session:
            session.execute(_REMEMBER, rows)
        progress(len(some))
    return len(lacking)


def _swap(before: str, after: str) -> bool:
    """Whether nothing lacked, with nobody writing meanwhile: then the new vectors are searched from here on."""
    with transaction() as session:
        session.execute(text("lock table articles, past_questions in share row exclusive mode"))
        if any(_counts(session, before, after)):
            return False
        embedder_in_use.replace(session, after)
        revisions.advance(session)
    return True
