"""deskfleet stats rebuild: what figures are counted from, read anew from every ticket."""

import time
from typing import Annotated

import typer

from analytics import rollups
from deskfleet.commands.output import JSON_HELP, print_json, progress_bar
from deskfleet.migrate import migrate

stats = typer.Typer(no_args_is_help=True, add_completion=False)


@stats.callback()
def group() -> None:
    """What the desk's figures are counted from."""


@stats.command("rebuild")
def rebuild(json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False) -> None:
    """Figures come out the same: it is for a database that was restored or changed by hand."""
    migrate()
    began = time.monotonic()
    with progress_bar(quiet=json) as bar:
        task = bar.add_task("Reading tickets …", total=None)
        done = rollups.rebuild(lambda count: bar.update(task, completed=count))
    seconds = round(time.monotonic() - began, 1)
    if json:
        print_json({"tickets": done, "seconds": seconds})
    else:
        print(f"{done} tickets in {seconds} s.")
