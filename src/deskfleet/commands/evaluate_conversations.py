"""deskfleet evaluate conversations: scripted customers through the whole desk, on a desk of its own."""

import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.progress import Progress

from deskfleet import demo, workers
from deskfleet.commands.conversations import Heard, nobody_outside, talk
from deskfleet.commands.output import JSON_HELP, print_json, print_table, progress_bar
from deskfleet.commands.scripted_customers import Outcome, Script, read
from deskfleet.migrate import migrate
from deskfleet.own_desk import own_desk
from ingestion import imap_poller
from runtime import logs
from runtime.data_folder import data_folder

_AT_ONCE = 4  # Customers who talk at the same time.


@dataclass(frozen=True)
class Spoken:
    """A conversation that is over."""

    script: Script
    heard: tuple[Heard, ...]

    @property
    def last(self) -> Heard:
        return self.heard[-1]


def run(
    file: Annotated[Path, typer.Argument(help="JSON lines: id, channel, name, turns, expect.")],
    fail_under: Annotated[
        float | None, typer.Option(min=0, max=1, help="Exit code 1 when a smaller share goes as expected.")
    ] = None,
    with_models: Annotated[
        bool,
        typer.Option(
            "--with-models", help="Ask the models whose keys are set; otherwise only the local one."
        ),
    ] = False,
    json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
) -> None:
    """Each customer writes by a channel, waits, and writes on until staff have the ticket or all is said.

    The desk is a fresh one with the demo's articles and sample shop; the one in use is not touched.
    """
    scripts = read(file)
    with progress_bar(quiet=json) as progress:
        figures = measure(scripts, progress, with_models=with_models)
    if json:
        print_json(figures)
    else:
        _show(figures)
    if fail_under is not None and figures["as_expected"] < fail_under:
        typer.echo(f"{figures['as_expected']} go as expected, at least {fail_under} should.", err=True)
        raise typer.Exit(1)


def measure(scripts: Sequence[Script], progress: Progress, *, with_models: bool = False) -> dict[str, Any]:
    """The figures of all conversations on a fresh desk."""
    with _open_desk(offline=not with_models):
        task = progress.add_task("Talking", total=len(scripts))
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="customer") as customers:
            talks = {customers.submit(talk, script): script for script in scripts}
            spoken = []
            for done in as_completed(talks):
                spoken.append(Spoken(talks[done], tuple(done.result())))
                progress.advance(task)
    order = {script.id: number for number, script in enumerate(scripts)}
    return figures_of(sorted(spoken, key=lambda one: order[one.script.id]))


@contextmanager
def _open_desk(*, offline: bool) -> Iterator[None]:
    with own_desk("evaluate", offline=offline):
        logs.configure("evaluate", to_file=data_folder() / "deskfleet.log")
        migrate()
        demo.connect_sample_shop()
        demo.prepare()
        workers.warm_up()
        stop = threading.Event()
        poller = threading.Thread(target=imap_poller.run, args=(stop,), name="poller")
        with nobody_outside(), workers.embedded_worker():
            poller.start()
            try:
                yield
            finally:
                stop.set()
                poller.join(timeout=10)


def figures_of(spoken: Sequence[Spoken]) -> dict[str, Any]:
    """`wrong` are replies that should not have gone out so; `missed` went to staff although the desk could answer."""
    faults = {one.script.id: faults_of(one) for one in spoken}
    seconds = [heard.seconds for one in spoken for heard in one.heard]
    outcomes = Counter(one.last.outcome for one in spoken)
    return {
        "conversations": len(spoken),
        "turns": len(seconds),
        "resolution_rate": _share(outcomes[Outcome.ANSWER], spoken),
        "escalation_rate": _share(outcomes[Outcome.STAFF], spoken),
        "unanswered": outcomes[None],
        "as_expected": _share(sum(not found for found in faults.values()), spoken),
        "wrong": sum(bool(faults[one.script.id]) and one.last.outcome is Outcome.ANSWER for one in spoken),
        "missed": sum(_was_missed(one) for one in spoken),
        "reasons": dict(Counter(one.last.reason for one in spoken if one.last.reason).most_common()),
        "p50_s": round(float(np.percentile(seconds, 50)), 3),
        "p95_s": round(float(np.percentile(seconds, 95)), 3),
        "failures": [
            {"id": one.script.id, "channel": str(one.script.channel), "turn": len(one.heard), "faults": found}
            for one in spoken
            if (found := faults[one.script.id])
        ],
    }


def faults_of(spoken: Spoken) -> list[str]:
    """What did not go as expected; nothing when all did."""
    expected, last = spoken.script.expect, spoken.last
    if last.outcome is None:
        return ["neither a reply nor staff in time"]
    found = [f"a reply says {text!r}" for text in expected.forbidden if _says(spoken, text)]
    if last.outcome is not expected.outcome:
        why = last.reason or f"cites {', '.join(last.sources) or 'nothing'}"
        return [*found, f"{last.outcome} ({why}) instead of {expected.outcome}"]
    if expected.reason and last.reason != expected.reason:
        found.append(f"reason {last.reason} instead of {expected.reason}")
    if expected.sources and not set(expected.sources) & set(last.sources):
        found.append(f"cites {', '.join(last.sources) or 'nothing'} instead of {', '.join(expected.sources)}")
    return found


def _says(spoken: Spoken, text: str) -> bool:
    return any(text.casefold() in heard.reply.casefold() for heard in spoken.heard)


def _was_missed(spoken: Spoken) -> bool:
    return spoken.script.expect.outcome is Outcome.ANSWER and spoken.last.outcome is Outcome.STAFF


def _share(count: int, spoken: Sequence[Spoken]) -> float:
    return round(count / len(spoken), 4)


def _show(figures: dict[str, Any]) -> None:
    plain = [(name, value) for name, value in figures.items() if not isinstance(value, dict | list)]
    print_table(("figure", "value"), plain, empty="")
    print("\nWhy staff got them:")
    print_table(("reason", "conversations"), list(figures["reasons"].items()), empty="Staff got none.")
    print("\nWhat did not go as expected:")
    rows = [(one["id"], one["channel"], one["turn"], "; ".join(one["faults"])) for one in figures["failures"]]
    print_table(("conversation", "channel", "turn", "fault"), rows, empty="Nothing.")
