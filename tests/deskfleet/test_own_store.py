"""A namespace that a command fills for itself and deletes again."""

import os
from collections.abc import Iterator

import pytest

from deskfleet.own_store import fill_own_store, own_store
from knowledge import pinecone_store, reindexing
from runtime.errors import Unavailable
from runtime.knowledge_settings import Store
from runtime.settings import settings
from tests.knowledge.conftest import Library
from tests.knowledge.pinecone_desk import desk_with_pinecone, fill
from tests.stubs.pinecone_stub import PineconeStub, Trouble


@pytest.fixture
def stub(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[PineconeStub]:
    with desk_with_pinecone(monkeypatch) as running:
        before = dict(os.environ)
        yield running
        os.environ.clear()
        os.environ.update(before)
        settings.cache_clear()


def test_what_is_indexed_there_is_gone_afterwards(stub: PineconeStub) -> None:
    with own_store(Store.PINECONE):
        chunks = fill(Library(), 5)
        told: list[int] = []
        fill_own_store(progress=told.append)
        assert told == [5]
        (name,) = stub.namespaces
        assert name.startswith("own-")
        assert set(stub.stored) == {str(chunk) for chunk in chunks}
    assert stub.namespaces == {}


def test_pgvector_needs_no_filling_and_pinecone_hears_nothing(stub: PineconeStub) -> None:
    with own_store(Store.PGVECTOR):
        fill(Library(), 5)
        fill_own_store(progress=lambda _more: None)
    assert stub.received == []


def test_a_store_that_holds_less_than_it_was_given_is_not_measured(
    stub: PineconeStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reindexing, "_COUNTS_AFTER_S", 0.1)
    stub.counts_late = 10_000
    with own_store(Store.PINECONE):
        fill(Library(), 5)
        with pytest.raises(Unavailable, match="Pinecone counts 0 of 5 vectors"):
            fill_own_store(progress=lambda _more: None)


def test_a_namespace_that_could_not_be_deleted_is_named(
    stub: PineconeStub, capsys: pytest.CaptureFixture[str]
) -> None:
    with own_store(Store.PINECONE):
        name = pinecone_store.namespace()
        stub.then(Trouble(503))
    assert capsys.readouterr().err == (
        f"The namespace {name} is left in Pinecone: Pinecone answers with an error (503).\n"
    )
