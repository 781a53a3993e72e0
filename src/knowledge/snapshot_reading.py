"""Reads what a snapshot holds: stored chunks and vectors; earlier versions of articles are cut and embedded anew."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import Row, select, text
from sqlalchemy.orm import Session

from knowledge import foresight, naming
from knowledge.embedding import model_id
from knowledge.keyword_search import quoted
from knowledge.models import Article, ArticlePiece, ArticleVector, ArticleVersion, PastQuestion, Vector
from knowledge.naming import Called
from knowledge.preparing import NewArticle
from knowledge.snapshots import ALWAYS, NEVER_ENDS, Asked, Era, Part, Snapshot
from knowledge.vector_store import Audience, Kind
from knowledge.versions import CONTENT
from llm.local_embedding import Vectors
from runtime.database import transaction

_CHUNKS = text("""
select chunks.id, chunks.article_id, chunks.heading, chunks.text,
    tsvector_to_array(chunks.search) as words,
    array(select lexeme from unnest(chunks.search) where 'A' = any(weights)) as titles
from chunks join articles on articles.id = chunks.article_id
where articles.audience = 'public' and articles.withdrawn_at is null
order by chunks.id
""")
_LEXEMES = text("""
select tsvector_to_array(cast(:words as tsvector)),
    array(select lexeme from unnest(cast(:words as tsvector)) where 'A' = any(weights))
