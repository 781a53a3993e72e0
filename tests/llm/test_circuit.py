import pytest

from llm.circuit import Circuit, Permit, Position, Result, admit, position, record

GOOD = Result(failed=False, latency_s=0.5)
BAD = Result(failed=True, latency_s=0.5)
SLOW = Result(failed=False, latency_s=5.1)
CALL = Permit(is_probe=False)
NOON = 1_000_000.0


def after(*results: Result, every_s: float = 1.0) -> Circuit:
    circuit, now = Circuit(), NOON
    for result in results:
        circuit = record(circuit, CALL, result, now)
        now += every_s
    return circuit


def probed(result: Result) -> Circuit:
    """Three failures from NOON on, the pause, and a probe that ends at once."""
    circuit, permit = admit(after(BAD, BAD, BAD), NOON + 40)
    assert permit == Permit(is_probe=True)
    return record(circuit, permit, result, NOON + 40)


def test_three_failures_in_a_row_open_it_for_thirty_seconds() -> None:
    circuit = after(BAD, BAD, BAD, every_s=0)
    assert position(circuit, NOON + 29.9) is Position.OPEN
    assert admit(circuit, NOON + 29.9)[1] is None
    assert position(circuit, NOON + 30) is Position.HALF_OPEN


def test_a_success_between_failures_starts_the_count_again() -> None:
    assert position(after(BAD, BAD, GOOD, BAD, BAD), NOON + 5) is Position.CLOSED


def test_three_slow_calls_in_a_row_open_it() -> None:
    assert position(after(SLOW, SLOW, GOOD, SLOW, SLOW), NOON + 5) is Position.CLOSED
    assert position(after(SLOW, SLOW, SLOW), NOON + 5) is Position.OPEN


@pytest.mark.parametrize(
    ("calls", "errors", "expected"),
    [(18, 2, Position.CLOSED), (17, 3, Position.OPEN), (16, 3, Position.CLOSED)],
    ids=["ten percent", "more than ten percent", "too few calls"],
)
def test_more_than_a_tenth_of_errors_in_a_minute_opens_it(
    calls: int, errors: int, expected: Position
) -> None:
    good, bad = [GOOD] * calls, [BAD, GOOD] * errors
    results = [*bad, *good[errors:]]
    assert len(results) == calls + errors
    assert position(after(*results), NOON + 25) is expected


def test_errors_older_than_a_minute_do_not_count() -> None:
    early = after(*[BAD, GOOD] * 3, *[GOOD] * 10)
    late = record(early, CALL, GOOD, NOON + 75)
    for _ in range(25):
        late = record(late, CALL, GOOD, NOON + 76)
    assert position(late, NOON + 77) is Position.CLOSED
    assert sum(part.errors for part in late.window) == 0


def test_half_open_lets_one_probe_through() -> None:
    circuit, probe = admit(after(BAD, BAD, BAD), NOON + 40)
    assert probe == Permit(is_probe=True)
    assert admit(circuit, NOON + 41)[1] is None


def test_a_good_probe_closes_it() -> None:
    assert position(probed(GOOD), NOON + 40) is Position.CLOSED


@pytest.mark.parametrize("result", [BAD, SLOW], ids=["failed", "slow"])
def test_a_bad_probe_opens_it_again(result: Result) -> None:
    circuit = probed(result)
    assert position(circuit, NOON + 69) is Position.OPEN
    assert position(circuit, NOON + 71) is Position.HALF_OPEN


def test_a_probe_that_never_reports_is_forgotten() -> None:
    circuit, _ = admit(after(BAD, BAD, BAD), NOON + 40)
    assert admit(circuit, NOON + 101)[1] == Permit(is_probe=True)


def test_retry_after_opens_it_at_once_and_for_that_time() -> None:
    circuit = record(Circuit(), CALL, Result(failed=True, latency_s=0.1, retry_after_s=17), NOON)
    assert position(circuit, NOON + 16.9) is Position.OPEN
    assert position(circuit, NOON + 17) is Position.HALF_OPEN


def test_an_absurd_retry_after_is_limited_to_an_hour() -> None:
    circuit = record(Circuit(), CALL, Result(failed=True, latency_s=0.1, retry_after_s=1e9), NOON)
    assert position(circuit, NOON + 3600) is Position.HALF_OPEN


def test_calls_that_began_before_it_opened_change_nothing() -> None:
    circuit = after(BAD, BAD, BAD)
    assert record(circuit, CALL, GOOD, NOON + 5) == circuit
    assert record(circuit, CALL, BAD, NOON + 5) == circuit
