"""deskfleet metrics: the desk's figures over the last days."""

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from analytics.metrics import measure, reasons
from analytics.rollups import read as read_stories
from analytics.stories import Span
from deskfleet.commands.output import JSON_HELP, print_json, print_table
from deskfleet.migrate import migrate
from runtime.database import transaction

metrics = typer.Typer(add_completion=False)


@metrics.command()
def run(
    days: Annotated[
        int, typer.Option("--days", min=1, max=366, help="Tickets that began in the last so many days.")
    ] = 28,
    channel: Annotated[str, typer.Option("--channel", help="Of this channel alone.")] = "",
    category: Annotated[str, typer.Option("--category", help="Of this category alone.")] = "",
    json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
) -> None:
    """Volume, times, resolution by the agent, escalations, satisfaction, cost; out of the tickets' timelines."""
    migrate()
    now = datetime.now(UTC)
    with transaction() as session:
        found = read_stories(session, Span(now - timedelta(days=days), now, channel, category))
    figures, why = asdict(measure(found, now)), reasons(found)
    if json:
        print_json({**figures, "reasons": why})
        return
    rows = [(name.replace("_", " "), "–" if one is None else round(one, 3)) for name, one in figures.items()]
    print_table(("figure", "value"), rows, empty="")
    print_table(("why staff got it", "tickets"), list(why.items()), empty="Nothing went to staff.")
