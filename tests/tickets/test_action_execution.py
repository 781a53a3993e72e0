"""The doing of an approved action: what the customer and staff get to know, and when it is given up."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select, update

from runtime.database import transaction
from tests.jobs import CollectedJobs
from tests.proposals import a_proposal
from tickets import action_execution, actions, lifecycle, queries
from tickets.action_execution import Work
from tickets.action_kinds import DECLARATIONS, ActionKind, Approver, Document, Proposal, ResendArguments
from tickets.action_models import Action
from tickets.contracts import Status
from tickets.queries import Details

RESEND = Proposal(
    ActionKind.RESEND, ResendArguments(order_id="A-1001", document=Document.INVOICE), answer="It is sent."
)


def claimed(action: str) -> Work:
    """The action as a worker holds it."""
    with transaction() as session:
        work = action_execution.claim(session, actions.find(session, action).id)
        assert work is not None
        return work


def approved() -> tuple[str, str]:
    ticket, action = a_proposal()
    with transaction() as session:
        actions.approve(session, action, staff="AGENT-BOB00000", name="Bob", seen_seq=1)
    return ticket, action


def read(ticket: str) -> Details:
    with transaction() as session:
        return queries.read_ticket(session, ticket)


def test_a_ticket_resolved_meanwhile_is_opened_again_for_staff_to_tell_the_customer(
    run_jobs: CollectedJobs,
) -> None:
    ticket, action = approved()
    with transaction() as session:
        ticket_id = queries.find_ticket(session, ticket).id
        lifecycle.set_status(session, ticket_id, Status.RESOLVED, actor="AGENT-BOB00000")
    work = claimed(action)
    with transaction() as session:
        assert action_execution.mark_done(session, work, reference="SHOP-1")
    found = read(ticket)
    assert found.reply is None
    assert (found.ticket.owner, found.ticket.status) == ("staff", "escalated")
    assert found.ticket.staff_due_at is not None


def test_what_nobody_approved_is_told_and_staff_still_owe_the_answer(
    run_jobs: CollectedJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    unattended = replace(DECLARATIONS[ActionKind.RESEND], approver=Approver.NOBODY)
    monkeypatch.setitem(DECLARATIONS, ActionKind.RESEND, unattended)
    ticket, action = a_proposal(RESEND)
    work = claimed(action)
    with transaction() as session:
        assert action_execution.mark_done(session, work, reference="SHOP-1")
    found = read(ticket)
    assert found.reply is not None
    assert (found.reply.text, found.reply.author) == ("It is sent.", "system")
    assert (found.ticket.owner, found.ticket.status) == ("staff", "escalated")
    assert found.ticket.staff_due_at is not None


def test_a_worker_that_dies_again_and_again_leaves_it_to_staff(run_jobs: CollectedJobs) -> None:
    ticket, action = approved()
    for _ in range(10):
        claimed(action)
        with transaction() as session:
            session.execute(update(Action).values(due_at=func.now() - func.make_interval(0, 0, 0, 1)))
    with transaction() as session:
        assert action_execution.claim(session, actions.find(session, action).id) is None
    with transaction() as session:
        parked = actions.read(session, action)
        assert (parked.state, parked.action.claim_token) == ("unknown", None)
        assert "tried too often" in parked.action.outcome
        assert action_execution.sweep(session) == 0
    found = read(ticket)
    assert (found.ticket.owner, found.ticket.status) == ("staff", "escalated")
    assert "action_unknown" in [event.kind for event in found.events]


def test_a_shop_that_wants_a_long_pause_does_not_get_it(run_jobs: CollectedJobs) -> None:
    _ticket, action = approved()
    work = claimed(action)
    with transaction() as session:
        action_execution.postpone(session, work, why="Too many requests.", retry_after_s=86_400.0)
        wait_s = select(func.extract("epoch", Action.due_at - func.now()))
        assert 0 < session.scalars(wait_s).one() <= 300
