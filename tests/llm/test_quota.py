from dataclasses import replace

import pytest

from llm.quota import Bucket, Use, Want, enter, leave
from runtime.llm_settings import ProviderLimits

NOON = 1_000_000_800.0  # On a minute.
WANT = Want("a", tokens=100, hold_s=60)


def entered(limits: ProviderLimits, calls: int, *, now: float = NOON, tokens: int = 100) -> Use:
    use = Use()
    for number in range(calls):
        use, wait_s = enter(use, limits, Want(str(number), tokens, 60), now)
        assert wait_s == 0
    return use


def test_no_more_calls_are_under_way_than_allowed() -> None:
    limits = ProviderLimits(concurrency=2)
    use = entered(limits, 2)
    same, wait_s = enter(use, limits, WANT, NOON + 1)
    assert (same, wait_s > 0) == (use, True)
    assert enter(leave(use, limits, Want("0", 100, 60), 100, NOON + 1), limits, WANT, NOON + 1)[1] == 0


def test_the_place_of_a_process_that_died_is_free_again_after_its_time() -> None:
    limits = ProviderLimits(concurrency=1)
    assert enter(entered(limits, 1), limits, WANT, NOON + 59)[1] > 0
    assert enter(entered(limits, 1), limits, WANT, NOON + 61)[1] == 0


def test_requests_of_a_minute_come_back_one_by_one() -> None:
    limits = ProviderLimits(requests_minute=60)
    use = entered(limits, 60)
    assert enter(use, limits, WANT, NOON)[1] == pytest.approx(1.0)
    assert enter(use, limits, WANT, NOON + 1)[1] == 0


def test_tokens_of_a_minute_wait_for_as_many_as_are_missing() -> None:
    limits = ProviderLimits(tokens_minute=600)
    assert enter(entered(limits, 6), limits, WANT, NOON)[1] == pytest.approx(10.0)


def test_a_call_gives_back_the_tokens_that_it_did_not_take() -> None:
    limits = ProviderLimits(tokens_minute=600, tokens_day=600)
    use = entered(limits, 6)
    for number in range(6):
        use = leave(use, limits, Want(str(number), 100, 60), 10, NOON)
    assert (use.tokens, use.tokens_today) == (Bucket(540, NOON), 60)


def test_a_call_larger_than_a_minutes_tokens_goes_when_nothing_was_taken() -> None:
    limits = ProviderLimits(tokens_minute=50)
    use, wait_s = enter(Use(), limits, WANT, NOON)
    assert wait_s == 0
    assert enter(use, limits, WANT, NOON)[1] == pytest.approx(120.0)


@pytest.mark.parametrize("limits", [ProviderLimits(requests_day=3), ProviderLimits(tokens_day=300)])
def test_a_day_that_is_used_up_lasts_until_midnight(limits: ProviderLimits) -> None:
    use = entered(limits, 3)
    _same, wait_s = enter(use, limits, WANT, NOON)
    midnight = NOON + wait_s
    assert midnight % 86_400 == 0
    assert enter(use, limits, WANT, midnight - 1)[1] > 0
    assert enter(use, limits, WANT, midnight)[1] == 0


def test_a_refused_call_takes_nothing() -> None:
    limits = ProviderLimits(requests_minute=60, tokens_minute=100)
    use = entered(limits, 1)
    assert enter(use, limits, WANT, NOON)[0] == use


def test_a_clock_that_runs_behind_gains_nothing() -> None:
    limits = ProviderLimits(requests_minute=1)
    use = replace(entered(limits, 1), day="")
    behind, wait_s = enter(use, limits, WANT, NOON - 30)
    assert wait_s == pytest.approx(60.0)
    assert behind.requests == Bucket(0, NOON)
