"""deskfleet channels list|test: which ways to customers are open, what the others lack, and whether one works."""

from dataclasses import asdict
from typing import Annotated

import typer

from deskfleet import ways
from deskfleet.commands.output import JSON_HELP, print_json, print_table, print_text
from runtime.errors import DeskfleetError, NotFound

channels = typer.Typer(no_args_is_help=True, add_completion=False)

Json = Annotated[bool, typer.Option("--json", help=JSON_HELP)]


@channels.callback()
def group() -> None:
    """How customers reach you, and whether it works."""


@channels.command("list")
def list_channels(json: Json = False) -> None:
    """Every channel: whether it is on, where messages come in, and the settings that are missing."""
    rows = ways.list_channels()
    if json:
        print_json([{**asdict(row), "on": not row.missing} for row in rows])
        return
    heads = ("channel", "on", "comes in at", "missing")
    shown = [
        (row.channel, "no" if row.missing else "yes", row.comes_in_at, ", ".join(row.missing)) for row in rows
    ]
    print_table(heads, shown, empty="")


@channels.command("test")
def ask_channel(
    name: Annotated[str, typer.Argument(help="As `deskfleet channels list` shows it.")], json: Json = False
) -> None:
    """Ask the other side whether it lets us in. Nothing is sent, read or changed."""
    try:
        said = ways.try_channel(name)
    except DeskfleetError as error:
        if not json or isinstance(error, NotFound):
            raise
        print_json({"channel": name, "ok": False, "said": error.detail})
        raise typer.Exit(1) from None
    if json:
        print_json({"channel": name, "ok": True, "said": said})
    else:
        print_text(said)
