"""The one thread that publishes: in order, bounded, and alive whatever happens."""

import threading
import time
import uuid
from collections.abc import Callable

import pytest

from runtime import publisher, telemetry
from runtime.errors import Retryable
from runtime.publisher import Publisher


def counted(kind: str, result: str) -> float:
    """What the metrics say of this kind."""
    start = f'deskfleet_published_total{{kind="{kind}",result="{result}"}} '
    lines = telemetry.exposition().decode().splitlines()
    return sum(float(line.removeprefix(start)) for line in lines if line.startswith(start))


def eventually(look: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 5
    while not look() and time.monotonic() < deadline:
        time.sleep(0.005)
    return look()


@pytest.fixture
def kind() -> str:
    """Of this test alone, because metrics live as long as the process."""
    return f"test-{uuid.uuid4().hex}"


def away() -> None:
    raise Retryable("the broker is away")


def test_what_is_handed_over_is_published_in_order(kind: str) -> None:
    one = Publisher()
    seen: list[int] = []
    for number in range(100):
        one.enqueue(kind, lambda number=number: seen.append(number))  # type: ignore[misc]
    one.flush()
    assert seen == list(range(100))
    assert counted(kind, "sent") == 100


def test_handing_over_never_waits_and_what_does_not_fit_is_counted(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher, "_CAPACITY", 10)
    one = Publisher()
    busy, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        busy.set()
        go_on.wait(5)

    one.enqueue(kind, slow)
    assert busy.wait(5)
    started = time.monotonic()
    for _ in range(15):
        one.enqueue(kind, lambda: None)
    assert time.monotonic() - started < 2
    assert counted(kind, "dropped") == 5
    go_on.set()
    one.flush()
    assert counted(kind, "sent") == 11


def test_after_a_pause_the_broker_is_tried_again(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publisher, "_PAUSE_S", 0.5)
    one = Publisher()
    one.enqueue(kind, away)
    one.flush()
    one.enqueue(kind, lambda: None)
    assert (counted(kind, "failed"), counted(kind, "dropped")) == (1, 1)
    time.sleep(0.51)
    one.enqueue(kind, lambda: None)
    one.flush()
    assert counted(kind, "sent") == 1


def test_an_error_that_nobody_foresaw_does_not_end_publishing(kind: str) -> None:
    one = Publisher()
    seen: list[str] = []

    def broken() -> None:
        raise RuntimeError("unforeseen")

    one.enqueue(kind, broken)
    one.flush()
    thread = one._thread
    assert thread is not None
    assert thread.is_alive()
    assert counted(kind, "failed") == 1
    one.enqueue(kind, lambda: seen.append("published"))
    one.flush()
    assert seen == ["published"]
    assert one._thread is thread


def test_a_hint_that_did_not_fit_or_was_published_does_not_stand_for_later_ones(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher, "_CAPACITY", 1)
    one = Publisher()
    busy, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        busy.set()
        go_on.wait(5)

    one.enqueue(kind, slow)
    assert busy.wait(5)
    one.enqueue(kind, lambda: None, same="fits")
    one.enqueue(kind, lambda: None, same="does not")
    go_on.set()
    one.flush()
    for same in ("fits", "does not"):
        one.enqueue(kind, lambda: None, same=same)
        one.flush()
    assert counted(kind, "sent") == 4
    assert counted(kind, "merged") == 0


def test_alike_hints_of_a_moment_are_one(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publisher, "_PACE_S", 0.5)
    one = Publisher()
    one.enqueue(kind, lambda: None)
    assert eventually(lambda: counted(kind, "sent") == 1)
    for _ in range(5):
        one.enqueue(kind, lambda: None, same="wake up")
    one.flush()
    assert (counted(kind, "sent"), counted(kind, "merged")) == (2, 4)


def test_in_quiet_times_connections_are_kept_alive_even_if_one_is_lost(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(publisher, "_IDLE_S", 0.01)
    one = Publisher()
    beats: list[str] = []
    one.keep_alive(away)
    one.keep_alive(lambda: beats.append("beat"))
    one.enqueue(kind, lambda: None)
    assert eventually(lambda: len(beats) >= 2)


def test_waiting_for_the_end_has_an_end(kind: str) -> None:
    one = Publisher()
    go_on = threading.Event()

    def slow() -> None:
        go_on.wait(5)

    one.enqueue(kind, slow)
    started = time.monotonic()
    one.flush(timeout_s=0.1)
    assert time.monotonic() - started < 1
    go_on.set()
    one.flush()
