"""What the desk itself tells a customer."""

import pytest
from sqlalchemy import func, select

from ingestion import intake
from runtime.database import transaction
from runtime.errors import Conflict
from tests.jobs import CollectedJobs
from tests.samples import a_decision, a_message, claimed_case
from tickets import lifecycle, wakeups
from tickets.contracts import Case, Channel, Kind, Reason, Status
from tickets.models import Message, Ticket, TicketEvent

NOTICE = "A colleague will answer."


def a_case() -> Case:
    with transaction() as session:
        intake.receive(session, a_message(channel=Channel.MAIL))
    return claimed_case()


def escalate(case: Case) -> None:
    with transaction() as session:
        decision = a_decision(reason=Reason.BUDGET, draft="", notice=NOTICE)
        assert lifecycle.escalate(session, case, decision)


def told() -> list[str]:
    with transaction() as session:
        return list(session.scalars(select(Message.text).where(Message.kind == Kind.OUTBOUND)))


def test_a_notice_goes_out_beside_the_handover_and_staff_still_owe_the_answer(
    run_jobs: CollectedJobs,
) -> None:
    escalate(a_case())
    assert told() == [NOTICE]
    assert wakeups.DELIVER_REPLY in run_jobs.names()
    with transaction() as session:
        ticket = session.scalars(select(Ticket)).one()
        assert (ticket.owner, ticket.status, ticket.reason) == ("staff", "escalated", "budget")
        assert ticket.staff_due_at is not None


def test_a_ticket_is_told_once_however_often_it_is_handed_over(run_jobs: CollectedJobs) -> None:
    case = a_case()
    escalate(case)
    with transaction() as session:
        assert lifecycle.tell_once(session, case.ticket_id, NOTICE) is None
        kinds = select(func.count()).where(TicketEvent.kind == "handover_told")
        assert session.scalar(kinds) == 1
    assert told() == [NOTICE]


def test_a_decision_without_a_notice_tells_nobody_anything(run_jobs: CollectedJobs) -> None:
    case = a_case()
    with transaction() as session:
        assert lifecycle.escalate(session, case, a_decision(reason=Reason.LEGAL))
    assert told() == []


def test_a_notice_of_the_desk_is_no_answer_to_the_customer(run_jobs: CollectedJobs) -> None:
    case = a_case()
    escalate(case)
    with pytest.raises(Conflict, match="waits for an answer"), transaction() as session:
        lifecycle.set_status(session, case.ticket_id, Status.WAITING_CUSTOMER, actor="AGENT-BOB00000")
