"""deskfleet evaluate sentiment: how well the local triage tells the mood of labelled texts."""

import statistics
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer

from agent_core import local_triage
from deskfleet.commands.label_scores import macro_f1, per_label, share
from deskfleet.commands.labelled_texts import Labelled, Source, read
from deskfleet.commands.output import JSON_HELP, print_json, print_table, progress_bar
from runtime.errors import InvalidInput

_LABELS = ("positive", "neutral", "negative")


def run(
    csv_file: Annotated[str, typer.Option("--csv", help="CSV, TSV, JSON or JSONL.")],
    text_col: Annotated[str, typer.Option("--text-col", help="Column of the texts.")],
    label_col: Annotated[
        str, typer.Option("--label-col", help="Column of the moods: positive, neutral, negative.")
    ],
    json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
) -> None:
    """Accuracy and F1 of the mood, in any of the served languages; the language is told from each text."""
    rows = read(Source(csv_file, text_col, label_col, "--csv"))
    with progress_bar(quiet=json) as progress:
        progress.add_task(f"Telling the mood of {len(rows):,} texts …", total=None)
        figures = measure(rows)
    if json:
        print_json(figures)
        return
    print(f"accuracy {figures['accuracy']}, macro F1 {figures['macro_f1']}, p50 {figures['p50_ms']} ms\n")
    shown = [(name, *one.values()) for name, one in figures["per_label"].items()]
    print_table(("mood", "precision", "recall", "f1", "texts"), shown, empty="")


def measure(rows: Sequence[Labelled]) -> dict[str, Any]:
    """Raises InvalidInput for a label that is no mood."""
    truth = [_mood_of(row) for row in rows]
    local_triage.warm_up()
    told, times = [], []
    for row in rows:
        started = time.perf_counter()
        told.append(local_triage.mood(row.text).label)
        times.append(time.perf_counter() - started)
    scores = per_label(truth, told)
    return {
        "accuracy": share([one == other for one, other in zip(truth, told, strict=True)]),
        "macro_f1": macro_f1(scores),
        "per_label": {label: asdict(one) for label, one in scores.items()},
        "p50_ms": round(statistics.median(times) * 1000, 2),
        "n": len(rows),
    }


def _mood_of(row: Labelled) -> str:
    label = row.label.lower()
    if label not in _LABELS:
        raise InvalidInput(f"The label {row.label[:40]!r} is none of {', '.join(_LABELS)}.", field="--csv")
    return label
