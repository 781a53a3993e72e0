"""Changing the store: filled, counted, compared, and repaired where somebody else wrote."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from knowledge import pinecone_sync, reindexing
from knowledge.reindexing import reindex
from runtime.database import transaction
from runtime.errors import SettingError, Unavailable
from runtime.knowledge_settings import Store
from runtime.settings import settings
from tests.jobs import CollectedJobs
from tests.knowledge.conftest import Library
from tests.knowledge.pinecone_desk import desk_with_pinecone, fill, lapse
from tests.stubs.pinecone_stub import PineconeStub, Trouble


@pytest.fixture
def stub(database: str, run_jobs: CollectedJobs, monkeypatch: pytest.MonkeyPatch) -> Iterator[PineconeStub]:
    """A desk on pgvector that could use Pinecone."""
    with desk_with_pinecone(monkeypatch) as running:
        monkeypatch.setattr(reindexing, "_COUNTS_AFTER_S", 0.2)
        monkeypatch.setattr(reindexing, "_LOOK_EVERY_S", 0.05)
        use(monkeypatch, Store.PGVECTOR)
        yield running


def use(monkeypatch: pytest.MonkeyPatch, store: Store) -> None:
    monkeypatch.setenv("DESKFLEET_KNOWLEDGE_STORE", store)
    settings.cache_clear()


def test_pinecone_is_filled_before_it_is_in_use(stub: PineconeStub, library: Library) -> None:
    chunks = fill(library, 230)
    told: list[int] = []
    found = reindex(Store.PINECONE, progress=told.append)
    assert (found.vectors, found.pushed, found.counted, found.sampled) == (230, 230, 230, 100)
    assert (found.deleted, found.differing, found.is_verified) == (0, 0, True)
    assert told == [100, 100, 30]
    assert set(stub.stored) == {str(chunk) for chunk in chunks}


def test_doing_it_again_pushes_nothing_and_verifies_again(stub: PineconeStub, library: Library) -> None:
    fill(library, 5)
    reindex(Store.PINECONE)
    stub.received.clear()
    again = reindex(Store.PINECONE)
    assert (again.pushed, again.counted, again.sampled, again.is_verified) == (0, 5, 5, True)
    assert "/vectors/upsert" not in [one.path for one in stub.received]


def test_a_count_that_comes_late_is_waited_for(
    stub: PineconeStub, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reindexing, "_COUNTS_AFTER_S", 5.0)
    fill(library, 5)
    stub.counts_late = 3
    assert reindex(Store.PINECONE).is_verified
    assert len(stub.sent("/describe_index_stats")) == 4


def test_what_somebody_else_wrote_is_removed_and_what_they_deleted_comes_back(
    stub: PineconeStub, library: Library
) -> None:
    chunks = fill(library, 120)
    reindex(Store.PINECONE)
    (held,) = stub.namespaces.values()
    for number in range(7):
        held[f"{900_000 + number}"] = {**held[str(chunks[0])], "id": f"{900_000 + number}"}
    for chunk in chunks[:3]:
        del held[str(chunk)]
    found = reindex(Store.PINECONE)
    assert (found.pushed, found.deleted, found.counted, found.is_verified) == (3, 7, 120, True)
    assert set(stub.stored) == {str(chunk) for chunk in chunks}


def test_other_numbers_than_ours_fail_the_verification_once(stub: PineconeStub, library: Library) -> None:
    chunks = fill(library, 5)
    reindex(Store.PINECONE)
    (held,) = stub.namespaces.values()
    held[str(chunks[1])]["values"] = held[str(chunks[2])]["values"]
    found = reindex(Store.PINECONE)
    assert (found.differing, found.is_verified) == (1, False)
    again = reindex(Store.PINECONE)
    assert (again.pushed, again.differing, again.is_verified) == (1, 0, True)


def test_a_claim_of_a_process_that_died_is_waited_for(
    stub: PineconeStub, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(library, 150)
    stub.then(Trouble(cut=True, taken_first=True))
    pinecone_sync.sync()
    looks: list[float] = []

    def wait(seconds: float) -> None:
        looks.append(seconds)
        if len(looks) == 3:
            lapse()

    monkeypatch.setattr("knowledge.reindexing.time.sleep", wait)
    found = reindex(Store.PINECONE)
    assert (found.pushed, found.counted, found.is_verified) == (100, 150, True)
    assert len(looks) == 3


def test_an_empty_desk_is_verified_too(stub: PineconeStub) -> None:
    assert reindex(Store.PINECONE).is_verified
    assert reindex(Store.PGVECTOR).is_verified


def test_a_pinecone_that_is_down_is_told(
    stub: PineconeStub, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(library, 5)
    monkeypatch.setattr("knowledge.pinecone_sync.time.sleep", lambda _seconds: None)
    stub.then(*[Trouble(500) for _ in range(4)])
    with pytest.raises(Unavailable, match=r"answers with an error \(500\)"):
        reindex(Store.PINECONE)


def test_back_to_pgvector_everything_is_there_and_pinecone_is_emptied_when_it_is_not_in_use(
    stub: PineconeStub, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(library, 30)
    reindex(Store.PINECONE)
    use(monkeypatch, Store.PINECONE)
    in_use = reindex(Store.PGVECTOR)
    assert (in_use.vectors, in_use.counted, in_use.deleted, in_use.is_verified) == (30, 30, 0, True)
    assert len(stub.stored) == 30
    use(monkeypatch, Store.PGVECTOR)
    assert reindex(Store.PGVECTOR).deleted == 30
    assert stub.namespaces == {}
    assert reindexing.waiting(Store.PINECONE) == 30
    assert reindexing.waiting(Store.PGVECTOR) == 0


def test_a_chunk_without_a_vector_fails_the_verification(stub: PineconeStub, library: Library) -> None:
    fill(library, 5)
    with transaction() as session:
        session.execute(text("delete from vectors where chunk_id = (select min(chunk_id) from vectors)"))
    assert reindexing.lacking() == 1
    found = reindex(Store.PGVECTOR)
    assert (found.vectors, found.counted, found.is_verified) == (5, 4, False)


def test_pinecone_must_be_set_up(stub: PineconeStub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DESKFLEET_KNOWLEDGE_PINECONE_KEY")
    settings.cache_clear()
    with pytest.raises(SettingError, match="DESKFLEET_KNOWLEDGE_PINECONE_KEY is not set"):
        reindex(Store.PINECONE)
    assert reindex(Store.PGVECTOR).is_verified
