"""The contract of a store of vectors, kept by pgvector and by Pinecone: the same tests for both."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from sqlalchemy import delete, select, update

from knowledge import embedding, tasks
from knowledge.articles import NewArticle, add_article
from knowledge.models import Article, ArticleVector, StoredChunk, Vector
from knowledge.stores import chosen, store
from knowledge.vector_store import Audience, Filters, Kind
from llm.local_embedding import Vectors
from runtime.database import transaction
from runtime.knowledge_settings import Store
from runtime.settings import settings
from tests.jobs import CollectedJobs
from tests.knowledge.conftest import Library
from tests.knowledge.pinecone_desk import desk_with_pinecone

Settle = Callable[[], None]


def _direction(index: int) -> Vectors:
    vector = np.zeros(embedding.DIMENSIONS, np.float32)
    vector[index] = 1
    return vector


@pytest.fixture(params=list(Store))
def settle(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, run_jobs: CollectedJobs
) -> Iterator[Settle]:
    """The store of the parameter is in use; calling this waits until it knows of everything written."""
    if request.param is Store.PGVECTOR:
        yield lambda: None
        return
    with desk_with_pinecone(monkeypatch) as stub:
        yield lambda: _settle(run_jobs)
        assert stub.received, "Pinecone was never asked"


def _settle(run_jobs: CollectedJobs) -> None:
    run_jobs()
    tasks.sweep_vectors()


@pytest.fixture
def chunks(library: Library, settle: Settle) -> list[int]:
    """Four chunks, each in a direction of its own."""
    kinds: dict[str, dict[str, object]] = {
        "b": {"product": "tent", "category": "camping"},
        "c": {"audience": Audience.INTERNAL},
        "d": {"kind": Kind.LEARNED},
    }
    ids = [library.chunks(library.add("Text.", slug=slug, **kinds.get(slug, {})))[0].id for slug in "abcd"]
    with transaction() as session:
        store.upsert(session, {chunk: _direction(index) for index, chunk in enumerate(ids)})
    settle()
    return ids


def query(vector: Vectors, filters: Filters = Filters(), *, limit: int = 10) -> dict[int, float]:
    return store.query(vector, filters, limit=limit)


def _alter(slug: str, **values: object) -> None:
    with transaction() as session:
        session.execute(update(Article).where(Article.slug == slug).values(**values))


def test_the_setting_chooses_the_store(settle: Settle, request: pytest.FixtureRequest) -> None:
    assert chosen().__name__.endswith(f"{settings().knowledge.store}_store")  # type: ignore[attr-defined]  # a module
    query(_direction(0))


def test_an_empty_store_finds_nothing(settle: Settle, database: str) -> None:
    assert query(_direction(0)) == {}


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
    assert list(query(_direction(0), Filters(category="camping"), limit=1)) == [chunks[1]]
    assert list(query(_direction(0), Filters(kind=Kind.LEARNED))) == [chunks[3]]
    assert query(_direction(0), Filters(product="tent", kind=Kind.LEARNED)) == {}


def test_names_of_any_length_can_be_filtered_by(chunks: list[int], settle: Settle) -> None:
    long = "tent " * 20_000
    _alter("a", product=f"{long}red")
    _alter("b", product=f"{long}blue")
    settle()
    assert list(query(_direction(0), Filters(product=f"{long}blue"))) == [chunks[1]]


def test_what_was_just_written_is_found_at_once(chunks: list[int], library: Library) -> None:
    """Also where the store has not heard of it yet, and only by whom it is meant for."""
    added = library.chunks(library.add("Another text.", slug="new"))[0].id
    inner = library.chunks(library.add("Another text.", slug="inner", audience=Audience.INTERNAL))[0].id
    asked = embedding.embed_question("Another text.")
    assert next(iter(query(asked, limit=2))) == added
    assert inner not in query(asked)
    assert len(query(asked, Filters(audience=Audience.INTERNAL), limit=3)) == 3


def test_what_became_internal_is_hidden_at_once(chunks: list[int]) -> None:
    """Also where the store has not heard of it yet."""
    _alter("a", audience="internal")
    assert chunks[0] not in query(_direction(0))


def test_a_change_of_the_article_changes_what_the_filters_find(chunks: list[int], settle: Settle) -> None:
    _alter("a", product="lamp")
    settle()
    assert list(query(_direction(1), Filters(product="lamp"), limit=1)) == [chunks[0]]


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


def test_what_is_not_valid_yet_or_any_more_is_not_found(chunks: list[int], settle: Settle) -> None:
    noon = datetime(2026, 1, 1, 12, tzinfo=UTC)
    _alter("a", valid_from=noon)
    _alter("b", valid_until=noon)
    settle()
    hour = timedelta(hours=1)
    assert chunks[0] not in query(_direction(0), Filters(valid_at=noon - hour))
    assert chunks[0] in query(_direction(0), Filters(valid_at=noon + hour))
    assert chunks[1] in query(_direction(1), Filters(valid_at=noon - hour))
    assert chunks[1] not in query(_direction(1))


def test_a_moment_long_ago_is_a_moment_too(chunks: list[int], settle: Settle) -> None:
    _alter("a", valid_from=datetime(1960, 1, 1, tzinfo=UTC), valid_until=datetime(1960, 1, 2, tzinfo=UTC))
    settle()
    assert chunks[0] not in query(_direction(0))
    assert chunks[0] in query(_direction(0), Filters(valid_at=datetime(1960, 1, 1, 12, tzinfo=UTC)))
    assert chunks[0] not in query(_direction(0), Filters(valid_at=datetime(1959, 1, 1, tzinfo=UTC)))


def test_a_vector_is_replaced(chunks: list[int], settle: Settle) -> None:
    with transaction() as session:
        store.upsert(session, {chunks[0]: _direction(50)})
        store.upsert(session, {})
    settle()
    assert next(iter(query(_direction(50)))) == chunks[0]
    assert query(_direction(50))[chunks[0]] == pytest.approx(1, abs=1e-3)


def test_vectors_of_another_embedder_are_never_compared(chunks: list[int]) -> None:
    with transaction() as session:
        session.execute(update(Vector).where(Vector.chunk_id != chunks[1]).values(model_id="other"))
    assert list(query(_direction(0))) == [chunks[1]]


def test_what_changed_before_a_moment_can_be_left_out(chunks: list[int]) -> None:
    with transaction() as session:
        moment = session.scalars(select(Article.updated_at).where(Article.slug == "a")).one()
    assert chunks[0] in query(_direction(0), Filters(updated_since=moment))
    assert chunks[0] not in query(_direction(0), Filters(updated_since=moment.replace(year=moment.year + 1)))


def test_a_chunk_that_is_gone_is_not_found(chunks: list[int], settle: Settle) -> None:
    """Neither before the store has heard of it, nor afterwards."""
    with transaction() as session:
        store.delete(session, chunks[:1])
        session.execute(delete(StoredChunk).where(StoredChunk.id == chunks[0]))
    assert chunks[0] not in query(_direction(0))
    settle()
    assert list(query(_direction(1), limit=1)) == [chunks[1]]
    assert chunks[0] not in query(_direction(0))


def test_what_does_not_pass_does_not_use_up_the_limit(library: Library, settle: Settle) -> None:
    """Filters that were applied to the answer alone would leave nothing of it."""
    for number in range(30):
        library.add("The same words.", slug=f"i{number}", audience=Audience.INTERNAL)
    wanted = library.chunks(add_article(NewArticle("test", "p", "Other", "Other words.")))[0].id
    settle()
    assert list(query(embedding.embed_question("The same words."), limit=5)) == [wanted]
