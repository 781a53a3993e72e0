"""The contract of a store of vectors, on pgvector."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import delete, select, update

from knowledge import embedding
from knowledge.models import Article, ArticleVector, StoredChunk, Vector
from knowledge.stores import store
from knowledge.vector_store import Audience, Filters, Kind
from llm.local_embedding import Vectors
from runtime.database import transaction
from tests.knowledge.conftest import Library


def _direction(index: int) -> Vectors:
    vector = np.zeros(embedding.DIMENSIONS, np.float32)
    vector[index] = 1
    return vector


@pytest.fixture
def chunks(library: Library) -> list[int]:
    """Four chunks, each in a direction of its own."""
    kinds: dict[str, dict[str, object]] = {
        "b": {"product": "tent"},
        "c": {"audience": Audience.INTERNAL},
        "d": {"kind": Kind.LEARNED},
    }
    ids = [library.chunks(library.add("Text.", slug=slug, **kinds.get(slug, {})))[0].id for slug in "abcd"]
    with transaction() as session:
        store.upsert(session, {chunk: _direction(index) for index, chunk in enumerate(ids)})
    return ids


def query(vector: Vectors, filters: Filters = Filters(), *, limit: int = 10) -> dict[int, float]:
    with transaction() as session:
        return store.query(session, vector, filters, limit=limit)


def test_the_nearest_come_first_with_their_cosines(chunks: list[int]) -> None:
    vector = (_direction(1) * 0.8 + _direction(0) * 0.6).astype(np.float32)
    found = query(vector)
    assert list(found)[:2] == [chunks[1], chunks[0]]
    assert found[chunks[1]] == pytest.approx(0.8, abs=1e-3)
    assert list(query(vector, limit=1)) == [chunks[1]]


def test_filters_narrow_inside_the_store(chunks: list[int]) -> None:
    everything = Filters(audience=Audience.INTERNAL)
    assert set(query(_direction(2), everything)) == set(chunks)
    assert chunks[2] not in query(_direction(2))
    assert list(query(_direction(0), Filters(product="tent"), limit=1)) == [chunks[1]]
    assert list(query(_direction(0), Filters(kind=Kind.LEARNED))) == [chunks[3]]


def test_cosines_of_known_chunks_are_exact(chunks: list[int]) -> None:
    with transaction() as session:
        articles = session.scalars(
            select(StoredChunk.article_id).where(StoredChunk.id.in_(chunks)).order_by(StoredChunk.id)
        ).all()
        store.upsert_article(session, articles[3], _direction(3))
        found = store.nearness(session, _direction(3), chunks[2:])
        assert store.nearness(session, _direction(3), []) == {}
    assert found[chunks[2]].chunk == pytest.approx(0, abs=1e-6)
    near = found[chunks[3]]
    assert (near.article_id, near.chunk, near.lead, near.whole) == (
        articles[3],
        *[pytest.approx(1, abs=1e-3)] * 3,
    )


def test_an_article_without_vectors_of_its_own_is_as_near_as_its_chunk(chunks: list[int]) -> None:
    with transaction() as session:
        session.execute(delete(ArticleVector))
        near = store.nearness(session, _direction(0), chunks[:1])[chunks[0]]
    assert near.lead == near.whole == near.chunk == pytest.approx(1, abs=1e-3)


def test_what_is_not_valid_yet_or_any_more_is_not_found(chunks: list[int]) -> None:
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    with transaction() as session:
        session.execute(update(Article).where(Article.slug == "a").values(valid_from=noon))
        session.execute(update(Article).where(Article.slug == "b").values(valid_until=noon))
    hour = timedelta(hours=1)
    assert chunks[0] not in query(_direction(0), Filters(valid_at=noon - hour))
    assert chunks[0] in query(_direction(0), Filters(valid_at=noon + hour))
    assert chunks[1] in query(_direction(1), Filters(valid_at=noon - hour))
    assert chunks[1] not in query(_direction(1))


def test_a_vector_is_replaced(chunks: list[int]) -> None:
    with transaction() as session:
        store.upsert(session, {chunks[0]: _direction(50)})
        store.upsert(session, {})
    assert next(iter(query(_direction(50)))) == chunks[0]


def test_vectors_of_another_embedder_are_never_compared(chunks: list[int]) -> None:
    with transaction() as session:
        session.execute(update(Vector).where(Vector.chunk_id != chunks[1]).values(model_id="other"))
    assert list(query(_direction(0))) == [chunks[1]]


def test_what_changed_before_a_moment_can_be_left_out(chunks: list[int]) -> None:
    with transaction() as session:
        moment = session.scalars(select(Article.updated_at).where(Article.slug == "a")).one()
    assert chunks[0] in query(_direction(0), Filters(updated_since=moment))
    assert chunks[0] not in query(_direction(0), Filters(updated_since=moment.replace(year=moment.year + 1)))
