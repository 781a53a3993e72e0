"""Stories are read from what really happened: messages, timeline and decisions of tickets."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from analytics import metrics
from analytics.stories import Span, stories
from runtime.database import transaction
from tests.console.desk import receive
from tests.jobs import CollectedJobs
from tests.samples import a_decision, claimed_case
from tickets import lifecycle, satisfaction
from tickets.contracts import Reason, Status
from tickets.models import Ticket


def span(**changes: object) -> Span:
    now = datetime.now(UTC)
    values: dict[str, object] = {"since": now - timedelta(hours=1), "until": now + timedelta(hours=1)}
    return Span(**(values | changes))  # type: ignore[arg-type]


def number_of(public_id: str) -> int:
    with transaction() as session:
        return session.scalars(select(Ticket.id).where(Ticket.public_id == public_id)).one()


def answered_by_agent() -> str:
    public_id = receive()
    case = claimed_case()
    with transaction() as session:
        assert lifecycle.reply(session, case, a_decision(cost_usd=0.25))
    return public_id


def answered_by_staff() -> str:
    public_id = receive(identity="bob@example.com")
    case = claimed_case()
    with transaction() as session:
        assert lifecycle.escalate(session, case, a_decision(reason=Reason.VIP, draft="We send it today."))
    number = number_of(public_id)
    with transaction() as session:
        lifecycle.staff_reply(
            session, number, "We send it tomorrow.", staff="AGENT-1", name="Carol", seen_seq=case.up_to_seq
        )
        lifecycle.set_status(session, number, Status.RESOLVED, actor="AGENT-1")
        satisfaction.rate(session, number, 5)
    return public_id


def test_what_happened_to_each_ticket_is_told(run_jobs: CollectedJobs) -> None:
    alone, by_staff = answered_by_agent(), answered_by_staff()
    with transaction() as session:
        found = {one.public_id: one for one in stories(session, span())}
    assert set(found) == {alone, by_staff}
    assert metrics.by_agent_alone(found[alone])
    assert found[alone].cost_usd == 0.25
    assert (len(found[alone].questions), len(found[alone].agent_replies)) == (1, 1)
    told = found[by_staff]
    assert [reason for _, reason in told.escalations] == ["vip"]
    assert (len(told.staff_replies), len(told.closings), told.rating, told.edits) == (1, 1, 5, [0.25])
    assert not metrics.by_agent_alone(told)


def test_a_span_and_a_channel_choose_tickets(run_jobs: CollectedJobs) -> None:
    answered_by_agent()
    now = datetime.now(UTC)
    with transaction() as session:
        assert stories(session, span(until=now - timedelta(minutes=30))) == []
        assert stories(session, span(channel="mail")) == []
        assert len(stories(session, span(channel="api", category="shipping"))) == 1
