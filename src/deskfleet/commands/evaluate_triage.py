"""deskfleet evaluate triage: train the local classifier on labelled texts and measure it on others."""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import typer

from agent_core import classifier, out_of_scope, reliability
from agent_core.classifier import Classifier, Example, Guess
from agent_core.features import Text
from deskfleet.commands.label_scores import macro_f1, per_label, share
from deskfleet.commands.labelled_texts import Labelled, Source, read
from deskfleet.commands.output import JSON_HELP, print_json, print_table, progress_bar
from runtime.errors import InvalidInput

_AUTO = "auto"
_NONE_OF_THESE = "(none of these)"
_AT_ONCE = 256
_TIMED = 200


@dataclass(frozen=True)
class Plan:
    """`outside` is the label of texts that belong to no class; `threshold` None: every text gets a class."""

    train: Sequence[Labelled]
    test: Sequence[Labelled]
    outside: str | None = None
    threshold: str | None = None
    outside_share: float = out_of_scope.OUTSIDE_SHARE


@dataclass(frozen=True)
class Measured:
    figures: dict[str, float | int | None]
    bins: list[reliability.Bin]


def run(  # noqa: PLR0913, PLR0917  # Each argument is an option of the command.
    train: Annotated[str, typer.Option(help="CSV, TSV, JSON or JSONL; FILE.json#LIST chooses a list.")],
    test: Annotated[str, typer.Option(help="The same, of texts to measure on.")],
    text_col: Annotated[str, typer.Option("--text-col", help="Column of the texts.")],
    label_col: Annotated[str, typer.Option("--label-col", help="Column of the labels.")],
    oos: Annotated[str | None, typer.Option(help="Label of texts that belong to no class.")] = None,
    oos_threshold: Annotated[
        str | None, typer.Option(help="auto (chosen on the training texts alone), or a number from 0 to 1.")
    ] = None,
    oos_share: Annotated[
        float, typer.Option(min=0.001, max=0.9, help="Share of texts of no class that auto expects.")
    ] = out_of_scope.OUTSIDE_SHARE,
    json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
) -> None:
    """Accuracy, out-of-scope recall, honesty of the confidence and speed. Nothing of the test is seen in training."""
    plan = Plan(
        train=read(Source(train, text_col, label_col, "--train")),
        test=read(Source(test, text_col, label_col, "--test")),
        outside=oos,
        threshold=oos_threshold or (_AUTO if oos else None),
        outside_share=oos_share,
    )
    with progress_bar(quiet=json) as progress:
        progress.add_task(
            f"Learning {len(plan.train):,} texts, then {len(plan.test):,} to tell …", total=None
        )
        measured = measure(plan)
    if json:
        print_json(measured.figures)
        return
    rows = [(name, "" if value is None else value) for name, value in measured.figures.items()]
    print_table(("figure", "value"), rows, empty="")
    print("\nHow honest the confidence is, on the texts that belong to a class:")
    shown = [(f"{one.confidence:.3f}", f"{one.accuracy:.3f}", one.texts) for one in measured.bins]
    print_table(("confidence", "right", "texts"), shown, empty="There is no such text.")


def measure(plan: Plan) -> Measured:
    """`accuracy` counts a refused text as right when it is labelled so; `in_scope_accuracy` counts it as wrong."""
    started = time.perf_counter()
    trained = classifier.train(
        [Example(Text(row.text), None if row.label == plan.outside else row.label) for row in plan.train],
        outside_share=plan.outside_share,
    )
    train_s = time.perf_counter() - started
    chosen = _with_threshold(trained, plan.threshold)
    guesses = _guesses(chosen, plan.test)
    outside = plan.outside or _NONE_OF_THESE
    told = [guess.best if guess.in_scope else outside for guess in guesses]
    truth = [row.label for row in plan.test]
    right = [one == label for one, label in zip(told, truth, strict=True)]
    inside = [number for number, label in enumerate(truth) if label != plan.outside]
    bins = reliability.bins(
        [guesses[number].confidence for number in inside],
        [guesses[number].best == truth[number] for number in inside],
    )
    return Measured(
        {
            "accuracy": share(right),
            "macro_f1": macro_f1(per_label(truth, told)),
            "in_scope_accuracy": share([right[number] for number in inside]),
            "oos_recall": share(
                [one for one, label in zip(right, truth, strict=True) if label == plan.outside]
            ),
            "ece": round(reliability.ece(bins), 4),
            "p50_ms": _p50_ms(chosen, plan.test),
            "train_s": round(train_s, 2),
            "n": len(plan.test),
            "labels": len(trained.names),
            "cross_validated_accuracy": round(trained.held_out.accuracy, 4),
            "cross_validated_ece": round(trained.held_out.ece, 4),
            "oos_threshold": round(chosen.threshold, 4) if plan.threshold else None,
        },
        bins,
    )


def _with_threshold(trained: Classifier, threshold: str | None) -> Classifier:
    if threshold == _AUTO:
        return trained
    return trained.with_threshold(_number(threshold) if threshold else float("-inf"))


def _number(threshold: str) -> float:
    try:
        return float(threshold)
    except ValueError:
        problem = f"{threshold} is neither auto nor a number."
        raise InvalidInput(problem, field="--oos-threshold") from None


def _guesses(trained: Classifier, rows: Sequence[Labelled]) -> list[Guess]:
    texts = [Text(row.text) for row in rows]
    return [
        guess for at in range(0, len(texts), _AT_ONCE) for guess in trained.guesses(texts[at : at + _AT_ONCE])
    ]


def _p50_ms(trained: Classifier, rows: Sequence[Labelled]) -> float:
    """Of single texts, their embedding included."""
    step = max(1, len(rows) // _TIMED)
    times = []
    for row in rows[::step][:_TIMED]:
        started = time.perf_counter()
        trained.guess(Text(row.text))
        times.append(time.perf_counter() - started)
    return round(statistics.median(times) * 1000, 2)
