"""Who does not answer is left alone for a while."""

from collections.abc import Iterator

import pytest

from knowledge.pinecone_guard import guarded, is_alive
from llm import breaker
from runtime.errors import Unavailable


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    breaker.forget()
    yield
    breaker.forget()


def fail(error: type[Exception]) -> None:
    with pytest.raises(error), guarded():
        raise error("no")


def test_three_failures_in_a_row_end_the_asking() -> None:
    for _ in range(3):
        assert is_alive()
        fail(Unavailable)
    assert not is_alive()
    with pytest.raises(Unavailable, match="asked again in some seconds"), guarded():
        raise AssertionError("it was asked")


def test_an_answer_in_between_makes_up_for_failures() -> None:
    for _ in range(4):
        fail(Unavailable)
        with guarded():
            pass
    assert is_alive()


def test_whatever_is_raised_is_a_failure() -> None:
    for _ in range(3):
        fail(KeyError)
    assert not is_alive()