""")


@dataclass(frozen=True)
class View:
    """`since` is where the span begins. `articles_of_now`: articles as they are now, whenever they were written;
    what tickets taught is never older than it is. `without`: articles, by public id, that are left out.
    """

    since: datetime
    articles_of_now: bool = False
    without: tuple[str, ...] = ()


@dataclass
class _Reading:
    eras: list[Era]
    parts: list[Part]
    texts: list[tuple[Called, str]] = field(default_factory=list)  # Of each era.


def read(view: View) -> Snapshot:
    """Seconds for a large knowledge; earlier versions are embedded anew. Never call it with a session open."""
    reading = _Reading([], [])
    with transaction() as session:
        _read_present(session, reading, view)
        earlier = [] if view.articles_of_now else list(_earlier(session, view.since))
        past = list(_past(session))
    for since, until, row, version in earlier:
        _read_earlier(reading, row, version, (since, until))
    return Snapshot(reading.eras, reading.parts, past, view.without, naming.namers(reading.texts))


def _read_present(session: Session, reading: _Reading, view: View) -> None:
    vectors = _vectors(
        session, select(Vector.chunk_id, Vector.embedding).where(Vector.model_id == model_id())
    )
    abouts = {
        number: (_array(lead), _array(whole))
        for number, lead, whole in session.execute(
            select(ArticleVector.article_id, ArticleVector.lead, ArticleVector.whole).where(
                ArticleVector.model_id == model_id()
            )
        )
    }
    pieces: dict[int, list[Vectors]] = {}
    query = select(ArticlePiece.article_id, ArticlePiece.embedding).where(ArticlePiece.model_id == model_id())
    for number, vector in session.execute(query):
        pieces.setdefault(number, []).append(_array(vector))
    rows = [row for row in session.execute(_CHUNKS) if row.id in vectors]
    articles = {one.id: one for one in session.scalars(select(Article).where(Article.withdrawn_at.is_(None)))}
    written = _written(session)
    places: dict[int, int] = {}
    for row in rows:
        article = articles[row.article_id]
        if article.id not in places:
            places[article.id] = len(reading.eras)
            lead, whole = abouts.get(article.id) or (vectors[row.id], vectors[row.id])
            since = written.get((article.id, article.version), article.created_at)
            if view.articles_of_now or article.kind == Kind.LEARNED:
                since = ALWAYS  # What a ticket taught has the day of its resolution as `valid_from`.
            near = np.stack(pieces[article.id]) if article.id in pieces else np.zeros((0, 1), np.float32)
            reading.eras.append(_era(article, article, (since, NEVER_ENDS), (lead, whole, near)))
            reading.texts.append(_text(article, article))
        reading.parts.append(_part(row, places[article.id], vectors[row.id]))


def _written(session: Session) -> dict[tuple[int, int], datetime]:
    query = select(ArticleVersion.article_id, ArticleVersion.version, ArticleVersion.created_at)
    return {(article, version): at for article, version, at in session.execute(query)}


def _earlier(
    session: Session, since: datetime
) -> Iterator[tuple[datetime, datetime, Article, ArticleVersion]]:
    """Versions that ended after `since`: by a later one, or because the article was withdrawn."""
    rows = session.execute(
        select(Article, ArticleVersion)
        .join(ArticleVersion, ArticleVersion.article_id == Article.id)
        .order_by(Article.id, ArticleVersion.version)
    ).all()
    for place, (article, version) in enumerate(rows):
        follows = rows[place + 1] if place + 1 < len(rows) else None
        if follows is not None and follows[0].id == article.id:
            until = follows[1].created_at
        elif article.withdrawn_at is not None:
            until = article.withdrawn_at
        else:
            continue
        if until > since:
            begins = ALWAYS if article.kind == Kind.LEARNED else version.created_at
            yield begins, until, article, version


def _read_earlier(
    reading: _Reading, article: Article, version: ArticleVersion, lives: tuple[datetime, datetime]
) -> None:
    content = {name: getattr(version, name) for name in CONTENT}
    new = NewArticle(
        **{
            **content,
            "source": article.source,
            "slug": article.slug,
            "kind": Kind(article.kind),
            "audience": Audience(version.audience),
        }
    )
    made = foresight.prepare(new)
    if not made.chunks:
        return
    reading.eras.append(_era(article, version, lives, (made.lead, made.whole, made.pieces)))
    reading.texts.append(_text(article, version))
    for chunk, words, vector in zip(made.chunks, made.words, made.vectors, strict=True):
        with transaction() as session:
            all_words, titles = session.execute(_LEXEMES, {"words": words}).one()
        # What is not stored has no number of its own; below zero it can be taken for no stored one.
        number = -1 - len(reading.parts)
        reading.parts.append(
            Part(
                number,
                len(reading.eras) - 1,
                chunk.heading,
                chunk.text,
                vector,
                frozenset(map(quoted, all_words)),
                frozenset(map(quoted, titles)),
            )
        )


def _text(article: Article, content: Article | ArticleVersion) -> tuple[Called, str]:
    """What a ticket taught names nothing, nor is it named."""
    if article.kind == Kind.LEARNED:
        return Called(article.id, ""), ""
    return Called(article.id, content.title, content.url), content.body


def _era(
    article: Article,
    content: Article | ArticleVersion,
    lives: tuple[datetime, datetime],
    about: tuple[Vectors, Vectors, Vectors],
) -> Era:
    return Era(
        article_id=article.id,
        public_id=article.public_id,
        version=content.version,
        title=content.title,
        url=content.url,
        slug=article.slug,
        kind=Kind(article.kind),
        language=content.language,
        since=max(lives[0], content.valid_from or ALWAYS),
        until=min(lives[1], content.valid_until or NEVER_ENDS),
        lead=about[0],
        whole=_unit(about[1]),
        pieces=about[2],
        valid_from=content.valid_from,
        source=article.source if article.kind == Kind.LEARNED else "",
    )


def _part(row: Row[Any], era: int, vector: Vectors) -> Part:
    words, titles = frozenset(map(quoted, row.words)), frozenset(map(quoted, row.titles))
    return Part(row.id, era, row.heading, row.text, vector, words, titles)


def _past(session: Session) -> Iterator[Asked]:
    """Asked when its ticket was answered, which is when it was remembered."""
    query = select(PastQuestion).where(PastQuestion.model_id == model_id())
    for one in session.scalars(query):
        yield Asked(one.article_id, one.source, one.weight, one.asked_at, _array(one.embedding))


def _vectors(session: Session, query: Any) -> dict[int, Vectors]:  # noqa: ANN401  # a select of two columns
    return {number: _array(vector) for number, vector in session.execute(query)}


def _array(stored: Any) -> Vectors:  # noqa: ANN401  # pgvector's own type
    return np.asarray(stored, np.float32)


def _unit(vector: Vectors) -> Vectors:
    """Postgres' cosine divides by the length; a mean of unit vectors is shorter than one."""
    made: Vectors = vector / (np.linalg.norm(vector) or 1.0)
    return made
