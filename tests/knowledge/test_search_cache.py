"""What searches remember, and when they must not."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from knowledge import embedder_switch, keyword_search, search_cache
from knowledge.articles import Answer, NewArticle, add_article, get_article, remember_answers, withdraw
from knowledge.retrieval import search
from knowledge.vector_store import Audience
from llm import local_embedding
from runtime import telemetry
from runtime.database import transaction
from runtime.errors import Unavailable
from runtime.settings import settings
from tests.knowledge.conftest import Library

QUESTION = "How long does delivery take?"


@pytest.fixture
def searched(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """The questions that were really searched for."""
    words: list[str] = []
    real = keyword_search.match

    def match(session: object, question: str, **narrowed: object) -> keyword_search.Matches:
        words.append(question)
        return real(session, question, **narrowed)  # type: ignore[arg-type]  # passed on as it came

    monkeypatch.setattr(keyword_search, "match", match)
    yield words
    settings.cache_clear()


def titles(question: str = QUESTION) -> list[str]:
    return [passage.title for passage in search(question)]


def test_the_same_question_is_searched_once(library: Library, searched: list[str]) -> None:
    library.add("We deliver within three working days.")
    first = search(QUESTION)
    assert search(QUESTION) == first != []
    assert searched == [QUESTION]
    search(QUESTION, limit=1)
    search(QUESTION, audience=Audience.INTERNAL)
    search("How long does a refund take?")
    assert len(searched) == 4


def test_that_nothing_was_found_is_remembered_as_well(library: Library, searched: list[str]) -> None:
    library.add("We deliver within three working days.")
    assert [titles("Who painted the ceiling of the chapel?") for _ in range(2)] == [[], []]
    assert len(searched) == 1


def test_whoever_changes_what_is_remembered_changes_the_answer_of_nobody_else(library: Library) -> None:
    library.add("We deliver within three working days.")
    search(QUESTION).clear()
    assert titles() == ["Shipping"]


def test_every_change_of_the_knowledge_is_seen_at_once(library: Library) -> None:
    added = library.add("We deliver within three working days.")
    assert "three" in search(QUESTION)[0].text
    library.add("We deliver within nine working days.")
    assert "nine" in search(QUESTION)[0].text
    before = search(QUESTION)[0].relevance
    remember_answers([Answer("TKT-1", QUESTION, added.article_id)])
    assert search(QUESTION)[0].relevance > before
    with transaction() as session:
        withdraw(session, added.public_id)
    assert titles() == []


def test_a_change_that_is_undone_leaves_what_is_remembered(library: Library, searched: list[str]) -> None:
    added = library.add("We deliver within three working days.")
    search(QUESTION)
    with pytest.raises(RuntimeError), transaction() as session:
        withdraw(session, added.public_id)
        raise RuntimeError("on purpose")
    assert titles() == ["Shipping"]
    assert len(searched) == 1


def test_a_change_that_is_not_committed_yet_is_seen_when_it_is(library: Library) -> None:
    added = library.add("We deliver within three working days.")
    with transaction() as session:
        withdraw(session, added.public_id)
        session.flush()
        assert titles() == ["Shipping"], "for others it is still there, and remembered so"
    assert titles() == []


def test_an_article_that_ends_to_be_valid_is_not_remembered_beyond(library: Library) -> None:
    now = datetime.now(UTC)
    soon = now + timedelta(seconds=3)
    add_article(
        NewArticle(
            source="test", slug="sale", title="Sale", body="In the sale delivery is free.", valid_until=soon
        )
    )
    assert titles("Is delivery free in the sale?") == ["Sale"]
    while datetime.now(UTC) < soon:
        pass
    assert titles("Is delivery free in the sale?") == []


def test_an_article_that_begins_to_be_valid_is_found_then(library: Library) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=3)
    add_article(
        NewArticle(
            source="test", slug="sale", title="Sale", body="In the sale delivery is free.", valid_from=soon
        )
    )
    assert titles("Is delivery free in the sale?") == []
    while datetime.now(UTC) < soon:
        pass
    assert titles("Is delivery free in the sale?") == ["Sale"]


def test_it_is_forgotten_after_its_time(
    library: Library, searched: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    library.add("We deliver within three working days.")
    monkeypatch.setenv("DESKFLEET_KNOWLEDGE_CACHE_S", "0")
    settings.cache_clear()
    assert titles() == titles() == ["Shipping"]
    assert len(searched) == 2
    assert search_cache.size() == 0


def test_a_search_that_had_to_do_without_vectors_is_not_remembered(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.add("We deliver within three working days.")

    def fail(*_given: object, **_named: object) -> None:
        raise Unavailable("on purpose")

    with monkeypatch.context() as patched:
        patched.setattr(local_embedding, "embed_one", fail)
        assert [one.dense for one in search("delivery days", min_relevance=0.0)] == [0.0]
    assert [one.dense > 0 for one in search("delivery days", min_relevance=0.0)] == [True]


def test_another_embedder_finds_for_itself(
    library: Library, searched: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(embedder_switch, "_GRACE_S", 0.0)
    library.add("We deliver within three working days.")
    search(QUESTION)
    monkeypatch.setenv("DESKFLEET_KNOWLEDGE_PRECISION", "fp32")
    settings.cache_clear()
    embedder_switch.switch()
    search(QUESTION)
    assert len(searched) == 2


def test_so_many_are_remembered_and_the_oldest_go(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search_cache, "_MOST", 3)
    library.add("We deliver within three working days.")
    for number in range(5):
        search(f"Question number {number}")
    assert search_cache.size() == 3


def test_hits_and_misses_are_in_the_metrics(library: Library) -> None:
    def asked(result: str) -> float:
        line = f'deskfleet_cache_asks_total{{cache="search",result="{result}"}} '
        found = [one for one in telemetry.exposition().decode().splitlines() if one.startswith(line)]
        return float(found[0].removeprefix(line)) if found else 0.0

    hits, misses = asked("hit"), asked("miss")
    library.add("We deliver within three working days.")
    search(QUESTION), search(QUESTION), search(QUESTION)
    assert (asked("hit") - hits, asked("miss") - misses) == (2, 1)


def test_no_question_stands_in_the_memory() -> None:
    assert b"delivery" not in search_cache.key_of(QUESTION)
    assert len(search_cache.key_of(QUESTION)) == 32


def test_an_article_brought_back_is_found_again(library: Library) -> None:
    added = library.add("We deliver within three working days.")
    with transaction() as session:
        withdraw(session, added.public_id)
    assert titles() == []
    library.add("We deliver within three working days.")
    assert titles() == ["Shipping"]
    with transaction() as session:
        assert get_article(session, added.public_id).withdrawn_at is None
