"""deskfleet up: the whole product in this process, on the embedded default."""

from typing import Annotated

import typer

from deskfleet import up as composition

up = typer.Typer(add_completion=False)


@up.command()
def start(empty: Annotated[bool, typer.Option("--empty", help="Without the demo desk.")] = False) -> None:
    """Start everything and serve until Ctrl-C."""
    composition.run(with_demo=not empty)
