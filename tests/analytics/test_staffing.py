"""The formulas beside published values and beside a simulated desk."""

import heapq
import math
from dataclasses import dataclass

import numpy as np
import pytest

from analytics.staffing import Goal, Load, blocked, needed, service, shifts
from runtime.errors import InvalidInput


@dataclass(frozen=True)
class Simulated:
    in_time: float
    lost: float


def simulate(load: Load, staff: int, within_s: float, *, contacts: int = 150_000, seed: int = 1) -> Simulated:
    """A desk event by event: first come first served; whoever's patience ends before a colleague is free is gone."""
    draw = np.random.default_rng(seed)
    arrivals = np.cumsum(draw.exponential(3600 / load.contacts, contacts))
    handling = draw.exponential(load.handling_s, contacts)
    patience = draw.exponential(load.patience_s, contacts) if load.patience_s else np.full(contacts, math.inf)
    free_at = [0.0] * staff
    in_time = lost = 0
    for came, work, patient in zip(arrivals, handling, patience, strict=True):
        start = max(came, free_at[0])
        if start - came > patient:
            lost += 1
            continue
        heapq.heapreplace(free_at, start + work)
        in_time += start - came <= within_s
    return Simulated(in_time / contacts, lost / contacts)


@pytest.mark.parametrize(
    ("load", "staff", "within_s"),
    [
        (Load(120, 300), 12, 20),
        (Load(30, 600), 7, 60),
        (Load(120, 300, patience_s=120), 10, 20),
        (
            Load(120, 300, patience_s=120),
            8,
            30,
        ),  # More work than they can do: patience keeps the queue short.
        (Load(40, 400, patience_s=600), 5, 0),
        (Load(600, 240, patience_s=90), 41, 15),
    ],
)
def test_the_formulas_agree_with_a_desk_that_is_simulated(load: Load, staff: int, within_s: float) -> None:
    found, seen = service(load, staff, within_s), simulate(load, staff, within_s)
    assert found.answered_in_time == pytest.approx(seen.in_time, abs=0.012)
    assert found.lost == pytest.approx(seen.lost, abs=0.008)


def test_erlang_b_and_c_have_their_published_values() -> None:
    assert blocked(10, 5.0) == pytest.approx(0.018385, abs=1e-6)
    # 100 calls in half an hour of three minutes each are 10 erlangs.
    assert service(Load(200, 180), 14, 20).answered_in_time == pytest.approx(0.888, abs=0.001)


def test_endless_patience_is_the_limit_of_long_patience() -> None:
    long = service(Load(120, 300, patience_s=1e7), 12, 20)
    endless = service(Load(120, 300), 12, 20)
    assert long.answered_in_time == pytest.approx(endless.answered_in_time, abs=2e-3)


def test_the_need_is_the_fewest_that_keep_the_goal_and_shrinkage_comes_on_top() -> None:
    load, goal = Load(200, 180), Goal(share=0.8, within_s=20, shrinkage=0.3)
    need = needed(load, goal)
    assert need.at_work == 14
    assert need.scheduled == 20
    assert service(load, 13, 20).answered_in_time < 0.8 <= need.service.answered_in_time


def test_a_ratio_of_work_to_time_would_promise_too_few() -> None:
    load = Load(200, 180)
    assert math.ceil(load.erlangs) == 10
    assert service(load, 10, 20).wait_s == math.inf
    assert needed(load, Goal(within_s=20)).at_work > 10


def test_with_patience_fewer_are_needed_and_some_are_lost() -> None:
    goal = Goal(share=0.8, within_s=20)
    patient, impatient = needed(Load(200, 180), goal), needed(Load(200, 180, patience_s=60), goal)
    assert impatient.at_work < patient.at_work
    assert 0 < impatient.service.lost < 0.2


def test_nobody_is_needed_when_nothing_comes() -> None:
    assert needed(Load(0, 300), Goal()).scheduled == 0


def test_shifts_cover_every_hour_with_no_more_than_it_takes() -> None:
    needs = [0] * 8 + [3, 5, 6, 6, 5, 5, 6, 5, 4, 3, 2, 2] + [0] * 4
    found = shifts(needs, hours=8)
    covered = [sum(n for start, n in found.items() if (hour - start) % 24 < 8) for hour in range(24)]
    assert all(have >= need for have, need in zip(covered, needs, strict=True))
    assert sum(found.values()) == 8


@pytest.mark.parametrize(
    "wrong", [{"contacts": -1}, {"handling_s": 0}, {"patience_s": 0}, {"contacts": math.nan}]
)
def test_a_load_that_cannot_be_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidInput, match="Contacts are 0 or more"):
        Load(**({"contacts": 10, "handling_s": 60} | wrong))


@pytest.mark.parametrize("wrong", [{"share": 1.0}, {"share": 0.0}, {"shrinkage": 1.0}, {"within_s": -1}])
def test_a_goal_that_nobody_can_keep_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InvalidInput, match="between 0 and 1"):
        Goal(**wrong)
