"""deskfleet audit: who did what, who was unlike themselves, and whether the records of decisions are whole."""

from datetime import datetime
from typing import Annotated

import typer

from accounts import anomalies
from accounts import audit as log
from deskfleet.commands import audit_decisions
from deskfleet.commands.output import JSON_HELP, print_json, print_table
from deskfleet.migrate import migrate
from runtime.database import transaction

audit = typer.Typer(no_args_is_help=True, add_completion=False)

Json = Annotated[bool, typer.Option("--json", help=JSON_HELP)]


@audit.callback()
def group() -> None:
    """The audit log (writes, logins, refusals, views of personal data), and the records of the agent's decisions."""


audit.command("verify")(audit_decisions.verify)
audit.command("replay")(audit_decisions.replay)
audit.command("export")(audit_decisions.export)


@audit.command("list")
def list_entries(
    actor: Annotated[str, typer.Option(help="Only by this account (AGENT-…) or key (KEY-…).")] = "",
    target: Annotated[str, typer.Option(help="Only about this id.")] = "",
    action: Annotated[
        str, typer.Option(help="Only this action, or those that begin so, such as login.")
    ] = "",
    since: Annotated[datetime | None, typer.Option(help="From this day or moment on, UTC.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=500, help="Most entries.")] = 50,
    json: Json = False,
) -> None:
    """The newest entries first."""
    migrate()
    with transaction() as session:
        found = log.find(session, log.Narrowing(target, actor, action, since), limit=limit)
    if json:
        print_json(
            [
                {
                    "id": one.id, "at": one.at, "actor": one.actor, "action": one.action, "target": one.target,
                    "address": one.address, "correlation_id": one.correlation_id, "data": one.data,
                }
                for one in found
            ]
        )  # fmt: skip
        return
    rows = [
        (
            f"{one.at:%Y-%m-%d %H:%M:%S}",
            one.actor,
            one.action,
            one.target,
            one.data.get("route", ""),
            one.address,
        )
        for one in found
    ]
    print_table(("at (UTC)", "who", "did", "to what", "by", "from"), rows, empty="No such entries.")


@audit.command("scores")
def list_scores(
    least: Annotated[float, typer.Option(min=0, help="Only hours with at least this score.")] = 1.0,
    json: Json = False,
) -> None:
    """The hours in which somebody was unlike themselves; from 6 on an alert is raised."""
    migrate()
    with transaction() as session:
        found = anomalies.newest_scores(session, least=least)
    if json:
        print_json(
            [{"actor": one.actor, "hour": one.hour, "score": one.score, "signs": one.signs} for one in found]
        )
        return
    rows = [
        (f"{one.hour:%Y-%m-%d %H:00}", one.actor, f"{one.score:.1f}", anomalies.words(one)) for one in found
    ]
    print_table(("hour (UTC)", "who", "score", "why"), rows, empty="Everybody is like themselves.")
