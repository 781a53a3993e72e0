"""deskfleet staffing: how many people a volume needs for a service level."""

import sys
from dataclasses import asdict
from typing import Annotated

import typer

from analytics.staffing import Goal, Load, Service, needed, service
from deskfleet.commands.output import JSON_HELP, print_json, print_table
from runtime.errors import InvalidInput

staffing = typer.Typer(add_completion=False)


@staffing.command()
def run(  # noqa: PLR0913, PLR0917  # typer turns each argument into an option
    contacts: Annotated[float, typer.Option("--contacts", help="Contacts in an hour.")],
    handling_s: Annotated[float, typer.Option("--handling", help="Mean seconds of work on each.")],
    share: Annotated[float, typer.Option("--service-level", help="Share that is answered in time.")] = 0.8,
    within_s: Annotated[float, typer.Option("--within", help="Seconds that count as in time.")] = 60.0,
    patience_s: Annotated[
        float | None,
        typer.Option("--patience", help="Mean seconds after which customers give up; else never."),
    ] = None,
    shrinkage: Annotated[
        float, typer.Option("--shrinkage", help="Share of paid time away from the desk.")
    ] = 0.3,
    json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
) -> None:
    """By Erlang C, or with patience Erlang A; and what one fewer or one more would give. Exit code 2: wrong input."""
    try:
        load = Load(contacts, handling_s, patience_s)
        need = needed(load, Goal(share, within_s, shrinkage))
    except InvalidInput as error:
        print(f"deskfleet: {error.detail}", file=sys.stderr)
        raise typer.Exit(2) from None
    around = [service(load, count, within_s) for count in range(max(need.at_work - 2, 0), need.at_work + 3)]
    if json:
        print_json(
            {"at_work": need.at_work, "scheduled": need.scheduled, "service": [asdict(one) for one in around]}
        )
        return
    print_table(
        ("at work", "in time", "give up", "mean wait", "busy"), [_row(one) for one in around], empty=""
    )
    print(f"\n{need.at_work} at work, {need.scheduled} on the roster.")


def _row(one: Service) -> tuple[str, ...]:
    wait = f"{one.wait_s:.0f} s" if one.wait_s < 86_400 else "without end"
    return str(one.staff), f"{one.answered_in_time:.1%}", f"{one.lost:.1%}", wait, f"{one.occupancy:.0%}"
