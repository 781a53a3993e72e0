"""deskfleet forecast: what will come in the next hours and days, fitted now and stored."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import typer

from analytics.desk_forecast import refit
from analytics.stored_forecasts import Kind, Wanted, newest
from deskfleet.commands.output import JSON_HELP, print_json, print_table, progress_bar
from deskfleet.migrate import migrate
from runtime.database import transaction
from runtime.errors import NotFound

forecast = typer.Typer(add_completion=False)


class Step(StrEnum):
    HOURLY = "hourly"
    DAILY = "daily"


@forecast.command()
def run(
    step: Annotated[
        Step, typer.Option("--step", help="Hours of the coming week, or days of four weeks.")
    ] = Step.DAILY,
    bins: Annotated[int, typer.Option("--bins", min=1, max=168, help="How many of them.")] = 7,
    channel: Annotated[str, typer.Option("--channel", help="Of this channel alone.")] = "",
    category: Annotated[str, typer.Option("--category", help="Of this category alone.")] = "",
    json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
) -> None:
    """Fit on all that came so far, store it for the pages and the API, and show it."""
    migrate()
    with progress_bar(quiet=json) as progress:
        progress.add_task("Fitting …", total=None)
        refit()
    with transaction() as session:
        stored = newest(session, Wanted(Kind(step), channel, category))
        if stored is None:
            raise NotFound("There is no forecast of it: nothing of it came in the last four weeks.")
        model, found = stored.model, stored.bins[:bins]
    if json:
        print_json({"model": model, "bins": found})
        return
    rows = [
        (
            f"{datetime.fromisoformat(one['at']):%a %Y-%m-%d %H:%M}",
            f"{one['expected']:.1f}",
            _ends(one, 80),
            _ends(one, 95),
        )
        for one in found
    ]
    print_table(("from (UTC)", "expected", "80 %", "95 %"), rows, empty="Nothing to forecast.")
    print(f"\n{model['best']}, {model['training_days']} days of history. {model['note']}".rstrip())


def _ends(one: dict[str, float], level: int) -> str:
    return f"{one[f'low_{level}']:.0f} – {one[f'high_{level}']:.0f}"
