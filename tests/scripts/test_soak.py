"""What a soak calls broken, and that its load asks for what the product answers."""

import re
import sys
from pathlib import Path
from typing import Any

import pytest

from scripts import own_environment
from scripts.checks.routes import paths_of_the_product
from scripts.services import Missing
from scripts.soak import Memory, broken

ROOT = Path(__file__).resolve().parents[2]
_GOOD: dict[str, Any] = {
    "requests": 10_000, "failed": 0, "p95_ms": 120.0, "lost": 0, "waiting": 0, "processes_ended": [],
    "rss_growth_mib": {"web": 3.0, "worker": 20.0},
}  # fmt: skip


def test_a_day_that_went_well_breaks_nothing() -> None:
    assert broken(_GOOD) == []


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"lost": 1}, "1 accepted tickets are lost"),
        ({"waiting": 2}, "2 tickets were not answered"),
        ({"failed": 11}, "11 of 10000 requests failed"),
        ({"p95_ms": 5_100.0}, "p95 is 5100.0 ms"),
        ({"processes_ended": ["web"]}, "ended by themselves: ['web']"),
        ({"rss_growth_mib": {"worker": 151.0}}, "worker grew by 151.0 MiB"),
        ({"requests": 0}, "no request was made"),
    ],
)
def test_each_bound_is_told_by_itself(change: dict[str, Any], said: str) -> None:
    assert broken(_GOOD | change) == [said]


def test_growth_counts_from_when_a_process_is_warm() -> None:
    memory = Memory()
    memory.seen["web"] = [100.0] * 9 + [400.0] * 21  # Its models came in the first third.
    memory.seen["worker"] = [float(mib) for mib in range(100, 400, 10)]
    memory.seen["beat"] = []
    assert memory.growth() == {"web": 0.0, "worker": 180.0}


def test_the_load_asks_for_what_there_is() -> None:
    source = (ROOT / "ops" / "load" / "locustfile.py").read_text()
    asked = {one.split("?")[0] for one in re.findall(r'client\.(?:get|post)\(f?"([^"]+)"', source)}
    routes = [re.sub(r"\{[^}]+\}", "[^/]+", path) for path in paths_of_the_product()]
    plain = {re.sub(r"\{[^}]+\}", "x", one) for one in asked}
    assert len(plain) >= 5
    assert [one for one in plain if not any(re.fullmatch(route, one) for route in routes)] == []


def test_a_program_that_cannot_be_installed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    (tmp_path / "requirements-odd.txt").write_text("odd==1\n")
    with pytest.raises(Missing, match="odd cannot be installed"):
        own_environment.program_of(tmp_path, "odd")
