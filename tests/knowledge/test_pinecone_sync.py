"""What Pinecone holds follows the rows, whatever fails in between."""

import json
import threading
import time
from collections.abc import Iterator

import pytest
from sqlalchemy import delete, text, update

from knowledge import articles, embedder_switch, pinecone_sync, tasks
from knowledge.articles import NewArticle
from knowledge.models import Article, StoredChunk
from knowledge.pinecone_rows import waiting
from knowledge.pinecone_store import Refused
from knowledge.pinecone_sync import Synced, sync
from runtime.database import transaction
from runtime.errors import Retryable, Unavailable
from runtime.settings import settings
from tests.jobs import CollectedJobs
from tests.knowledge.conftest import Library
from tests.knowledge.pinecone_desk import desk_with_pinecone, fill, lapse, push_rows
from tests.stubs.pinecone_stub import PineconeStub, Received, Trouble

UPSERT = "/vectors/upsert"


@pytest.fixture
def stub(database: str, run_jobs: CollectedJobs, monkeypatch: pytest.MonkeyPatch) -> Iterator[PineconeStub]:
    with desk_with_pinecone(monkeypatch) as running:
        yield running


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses between tries, which take no time."""
    taken: list[float] = []
    monkeypatch.setattr("knowledge.pinecone_sync.time.sleep", taken.append)
    return taken


def names(chunks: list[int]) -> set[str]:
    return {str(chunk) for chunk in chunks}


def test_a_request_carries_at_most_a_hundred_vectors_and_no_text(
    stub: PineconeStub, library: Library
) -> None:
    body = "Bring the red parasol of Alice to the harbour."
    library.add(body, slug="secret", title="Parasols")
    chunks = fill(library, 250)
    told: list[int] = []
    assert sync(progress=told.append) == Synced(pushed=251)
    assert names(chunks) < set(stub.stored)
    assert [len(one["vectors"]) for one in stub.sent(UPSERT)] == told == [100, 100, 51]
    (namespace,) = stub.namespaces
    assert namespace == "desk-all-MiniLM-L6-v2-int8"
    everything = json.dumps(stub.sent(UPSERT))
    assert "parasol" not in everything.lower()
    assert "harbour" not in everything
    assert set(stub.stored[str(chunks[0])]["metadata"]) == {
        "audience", "product", "category", "kind", "updated_at", "valid_from", "valid_until",
    }  # fmt: skip


def test_a_request_stays_below_the_limit_of_its_size(
    stub: PineconeStub, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pinecone_sync, "_MOST_BYTES", 50_000)
    chunks = fill(library, 40)
    sync()
    assert names(chunks) == set(stub.stored)
    sizes = [len(json.dumps(one)) for one in stub.sent(UPSERT)]
    assert len(sizes) > 2
    assert max(sizes) <= 50_000


def test_where_nothing_changed_nothing_is_asked(stub: PineconeStub, library: Library) -> None:
    fill(library, 5)
    sync()
    stub.received.clear()
    assert sync() == Synced()
    assert stub.received == []
    assert waiting() == 0


def test_an_article_is_pushed_after_its_commit_without_waiting_for_a_sweep(
    stub: PineconeStub, library: Library, run_jobs: CollectedJobs
) -> None:
    added = library.add("## One\n\nFirst.\n\n## Two\n\nSecond.")
    assert stub.received == []
    assert run_jobs.published[0][:2] == ("knowledge.tasks.push_article", (added.article_id,))
    assert len(run_jobs.published) == 1
    run_jobs()
    assert set(stub.stored) == {str(chunk.id) for chunk in library.chunks(added)}


def test_what_a_lost_job_left_the_sweep_pushes(
    stub: PineconeStub, library: Library, run_jobs: CollectedJobs
) -> None:
    added = library.add("Words.")
    run_jobs.lose()
    tasks.sweep_vectors()
    assert set(stub.stored) == {str(chunk.id) for chunk in library.chunks(added)}


def test_another_audience_pushes_only_the_article_it_is_of(
    stub: PineconeStub, library: Library, run_jobs: CollectedJobs
) -> None:
    other = library.add("Other words.", slug="other")
    changed = library.add("Words.")
    run_jobs()
    stub.received.clear()
    library.add("Words.", audience=articles.Audience.INTERNAL)
    run_jobs()
    (pushed,) = stub.sent(UPSERT)
    (chunk,) = library.chunks(changed)
    assert [one["id"] for one in pushed["vectors"]] == [str(chunk.id)]
    assert stub.stored[str(chunk.id)]["metadata"]["audience"] == "internal"
    assert stub.stored[str(library.chunks(other)[0].id)]["metadata"]["audience"] == "public"


def test_a_withdrawn_article_and_an_erased_one_are_deleted_there(
    stub: PineconeStub, library: Library, run_jobs: CollectedJobs
) -> None:
    withdrawn = library.add("Words.", slug="withdrawn")
    erased = library.add("Other words.", slug="erased")
    run_jobs()
    assert len(stub.stored) == 2
    with transaction() as session:
        articles.withdraw(session, withdrawn.public_id)
        articles.withdraw(session, erased.public_id)
        session.execute(delete(Article).where(Article.id == erased.article_id))
    run_jobs()
    assert stub.stored == {}
    assert push_rows() == []


def test_a_store_that_goes_down_in_mid_upsert_loses_nothing_and_half_indexes_nothing(
    stub: PineconeStub, library: Library, pauses: list[float]
) -> None:
    chunks = fill(library, 250)

    def die_after_the_first(request: Received) -> None:
        if request.path == UPSERT and not stub.troubles and len(stub.stored) == 100:
            stub.then(*[Trouble(cut=True) for _ in range(20)])

    stub.before = die_after_the_first
    with pytest.raises(Unavailable, match="Pinecone does not answer"):
        sync()
    assert len(stub.stored) == 100
    known = {chunk for chunk, known, _claimed in push_rows() if known}
    assert names(list(known)) == set(stub.stored)
    assert waiting() == 150
    stub.troubles.clear()
    stub.before = lambda _request: None
    lapse()
    assert sync().pushed == 150
    assert set(stub.stored) == names(chunks)
    assert waiting() == 0


def test_what_pinecone_took_without_saying_so_is_pushed_again_once_the_claim_lapses(
    stub: PineconeStub, library: Library, pauses: list[float]
) -> None:
    chunks = fill(library, 150)
    stub.then(Trouble(cut=True, taken_first=True))
    assert sync().pushed == 50
    assert len(stub.stored) == 150
    assert [(known, claimed) for _chunk, known, claimed in push_rows()].count((False, True)) == 100
    assert waiting() == 100
    lapse()
    assert sync().pushed == 100
    assert set(stub.stored) == names(chunks)
    assert all(known and not claimed for _chunk, known, claimed in push_rows())


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_refusal_that_passes_is_waited_out(
    stub: PineconeStub, library: Library, pauses: list[float], status: int
) -> None:
    chunks = fill(library, 3)
    stub.then(Trouble(status), Trouble(status))
    assert sync().pushed == 3
    assert set(stub.stored) == names(chunks)
    assert 0 < pauses[0] < pauses[1] + 0.5
    assert len(pauses) == 2


def test_pinecone_says_itself_when_to_come_back(
    stub: PineconeStub, library: Library, pauses: list[float]
) -> None:
    fill(library, 3)
    stub.then(
        Trouble(429, retry_after="7.5"), Trouble(503, retry_after="4000"), Trouble(503, retry_after="Sat")
    )
    assert sync().pushed == 3
    assert pauses[:2] == [7.5, 30]
    assert pauses[2] < 3


def test_a_refusal_that_lasts_is_told_and_leaves_no_claim(
    stub: PineconeStub, library: Library, pauses: list[float], run_jobs: CollectedJobs
) -> None:
    added = library.add("Words.")
    stub.then(*[Trouble(503) for _ in range(8)])
    with pytest.raises(Refused, match=r"Pinecone answers with an error \(503\)"):
        sync()
    assert len(pauses) == 3
    with pytest.raises(Retryable, match="503"):
        tasks.push_article(added.article_id)
    assert [(known, claimed) for _chunk, known, claimed in push_rows()] == [(False, False)]
    tasks.sweep_vectors()
    assert len(stub.stored) == 1


def test_a_request_that_can_never_be_taken_says_why(
    stub: PineconeStub, library: Library, pauses: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(library, 3)
    monkeypatch.setattr("tests.stubs.pinecone_stub.DIMENSIONS", 1536)
    with pytest.raises(Refused, match=r"\(400\): Vector dimension 384 does not match the index 1536"):
        sync()
    assert pauses == []


def test_a_change_during_the_push_is_pushed_too(stub: PineconeStub, library: Library) -> None:
    chunks = fill(library, 3)

    def change(request: Received) -> None:
        stub.before = lambda _request: None
        with transaction() as session:
            session.execute(update(Article).values(product="chair"))

    stub.before = change
    assert sync().pushed == 6
    assert {stub.stored[str(chunk)]["metadata"]["product"] for chunk in chunks} == {"chair"}


def test_a_chunk_that_goes_during_the_push_does_not_stay_behind(stub: PineconeStub, library: Library) -> None:
    chunks = fill(library, 3)

    def remove(request: Received) -> None:
        stub.before = lambda _request: None
        with transaction() as session:
            session.execute(delete(StoredChunk).where(StoredChunk.id == chunks[0]))

    stub.before = remove
    sync()
    assert set(stub.stored) == names(chunks)
    assert sync() == Synced(deleted=1)
    assert set(stub.stored) == names(chunks[1:])


def test_a_chunk_is_not_deleted_while_somebody_pushes_it(stub: PineconeStub, library: Library) -> None:
    """The deletion could arrive first, and the vector would stay for ever."""
    chunks = fill(library, 3)
    seen: list[Synced] = []

    def look(request: Received) -> None:
        stub.before = lambda _request: None
        with transaction() as session:
            session.execute(delete(StoredChunk).where(StoredChunk.id.in_(chunks)))
        seen.append(sync())

    stub.before = look
    sync()
    assert seen == [Synced()]
    assert sync() == Synced(deleted=3)
    assert stub.stored == {}


def test_two_processes_share_the_work(stub: PineconeStub, library: Library) -> None:
    chunks = fill(library, 600)
    stub.before = lambda _request: time.sleep(0.02)
    threads = [threading.Thread(target=sync) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sync()
    sent = [one["id"] for body in stub.sent(UPSERT) for one in body["vectors"]]
    assert len(sent) == len(set(sent)) == 600
    assert set(stub.stored) == names(chunks)


def test_another_embedder_has_a_namespace_of_its_own(
    stub: PineconeStub, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedder_switch, "_GRACE_S", 0.0)
    added = [library.add(f"Words of kind {number}.", slug=f"kind-{number}") for number in range(3)]
    chunks = [chunk.id for one in added for chunk in library.chunks(one)]
    sync()
    monkeypatch.setenv("DESKFLEET_KNOWLEDGE_PRECISION", "fp32")
    settings.cache_clear()
    assert sync() == Synced()
    embedder_switch.switch()
    both = {"desk-all-MiniLM-L6-v2-int8": names(chunks), "desk-all-MiniLM-L6-v2-fp32": names(chunks)}
    assert {name: set(held) for name, held in stub.namespaces.items()} == both, (
        "until nobody searches the old"
    )
    embedder_switch.clean_up()
    assert sync() == Synced(deleted=3)
    assert {name: set(held) for name, held in stub.namespaces.items() if held} == {
        "desk-all-MiniLM-L6-v2-fp32": names(chunks)
    }


def test_a_desk_that_went_back_to_pgvector_pushes_nothing_and_still_deletes(
    stub: PineconeStub, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    chunks = fill(library, 3)
    sync()
    monkeypatch.setenv("DESKFLEET_KNOWLEDGE_STORE", "pgvector")
    settings.cache_clear()
    new = articles.add_article(NewArticle("test", "new", "New", "New words."))
    with transaction() as session:
        session.execute(delete(StoredChunk).where(StoredChunk.id == chunks[0]))
    tasks.push_article(new.article_id)
    tasks.sweep_vectors()
    assert set(stub.stored) == names(chunks[1:])


def test_a_desk_without_pinecone_does_nothing(database: str, library: Library) -> None:
    added = library.add("Words.")
    tasks.push_article(added.article_id)
    tasks.sweep_vectors()
    with transaction() as session:
        assert session.scalars(text("select count(*) from pushed_vectors")).one() == 0
