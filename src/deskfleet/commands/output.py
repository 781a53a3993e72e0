"""How commands print: JSON for programs, tables for people."""

import json
import re
import sys
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from rich.text import Text

JSON_HELP = "Print JSON."

# What a customer wrote must not steer the terminal that it is shown in.
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

_WIDE = 10_000  # For a pipe: one line a row, whatever it holds.


def print_json(value: Any) -> None:  # noqa: ANN401  # whatever JSON can hold
    print(json.dumps(value, default=str, ensure_ascii=False))


def print_text(text: str) -> None:
    """A text of whoever wrote it, without the characters that steer a terminal."""
    print(_harmless(text))


def print_table(heads: Sequence[str], rows: Sequence[Sequence[object]], *, empty: str) -> None:
    if not rows:
        print(empty)
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for head in heads:
        table.add_column(head, no_wrap=head == heads[0], overflow="fold")  # The first is what one copies.
    for row in rows:
        table.add_row(*(Text("" if cell is None else _harmless(str(cell))) for cell in row))
    Console(width=None if sys.stdout.isatty() else _WIDE).print(table)


def progress_bar(*, quiet: bool) -> Progress:
    """On standard error, and only where a person looks."""
    console = Console(stderr=True)
    return Progress(console=console, transient=True, disable=quiet or not console.is_terminal)


def _harmless(text: str) -> str:
    return _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text)
