"""deskfleet knowledge reindex, as it is typed; killed in the middle it goes on."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest
from typer.testing import CliRunner

from deskfleet.commands.knowledge import knowledge
from knowledge import embedder_switch, pinecone_rows, reindexing
from knowledge.retrieval import search
from runtime.errors import SettingError
from runtime.settings import settings
from tests.knowledge.conftest import Library
from tests.knowledge.pinecone_desk import desk_with_pinecone, fill, lapse
from tests.stubs.pinecone_stub import PineconeStub, Received, Trouble

_START = "from deskfleet.cli import main; main()"


@pytest.fixture
def library(database: str) -> Library:
    return Library()


@pytest.fixture
def stub(database: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[PineconeStub]:
    with desk_with_pinecone(monkeypatch) as running:
        monkeypatch.setattr(reindexing, "_COUNTS_AFTER_S", 0.2)
        yield running


def run(*arguments: str, exit_code: int = 0) -> str:
    done = CliRunner().invoke(knowledge, ["reindex", *arguments], catch_exceptions=False)
    assert done.exit_code == exit_code, done.output
    return done.stdout


def run_json(*arguments: str, exit_code: int = 0) -> dict[str, Any]:
    printed: dict[str, Any] = json.loads(run(*arguments, "--json", exit_code=exit_code))
    return printed


def test_it_prints_what_was_done_and_what_was_verified(stub: PineconeStub, library: Library) -> None:
    library.add("The delivery takes three days.")
    assert run_json("--to", "pinecone") == {
        "to": "pinecone", "vectors": 1, "pushed": 1, "deleted": 0, "counted": 1, "sampled": 1,
        "differing": 0, "verified": True, "embedder": "all-MiniLM-L6-v2/int8",
    }  # fmt: skip
    assert search("How long does the delivery take?")[0].title == "Shipping"
    assert run("--to", "pgvector").splitlines() == [
        "pgvector: 0 pushed, 0 deleted.",
        "Verified: 1 of 1 vectors counted, 0 of 1 compared differ.",
    ]


def test_what_cannot_be_verified_ends_with_exit_code_1(stub: PineconeStub, library: Library) -> None:
    library.add("The delivery takes three days.")
    stub.counts_late = 10_000
    found = run_json("--to", "pinecone", exit_code=1)
    assert (found["counted"], found["verified"]) == (0, False)
    assert "NOT verified, run it again: 0 of 1" in run("--to", "pinecone", exit_code=1)


def test_without_a_key_it_is_said_which_setting_is_missing(
    stub: PineconeStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKFLEET_KNOWLEDGE_STORE", "pgvector")
    monkeypatch.delenv("DESKFLEET_KNOWLEDGE_PINECONE_KEY")
    settings.cache_clear()
    with pytest.raises(SettingError, match="DESKFLEET_KNOWLEDGE_PINECONE_KEY is not set"):
        run("--to", "pinecone")


def test_after_a_change_of_the_embedder_the_texts_are_embedded_first(
    stub: PineconeStub, library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.add("The delivery takes three days.")
    run("--to", "pinecone")
    monkeypatch.setenv("DESKFLEET_KNOWLEDGE_PRECISION", "fp32")
    settings.cache_clear()
    monkeypatch.setattr(embedder_switch, "_GRACE_S", 0.0)
    found = run_json("--to", "pinecone")
    assert (found["vectors"], found["deleted"], found["verified"]) == (1, 1, True)
    assert found["embedder"] == "all-MiniLM-L6-v2/fp32"
    filled = [name for name, held in stub.namespaces.items() if held]
    assert filled == ["desk-all-MiniLM-L6-v2-fp32"]


def test_killed_in_the_middle_it_goes_on_where_it_was(stub: PineconeStub, library: Library) -> None:
    chunks = fill(library, 450)
    upserts: list[Received] = []

    def stop_answering(request: Received) -> None:
        upserts.extend([request] if request.path == "/vectors/upsert" else [])
        if len(upserts) == 3:
            time.sleep(30)

    stub.before = stop_answering
    command = [sys.executable, "-c", _START, "knowledge", "reindex", "--to", "pinecone", "--json"]
    process = subprocess.Popen(command, env=dict(os.environ), stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 60
        while len(upserts) < 3 and time.monotonic() < until:
            time.sleep(0.05)
    finally:
        process.kill()
        process.wait()
    stub.before = lambda _request: None
    assert pinecone_rows.waiting() == 250
    lapse()
    stub.received.clear()
    found = run_json("--to", "pinecone")
    assert (found["pushed"], found["counted"], found["verified"]) == (250, 450, True)
    assert set(stub.stored) == {str(chunk) for chunk in chunks}


def test_a_pinecone_that_is_down_is_one_sentence(stub: PineconeStub, library: Library) -> None:
    library.add("The delivery takes three days.")
    stub.then(Trouble(401))
    command = [sys.executable, "-c", _START, "knowledge", "reindex", "--to", "pinecone"]
    done = subprocess.run(command, env=dict(os.environ), capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.strip() == (
        "deskfleet: Pinecone refuses the setting DESKFLEET_KNOWLEDGE_PINECONE_KEY (401)."
    )
