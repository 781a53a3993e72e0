"""deskfleet tickets list|show"""

from typing import Annotated

import typer

from api.ticket_views import TicketSummary, read_view, summary_of
from deskfleet.commands.output import JSON_HELP, print_json, print_table, print_text
from deskfleet.migrate import migrate
from runtime.database import transaction
from tickets import queries
from tickets.contracts import Priority, Status

tickets = typer.Typer(no_args_is_help=True, add_completion=False)


@tickets.callback()
def group() -> None:
    """List and show tickets."""


@tickets.command("list")
def list_tickets(
    status: Annotated[Status | None, typer.Option(help="Only this status.")] = None,
    priority: Annotated[Priority | None, typer.Option(help="Only this priority.")] = None,
    waiting: Annotated[bool, typer.Option(help="Only what waits for staff.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=200, help="At most so many.")] = 50,
    json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
) -> None:
    """The newest tickets."""
    migrate()
    filters = queries.Filters(status=status, priority=priority, waiting_for_staff=waiting)
    with transaction() as session:
        rows = queries.list_tickets(session, filters, limit=limit).rows
    found = [summary_of(row.ticket, row.customer_public_id, row.due_at) for row in rows]
    if json:
        print_json([TicketSummary(**one).model_dump(mode="json") for one in found])
        return
    heads = ("ticket_id", "status", "owner", "priority", "category", "reason", "subject")
    print_table(heads, [[one[head] for head in heads] for one in found], empty="There are no tickets.")


@tickets.command("show")
def show_ticket(
    ticket_id: Annotated[str, typer.Argument(help="TKT-…")],
    json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
) -> None:
    """One ticket with its conversation."""
    migrate()
    with transaction() as session:
        view = read_view(session, ticket_id)
    if json:
        print_json(view.model_dump(mode="json"))
        return
    print_text(
        f"{view.ticket_id}  {view.status}  owner {view.owner}  priority {view.priority}  {view.category or ''}"
    )
    print_text(f"{view.subject}\nreason: {view.reason or 'none'}")
    for message in view.messages:
        print_text(
            f"\n--- {message.author} {message.author_name}  {message.created_at:%Y-%m-%d %H:%M}\n{message.text}"
        )
        for citation in message.citations:
            print_text(f"    [{citation.title}] {citation.url}")
