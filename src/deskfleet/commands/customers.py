"""deskfleet customers export|erase|receipt: what is kept of one customer."""

import shutil
from pathlib import Path
from typing import Annotated

import typer

from accounts.audit import COMMAND
from deskfleet import privacy
from deskfleet.commands.output import JSON_HELP, print_json
from deskfleet.migrate import migrate

customers = typer.Typer(no_args_is_help=True, add_completion=False)

CustomerId = Annotated[str, typer.Argument(help="The customer's id, such as CUST-7Q4K2M9X.")]
Json = Annotated[bool, typer.Option("--json", help=JSON_HELP)]


@customers.callback()
def group() -> None:
    """What is kept of a customer: export it, erase it."""


@customers.command("export")
def export_customer(
    customer_id: CustomerId,
    into: Annotated[Path | None, typer.Option(help="The ZIP to write; absent: CUSTOMER.zip here.")] = None,
    json: Json = False,
) -> None:
    """Write all that is kept of a customer into a ZIP of JSON and files."""
    migrate()
    path = into or Path(f"{customer_id}.zip")
    with privacy.exported(customer_id, by=COMMAND) as archive, path.open("wb") as file:
        shutil.copyfileobj(archive, file)
    size = path.stat().st_size
    print_json({"file": str(path), "bytes": size}) if json else print(f"{path}: {size:,} bytes")


@customers.command("erase")
def erase_customer(
    customer_id: CustomerId,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: Json = False,
) -> None:
    """Erase a customer everywhere, for good, and print the receipt."""
    if not yes:
        typer.confirm(f"Erase {customer_id} for good?", abort=True)
    migrate()
    _show(privacy.erase(customer_id, by=COMMAND), json=json)


@customers.command("receipt")
def show_receipt(customer_id: CustomerId, json: Json = False) -> None:
    """Print the receipt of an erasure, and whether it is as we wrote it."""
    migrate()
    receipt = privacy.read_receipt(customer_id)
    if json:
        print_json(receipt | {"genuine": privacy.is_genuine(receipt)})
        return
    _show(receipt, json=False)
    print(f"{'genuine':14} {'yes' if privacy.is_genuine(receipt) else 'NO: it was changed'}")


def _show(receipt: dict[str, object], *, json: bool) -> None:
    if json:
        print_json(receipt)
        return
    for name, value in receipt.items():
        shown = (
            ", ".join(f"{count} {kind}" for kind, count in value.items())
            if isinstance(value, dict)
            else value
        )
        print(f"{name:14} {shown}")
