import logging

import pytest

from llm.state_store import MemoryStore, RedisStore, Store
from tests.llm.conftest import TEST_REDIS_URL

NOBODY = "redis://127.0.0.1:9/0"


def test_a_swap_from_an_outdated_text_changes_nothing() -> None:
    store: Store = MemoryStore()
    assert store.swap("a", "", "1")
    assert not store.swap("a", "", "2")
    assert store.read("a") == "1"


def test_without_redis_the_state_is_kept_in_memory_with_one_warning(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    store = RedisStore(NOBODY, prefix="test:")
    assert store.read("a") == ""
    assert store.swap("a", "", "1")
    assert store.read("a") == "1"
    assert [record.getMessage() for record in caplog.records] == [
        "breakers and quotas are kept in memory: Redis is away (ConnectionError)"
    ]


def test_the_password_of_redis_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    RedisStore("redis://:hunter2-secret@127.0.0.1:9/0", prefix="test:").read("a")
    assert "hunter2-secret" not in caplog.text


def test_a_name_never_written_reads_as_empty() -> None:
    assert RedisStore(TEST_REDIS_URL, prefix="test:never-written:").read("a") == ""
