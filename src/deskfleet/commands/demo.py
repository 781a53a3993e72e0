"""deskfleet demo: the sample day on a fresh desk of its own, without serving."""

import threading
import time
from collections.abc import Callable
from typing import Annotated

import typer

from deskfleet import demo as desk
from deskfleet import workers
from deskfleet.commands.output import JSON_HELP, print_json, progress_bar
from deskfleet.demo_figures import DemoFigures, measure
from deskfleet.migrate import migrate
from deskfleet.own_desk import own_desk
from ingestion import imap_poller
from runtime import logs
from runtime.data_folder import data_folder
from runtime.database import transaction
from runtime.errors import Unavailable

demo = typer.Typer(add_completion=False)

_PACE_S = 0.2
_LONGEST_S = 120.0


@demo.command()
def run(json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False) -> None:
    """Exit code 1 when a ticket has no owner, was lost, or was answered twice."""
    with own_desk("demo"):
        logs.configure("demo", to_file=data_folder() / "deskfleet.log")
        migrate()
        desk.connect_sample_shop()
        desk.prepare()
        workers.warm_up()
        figures = _run_the_day(quiet=json)
    if json:
        print_json(figures.as_json())
    else:
        print("\n".join(f"{name:12} {value}" for name, value in figures.as_json().items()))
    raise typer.Exit(0 if figures.sound else 1)


def _run_the_day(*, quiet: bool) -> DemoFigures:
    stop = threading.Event()
    poller = threading.Thread(target=imap_poller.run, args=(stop,), name="poller")
    total = len(desk.sample_tickets())
    with progress_bar(quiet=quiet) as progress, workers.embedded_worker():
        task = progress.add_task("The sample day", total=total)
        poller.start()
        try:
            threading.Thread(target=desk.feed, args=(stop,), kwargs={"pace_s": _PACE_S}, name="demo").start()
            return _wait(lambda done: progress.update(task, completed=done), total)
        finally:
            stop.set()
            poller.join(timeout=10)


def _wait(show: Callable[[int], None], total: int) -> DemoFigures:
    deadline = time.monotonic() + _LONGEST_S
    while time.monotonic() < deadline:
        with transaction() as session:
            figures = measure(session)
        show(figures.handled)
        if figures.messages >= total and not figures.unhandled:
            return figures
        time.sleep(0.1)
    raise Unavailable(f"The sample day did not end within {_LONGEST_S:.0f} s: {figures.as_json()}")
