"""The id that follows a message."""

import threading

import pytest

from runtime.correlation import accepted, correlate, current, new_id


def test_inside_a_block_the_id_is_known_and_outside_it_is_not() -> None:
    with correlate("request-0001") as given:
        assert current() == given == "request-0001"
        with correlate("request-0002"):
            assert current() == "request-0002"
        assert current() == "request-0001"
    assert current() == ""


def test_an_error_ends_the_block_too() -> None:
    with pytest.raises(ZeroDivisionError), correlate("request-0001"):
        raise ZeroDivisionError
    assert current() == ""


def test_without_an_id_a_new_one_is_made() -> None:
    with correlate("") as first, correlate("") as second:
        assert len({first, second, ""}) == 3


def test_another_thread_has_an_id_of_its_own() -> None:
    seen: list[str] = []
    with correlate("request-0001"):
        thread = threading.Thread(target=lambda: seen.append(current()))
        thread.start()
        thread.join()
    assert seen == [""]


@pytest.mark.parametrize("given", ["12345678", "A-b_c.0123", "x" * 64, "0123456789abcdef" * 2])
def test_a_harmless_id_is_accepted(given: str) -> None:
    assert accepted(given) == given


def test_an_id_of_our_own_is_accepted() -> None:
    made = new_id()
    assert accepted(made) == made


@pytest.mark.parametrize(
    "given", ["", "1234567", "x" * 65, "1234567\n", "a b c d e", "{12345678}", "идентификатор"]
)
def test_an_id_that_could_do_harm_in_logs_and_headers_is_not(given: str) -> None:
    assert accepted(given) != given
    assert len(accepted(given)) == 32
