"""Measures the quality of everything that judges or answers; prints each figure beside its target.

Each group runs in a process of its own, so that one that fails costs no other's figures.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Any

from deskfleet.commands.output import print_table
from tests.evals.quality import GROUPS, Better, Figures, Group

ROOT = Path(__file__).resolve().parents[1]
HISTORY = ROOT / "docs" / "figures.jsonl"
_MEASURE = "--measure"


class Verdict(StrEnum):
    """Only a figure that was measured can meet its target."""

    MET = "met"
    MISSED = "not met"
    NO_DATA = "no data"
    FAILED = "could not be measured"


@dataclass(frozen=True)
class Row:
    group: str
    figure: str
    value: float | None
    target: str
    verdict: Verdict


def measured(group: Group) -> list[Row]:
    """The group's rows; says on standard error why a group could not be measured."""
    if not group.has_data:
        return rows_of(group, {}, otherwise=Verdict.NO_DATA)
    _say(f"{group.name} ...")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "scripts.evaluate", _MEASURE, group.name],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        _say(f"{group.name}: {done.stderr.strip()[-800:]}")
        return rows_of(group, {}, otherwise=Verdict.FAILED)
    return rows_of(group, json.loads(done.stdout.splitlines()[-1]), otherwise=Verdict.FAILED)


def rows_of(group: Group, figures: Figures, *, otherwise: Verdict) -> list[Row]:
    """`otherwise` is said of a target whose figure is not there."""
    rows = []
    for target in group.targets:
        value = figures.get(target.figure)
        verdict = otherwise
        if value is not None:
            is_met = value >= target.value if target.better is Better.HIGHER else value <= target.value
            verdict = Verdict.MET if is_met else Verdict.MISSED
            value = round(value, 4)
        rows.append(Row(group.name, target.figure, value, f"{target.better} {target.value}", verdict))
    return rows


def line_of(rows: Sequence[Row], *, at: datetime) -> dict[str, Any]:
    """A line of the history: what was measured, of which version, when."""
    figures = {f"{row.group}: {row.figure}": row.value for row in rows if row.value is not None}
    return {"date": at.date().isoformat(), "version": version("deskfleet"), "figures": figures}


def record(rows: Sequence[Row], history: Path = HISTORY) -> None:
    with history.open("a", encoding="utf-8") as file:
        file.write(json.dumps(line_of(rows, at=datetime.now(UTC)), ensure_ascii=False) + "\n")


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _show(rows: Sequence[Row]) -> None:
    shown = [(f"{row.group}: {row.figure}", row.value, row.target, str(row.verdict)) for row in rows]
    print_table(("figure", "value", "target", ""), shown, empty="Nothing was chosen.")
    counts = {verdict: sum(row.verdict is verdict for row in rows) for verdict in Verdict}
    print("\n" + ", ".join(f"{count} {verdict}" for verdict, count in counts.items() if count))


def _arguments(given: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    names = [group.name for group in GROUPS]
    parser.add_argument("--only", action="append", choices=names, help="this group alone; may be repeated")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument("--record", action="store_true", help=f"append a line to {HISTORY.relative_to(ROOT)}")
    parser.add_argument(_MEASURE, choices=names, help=argparse.SUPPRESS)
    return parser.parse_args(given)


def main(given: Sequence[str] | None = None) -> int:
    """Exit code 1 when a group could not be measured. A target that is not met is a figure, not an error."""
    arguments = _arguments(given)
    if arguments.measure:
        group = next(one for one in GROUPS if one.name == arguments.measure)
        print(json.dumps(dict(group.measure())))
        return 0
    chosen = [group for group in GROUPS if not arguments.only or group.name in arguments.only]
    rows = [row for group in chosen for row in measured(group)]
    if arguments.json:
        print(json.dumps([asdict(row) for row in rows], ensure_ascii=False))
    else:
        _show(rows)
    if arguments.record:
        record(rows)
    return 1 if any(row.verdict is Verdict.FAILED for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
