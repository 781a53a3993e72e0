"""A search that asks Pinecone: what it waits for, and what it does without an answer."""

import logging
import subprocess
import sys
import time
from collections.abc import Iterator

import numpy as np
import pytest
from sqlalchemy.pool import QueuePool

from knowledge import embedding, pinecone_rows, pinecone_store, pinecone_sync
from knowledge.retrieval import finds_by_meaning, search
from knowledge.stores import store
from knowledge.vector_store import Filters
from llm.local_embedding import Vectors
from runtime import database as database_module
from runtime.errors import SettingError, Unavailable
from runtime.settings import settings
from tests.jobs import CollectedJobs
from tests.knowledge.conftest import Library
from tests.knowledge.pinecone_desk import desk_with_pinecone, fill
from tests.stubs.pinecone_stub import KEY, PineconeStub, Received, Trouble

QUESTION = "How long does the delivery take?"
QUERY = "/query"


@pytest.fixture
def stub(
    database: str, run_jobs: CollectedJobs, library: Library, monkeypatch: pytest.MonkeyPatch
) -> Iterator[PineconeStub]:
    """Pinecone knows of two articles."""
    with desk_with_pinecone(monkeypatch) as running:
        library.add("The delivery takes three days.", url="/help/shipping")
        library.add("Set a new password on the sign-in page.", slug="password", title="Password")
        pinecone_sync.sync()
        running.received.clear()
        yield running


def vector() -> Vectors:
    return embedding.embed_question(QUESTION)


def test_the_agent_finds_by_meaning_what_pinecone_names(stub: PineconeStub) -> None:
    (first,) = search("When will my parcel be here?", min_relevance=0, limit=1)
    assert first.title == "Shipping"
    assert first.dense > 0.3
    (asked,) = stub.sent(QUERY)
    assert (asked["topK"], asked["namespace"]) == (50, "desk-all-MiniLM-L6-v2-int8")
    assert asked["filter"]["audience"] == {"$eq": "public"}


def test_a_short_trouble_is_not_noticed(stub: PineconeStub) -> None:
    stub.then(Trouble(503))
    assert len(store.query(vector(), Filters(), limit=5)) == 2
    stub.then(Trouble(cut=True))
    assert len(store.query(vector(), Filters(), limit=5)) == 2


@pytest.mark.parametrize(
    "trouble",
    [Trouble(500), Trouble(429, retry_after="60"), Trouble(cut=True), Trouble(silent_s=30), Trouble(401)],
    ids=["error", "come back later", "line breaks", "silence", "key refused"],
)
def test_without_pinecone_the_words_alone_find_it_and_nobody_waits_long(
    stub: PineconeStub, trouble: Trouble, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("DESKFLEET_KNOWLEDGE_PINECONE_TIMEOUT_S", "0.3")
    settings.cache_clear()
    search("warm up", min_relevance=0)
    stub.then(*[trouble] * 2)
    started = time.monotonic()
    assert search(QUESTION, min_relevance=0.3)[0].title == "Shipping"
    assert time.monotonic() - started < 8
    assert "search by keywords alone" in caplog.text


def test_who_did_not_answer_three_times_is_left_alone_for_a_while(stub: PineconeStub) -> None:
    assert finds_by_meaning()
    stub.then(*[Trouble(401)] * 3)
    for _ in range(3):
        with pytest.raises(
            Unavailable, match=r"refuses the setting DESKFLEET_KNOWLEDGE_PINECONE_KEY \(401\)"
        ):
            store.query(vector(), Filters(), limit=5)
    assert not finds_by_meaning()
    stub.received.clear()
    with pytest.raises(Unavailable, match="asked again in some seconds"):
        store.query(vector(), Filters(), limit=5)
    assert stub.received == []


def test_an_answer_that_makes_no_sense_is_none(stub: PineconeStub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stub, "_query", lambda _request: {"matches": [{"id": "seven", "score": 1.0}]})
    with pytest.raises(Unavailable, match="Pinecone does not answer"):
        store.query(vector(), Filters(), limit=5)
    monkeypatch.setattr(stub, "_query", lambda _request: {"matches": 7})
    with pytest.raises(Unavailable, match="Pinecone does not answer"):
        store.query(vector(), Filters(), limit=5)


def test_no_connection_of_the_database_is_held_while_pinecone_thinks(stub: PineconeStub) -> None:
    held: list[int] = []

    def look(_request: Received) -> None:
        pool = database_module.engine().pool
        assert isinstance(pool, QueuePool)
        held.append(pool.checkedout())

    stub.before = look
    search(QUESTION)
    assert held == [0]


def test_a_vector_that_the_desk_does_not_know_is_not_found(stub: PineconeStub) -> None:
    (held,) = stub.namespaces.values()
    held["987654"] = {**next(iter(held.values())), "id": "987654"}
    assert 987654 not in store.query(vector(), Filters(), limit=5)


def test_neither_the_key_nor_a_text_is_logged(
    stub: PineconeStub, library: Library, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    library.add("The parasol of Bob is red.", slug="parasol", title="Parasol")
    pinecone_sync.sync()
    stub.then(Trouble(401), Trouble(401))
    search("Which parasol?", min_relevance=0)
    assert "pinecone" in caplog.text.lower()
    for secret in (KEY, "parasol", "Bob"):
        assert secret not in caplog.text


def test_pinecone_can_count_list_fetch_and_forget(stub: PineconeStub, library: Library) -> None:
    chunks = fill(library, 230)
    pinecone_sync.sync()
    name = pinecone_store.namespace()
    assert pinecone_store.count(name) == 232
    assert set(chunks) < set(pinecone_store.chunk_ids(name))
    fetched = pinecone_store.fetch(name, [*chunks[:120], 10**9])
    assert set(fetched) == set(chunks[:120])
    assert np.linalg.norm(fetched[chunks[0]].values) > 0
    assert fetched[chunks[0]].metadata["product"] == "lamp"
    pinecone_store.remove(name, chunks[:120])
    assert pinecone_store.count(name) == 112
    pinecone_store.drop(name)
    assert stub.namespaces == {}


def test_what_is_not_there_is_as_good_as_deleted(stub: PineconeStub) -> None:
    pinecone_store.drop("desk-unknown")
    pinecone_store.remove("desk-unknown", [1, 2])
    assert pinecone_store.count("desk-unknown") == 0
    assert list(pinecone_store.chunk_ids("desk-unknown")) == []
    assert pinecone_store.fetch("desk-unknown", [1]) == {}


@pytest.mark.parametrize(
    "variable", ["DESKFLEET_KNOWLEDGE_PINECONE_HOST", "DESKFLEET_KNOWLEDGE_PINECONE_KEY"]
)
def test_who_needs_pinecone_and_has_not_set_it_up_is_told(
    stub: PineconeStub, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv("DESKFLEET_KNOWLEDGE_STORE", "pgvector")
    monkeypatch.delenv(variable)
    settings.cache_clear()
    assert not pinecone_store.is_set_up()
    with pytest.raises(SettingError, match=f"The setting {variable} is not set, and Pinecone needs it"):
        pinecone_rows.waiting()


def test_the_sdk_is_not_loaded_before_it_is_needed() -> None:
    code = "import sys, knowledge.tasks, knowledge.retrieval; print('pinecone' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "False"
