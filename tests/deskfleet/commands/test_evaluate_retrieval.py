"""deskfleet evaluate retrieval, on a small library of its own."""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deskfleet.commands.evaluate import evaluate
from knowledge.articles import list_articles
from runtime import database as database_module
from runtime.database import transaction
from runtime.errors import InvalidInput, SettingError
from runtime.settings import settings
from tests.knowledge.pinecone_desk import desk_with_pinecone

DOCS = [
    {"_id": "1", "title": "Delivery", "text": "A parcel arrives within three working days."},
    {"_id": "2", "title": "Passwords", "text": "Choose a new password on the sign-in page."},
    {"_id": "30", "title": "Returns", "text": "An item can be sent back within thirty days."},
]
QUERIES = [
    {"_id": "10", "title": "Parcel", "text": "When will my parcel arrive?"},
    {"_id": "11", "title": "", "text": "I forgot my password and cannot sign in."},
    {"_id": "12", "title": "Send back", "text": "Can I send an item back after two weeks?"},
    {"_id": "13", "title": "Locked out", "text": "The page where I sign in says that I am not known."},
    {"_id": "14", "title": "Peru", "text": "What is the capital of Peru?"},
]
QRELS = "query-id,corpus-id,score,split\n10,1,1,dev\n11,2,2,dev\n12,30,1,late\n13,2,1,train\n"
FIGURES = {
    "ndcg@10", "recall@10", "mrr@10", "acc@1", "no_answer_auc", "p50_ms", "p99_ms", "docs", "queries",
    "index_s", "learned",
}  # fmt: skip


@pytest.fixture
def files(tmp_path: Path) -> list[str]:
    for name, rows in (("docs", DOCS), ("queries", QUERIES)):
        (tmp_path / f"{name}.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    (tmp_path / "qrels.csv").write_text(QRELS)
    return [
        "--docs", str(tmp_path / "docs.jsonl"), "--queries", str(tmp_path / "queries.jsonl"),
        "--qrels", str(tmp_path / "qrels.csv"), "--json",
    ]  # fmt: skip


@contextmanager
def keep_environment() -> Iterator[None]:
    """The command opens a desk of its own by changing the environment."""
    before = dict(os.environ)
    database_module.dispose()
    try:
        yield
    finally:
        database_module.dispose()
        os.environ.clear()
        os.environ.update(before)
        settings.cache_clear()


def run(arguments: list[str]) -> dict[str, object]:
    with keep_environment():
        done = CliRunner().invoke(evaluate, ["retrieval", *arguments], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    found: dict[str, object] = json.loads(done.stdout)
    return found


def test_it_measures_the_search_and_leaves_the_desk_alone(files: list[str], database: str) -> None:
    found = run([*files, "--split", "dev", "--learn-split", "train", "--ablation"])
    parts = found.pop("ablation")
    assert set(found) == FIGURES
    assert (found["ndcg@10"], found["acc@1"], found["no_answer_auc"]) == (1, 1, 1)
    assert (found["docs"], found["queries"], found["learned"]) == (3, 2, 1)
    assert isinstance(parts, dict)
    assert list(parts) == ["keyword", "dense", "fused", "reranked"]
    settings.cache_clear()
    with transaction() as session:
        assert list_articles(session) == []


def test_newer_documents_cannot_be_found_when_only_older_ones_may(files: list[str]) -> None:
    assert run([*files, "--split", "late"])["recall@10"] == 1
    assert run([*files, "--split", "late", "--older-docs-only"])["recall@10"] == 0


def test_a_question_does_not_find_the_thread_that_it_began(files: list[str]) -> None:
    own = {"_id": "13", "title": QUERIES[3]["title"], "text": QUERIES[3]["text"]}
    with Path(files[1]).open("a") as docs:
        docs.write("\n" + json.dumps(own))
    assert run([*files, "--split", "train"])["acc@1"] == 0
    assert run([*files, "--split", "train", "--older-docs-only"])["acc@1"] == 1


def test_a_split_that_is_not_there_is_named(files: list[str]) -> None:
    with pytest.raises(InvalidInput, match="no split test with an answer; there are dev"):
        run([*files, "--split", "test"])


def test_pinecone_is_measured_in_a_namespace_of_its_own_that_is_gone_afterwards(
    files: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with desk_with_pinecone(monkeypatch) as stub:
        stub.namespaces["desk-all-MiniLM-L6-v2-int8"] = {}
        found = run([*files, "--split", "dev", "--learn-split", "train", "--store", "pinecone"])
        assert (found["ndcg@10"], found["acc@1"], found["no_answer_auc"]) == (1, 1, 1)
        asked = {one["namespace"] for one in stub.sent("/query")}
        assert len(asked) == 1
        assert asked.pop().startswith("own-")
        assert list(stub.namespaces) == ["desk-all-MiniLM-L6-v2-int8"]


def test_a_desk_that_uses_pinecone_can_measure_pgvector_without_it(
    files: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with desk_with_pinecone(monkeypatch) as stub:
        assert run([*files, "--split", "dev"])["acc@1"] == 1
        assert stub.received == []


def test_pinecone_that_is_not_set_up_is_told(files: list[str]) -> None:
    with pytest.raises(SettingError, match="DESKFLEET_KNOWLEDGE_PINECONE_HOST is wrong: it is not set"):
        run([*files, "--store", "pinecone"])
