"""deskfleet rules explain: every rule of escalation with what it sees on a ticket."""

from typing import Annotated

import typer

from agent_core.workflow import explain_answer
from deskfleet.commands.output import JSON_HELP, print_json, print_table
from deskfleet.migrate import migrate
from runtime.database import transaction
from tickets import queries
from tickets.cases import build_case

rules = typer.Typer(no_args_is_help=True, add_completion=False)


@rules.callback()
def group() -> None:
    """Rules of escalation."""


@rules.command("explain")
def explain(
    ticket_id: Annotated[str, typer.Argument(help="TKT-…")],
    json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
) -> None:
    """Ask every rule about the ticket's newest messages, as they stand now."""
    migrate()
    with transaction() as session:
        ticket = queries.find_ticket(session, ticket_id)
        case = build_case(session, ticket.id, "", newest_again=True)
    asked = explain_answer(case)
    reason = next((name for name, applies, _because in asked if applies), None)
    if json:
        listed = [
            {"reason": name, "applies": applies, "because": because} for name, applies, because in asked
        ]
        print_json(
            {"ticket_id": ticket_id, "recorded_reason": ticket.reason, "reason": reason, "rules": listed}
        )
        return
    print_table(
        ("rule", "applies", "because"),
        [(name, "yes" if applies else "", because) for name, applies, because in asked],
        empty="There are no rules.",
    )
    print(f"\nRecorded: {ticket.reason or 'none'}. Now: {reason or 'the agent may reply'}.")
