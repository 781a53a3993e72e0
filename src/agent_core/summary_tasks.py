"""The job that summarises a ticket: claim, think with no transaction open, record."""

from agent_core.summaries import summarise
from llm.payer import billed_to
from runtime.database import transaction
from runtime.jobs import job
from tickets import summaries


@job(queue="agent_core")
def summarize_ticket(ticket_id: int) -> None:
    """Once, however often it is asked for."""
    with transaction() as session:
        source = summaries.claim(session, ticket_id)
    if source is None:
        return
    with billed_to(ticket_id=source.ticket_id, customer_id=source.customer_id):
        found = summarise(source)
    with transaction() as session:
        if found is None:
            summaries.fail(session, source, "The AI's budget is used up, or nothing was said.")
        else:
            summaries.keep(session, source, found)
