"""How tickets get into staff queues and to their members, on a real database, also when many come at once."""

import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import delete, select, text, update

from ingestion import intake
from runtime.database import transaction
from runtime.errors import Conflict
from tests.jobs import CollectedJobs
from tests.samples import a_decision, a_message, claimed_case
from tickets import assignment, lifecycle, queries, staff_queues
from tickets.contracts import Case, Channel, Judgement, Priority, Reason, Status
from tickets.models import Customer, Ticket, TicketEvent
from tickets.staff_queue_models import StaffQueue
from tickets.staff_queues import NewQueue

BILLING = Judgement("billing_inquiry", Priority.HIGH, -0.1, "de", 0.8, "Asks about an invoice.")


def a_queue(name: str = "Everything", *staff: str, **values: object) -> int:
    with transaction() as session:
        queue = staff_queues.add_queue(session, NewQueue(name, **values))  # type: ignore[arg-type]
        for one in staff:
            staff_queues.join(session, queue.id, one)
    return queue.id


def received(**message: object) -> Case:
    with transaction() as session:
        intake.receive(session, a_message(**message))
    return claimed_case()


def escalate(case: Case, **decision: Any) -> None:
    with transaction() as session:
        assert lifecycle.escalate(session, case, a_decision(reason=Reason.LEGAL, **decision))


def escalated(**decision: Any) -> int:
    case = received()
    escalate(case, **decision)
    return case.ticket_id


def read(ticket_id: int) -> Ticket:
    with transaction() as session:
        ticket = session.scalars(select(Ticket).where(Ticket.id == ticket_id)).one()
        unowned = select(Ticket.id).where(queries.has_no_owner())
        assert session.scalar(unowned) is None
    return ticket


def kinds(ticket_id: int) -> list[str]:
    with transaction() as session:
        query = select(TicketEvent.kind).where(TicketEvent.ticket_id == ticket_id).order_by(TicketEvent.id)
        return list(session.scalars(query))


def give_waiting() -> int:
    with transaction() as session:
        return assignment.give_waiting(session)


def loads() -> Counter[str]:
    with transaction() as session:
        return Counter(name for name in session.scalars(select(Ticket.assignee)) if name)


def together(count: int, act: Callable[[int], None]) -> None:
    """The same by many threads at the same moment; a failure of one is the test's."""
    failures: list[BaseException] = []
    ready = threading.Barrier(count)

    def run(number: int) -> None:
        ready.wait()
        try:
            act(number)
        except BaseException as error:  # noqa: BLE001  # whatever it is, the test shows it
            failures.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_without_queues_a_ticket_is_with_staff_and_nobody_is_assigned(run_jobs: CollectedJobs) -> None:
    ticket_id = escalated()
    found = read(ticket_id)
    assert (found.owner, found.queue_id, found.assignee) == ("staff", None, None)
    assert found.staff_due_at is not None
    assert kinds(ticket_id) == ["received", "escalated"]
    assert give_waiting() == 0


def test_an_escalated_ticket_gets_the_queue_of_its_skills_and_a_member(run_jobs: CollectedJobs) -> None:
    a_queue("Everything", "AGENT-1")
    billing = a_queue("Billing", "AGENT-2", categories=["billing_inquiry"], languages=["de"])
    ticket_id = escalated(judgement=BILLING)
    assert (read(ticket_id).queue_id, read(ticket_id).assignee) == (billing, "AGENT-2")
    assert kinds(ticket_id) == ["received", "escalated", "routed", "assigned"]


def test_the_customers_tier_and_the_priority_are_skills_too(run_jobs: CollectedJobs) -> None:
    a_queue("Everything")
    vip = a_queue("VIP", tiers=["VIP"], priorities=["high", "critical"])
    case = received()
    with transaction() as session:
        session.execute(update(Customer).values(tier="vip"))
    escalate(case, judgement=BILLING)
    assert read(case.ticket_id).queue_id == vip


def test_a_queue_that_is_not_automatic_gives_nothing_by_itself(run_jobs: CollectedJobs) -> None:
    queue = a_queue("Pull", "AGENT-1", is_automatic=False)
    ticket_id = escalated()
    assert give_waiting() == 0
    assert (read(ticket_id).queue_id, read(ticket_id).assignee) == (queue, None)


def test_whoever_has_least_to_do_for_their_capacity_is_given_the_next(run_jobs: CollectedJobs) -> None:
    queue = a_queue("Everything", "AGENT-1", capacity=2)
    with transaction() as session:
        staff_queues.join(session, queue, "AGENT-2", capacity=6)
    for _ in range(8):
        escalated()
    assert loads() == {"AGENT-1": 2, "AGENT-2": 6}
    assert read(escalated()).assignee is None


def test_of_two_with_as_much_to_do_the_one_waits_longest_is_next(run_jobs: CollectedJobs) -> None:
    a_queue("Everything", "AGENT-1", "AGENT-2", "AGENT-3")
    given = [read(escalated()).assignee for _ in range(6)]
    assert given == ["AGENT-1", "AGENT-2", "AGENT-3"] * 2


def test_what_is_resolved_or_waits_for_the_customer_is_no_load(run_jobs: CollectedJobs) -> None:
    a_queue("Everything", "AGENT-1", capacity=1)
    first = escalated()
    second = escalated()
    assert read(second).assignee is None
    with transaction() as session:
        lifecycle.staff_reply(session, first, "Done.", staff="AGENT-1", name="Bob", seen_seq=1)
    assert give_waiting() == 1
    assert read(second).assignee == "AGENT-1"


def test_where_nobody_is_present_a_ticket_waits_in_its_queue_with_its_deadline(
    run_jobs: CollectedJobs,
) -> None:
    queue = a_queue("Everything", "AGENT-1")
    with transaction() as session:
        staff_queues.set_present(session, "AGENT-1", is_present=False)
    ticket_id = escalated()
    before = read(ticket_id)
    assert (before.queue_id, before.assignee) == (queue, None)
    with transaction() as session:
        staff_queues.set_present(session, "AGENT-1", is_present=True)
    assert give_waiting() == 1
    after = read(ticket_id)
    assert (after.assignee, after.staff_due_at) == ("AGENT-1", before.staff_due_at)


def test_a_ticket_that_the_agent_gave_up_is_routed_as_well(run_jobs: CollectedJobs) -> None:
    a_queue("Everything", "AGENT-1")
    case = received()
    with transaction() as session:
        lifecycle.hand_to_staff(session, case.ticket_id, Reason.AGENT_FAILED)
    assert read(case.ticket_id).assignee == "AGENT-1"


def test_a_ticket_that_staff_took_stays_theirs(run_jobs: CollectedJobs) -> None:
    a_queue("Everything", "AGENT-1")
    case = received()
    with transaction() as session:
        lifecycle.assign(session, case.ticket_id, "AGENT-9", actor="AGENT-9")
    with transaction() as session:
        lifecycle.hand_to_staff(session, case.ticket_id, Reason.DELIVERY_FAILED)
    assert give_waiting() == 0
    assert read(case.ticket_id).assignee == "AGENT-9"


def test_who_takes_a_ticket_before_the_agents_answer_is_sent_owes_one(run_jobs: CollectedJobs) -> None:
    case = received(channel=Channel.MAIL)
    with transaction() as session:
        assert lifecycle.reply(session, case, a_decision())
        lifecycle.assign(session, case.ticket_id, "AGENT-1", actor="AGENT-1")
    taken = read(case.ticket_id)
    assert (taken.status, taken.owner) == (Status.ESCALATED, "staff")
    assert taken.staff_due_at is not None
    with pytest.raises(Conflict, match="waits for an answer"), transaction() as session:
        lifecycle.set_status(session, case.ticket_id, Status.WAITING_CUSTOMER, actor="AGENT-1")


def test_who_takes_a_ticket_that_was_answered_owes_nothing(run_jobs: CollectedJobs) -> None:
    case = received()  # Whoever asks by the API reads the answer at once.
    with transaction() as session:
        assert lifecycle.reply(session, case, a_decision())
        lifecycle.assign(session, case.ticket_id, "AGENT-1", actor="AGENT-1")
    assert read(case.ticket_id).status == Status.WAITING_CUSTOMER


def test_whoever_puts_a_ticket_back_is_not_given_it_again(run_jobs: CollectedJobs) -> None:
    queue = a_queue("Everything", "AGENT-1")
    ticket_id = escalated()
    with transaction() as session:
        lifecycle.assign(session, ticket_id, None, actor="AGENT-1")
    assert give_waiting() == 0
    with transaction() as session:
        staff_queues.join(session, queue, "AGENT-2")
    assert give_waiting() == 1
    assert read(ticket_id).assignee == "AGENT-2"


def test_the_untouched_tickets_of_a_member_who_leaves_go_back_to_the_queue(run_jobs: CollectedJobs) -> None:
    queue = a_queue("Everything", "AGENT-1")
    untouched, noted = escalated(), escalated()
    with transaction() as session:
        lifecycle.add_note(session, noted, "I am on it.", staff="AGENT-1", name="Bob")
        staff_queues.join(session, queue, "AGENT-2")
        assert assignment.leave(session, queue, "AGENT-1") == 1
    assert (read(untouched).assignee, read(untouched).queue_id) == ("AGENT-2", queue)
    assert read(noted).assignee == "AGENT-1"
    with transaction() as session:
        assert assignment.leave_all(session, "AGENT-2") == 1
    assert read(untouched).assignee is None


def test_whatever_is_a_closed_accounts_goes_back_begun_or_not_in_a_queue_or_not(
    run_jobs: CollectedJobs,
) -> None:
    alone, resolved, closed = escalated(), escalated(), escalated()
    with transaction() as session:
        for ticket_id, status in ((resolved, Status.RESOLVED), (closed, Status.CLOSED)):
            lifecycle.set_status(session, ticket_id, status, actor="AGENT-1")
        lifecycle.assign(session, alone, "AGENT-1", actor="AGENT-1")
    begun = escalated()
    queue = a_queue("Everything", "AGENT-1", "AGENT-2")
    with transaction() as session:
        lifecycle.assign(session, begun, "AGENT-1", actor="AGENT-1")
        lifecycle.add_note(session, begun, "I am on it.", staff="AGENT-1", name="Bob")
        assert assignment.leave_all(session, "AGENT-1") == 3
    assert {read(one).assignee for one in (alone, begun)} == {"AGENT-2"}
    assert (read(resolved).assignee, read(closed).assignee) == (None, "AGENT-1")
    with transaction() as session:
        assert [one.staff for one in staff_queues.members(session) if one.queue_id == queue] == ["AGENT-2"]


def test_tickets_that_waited_before_a_queue_was_defined_are_routed_into_it(run_jobs: CollectedJobs) -> None:
    first, done = escalated(), escalated()
    with transaction() as session:
        lifecycle.set_status(session, done, Status.RESOLVED, actor="KEY-1")
    queue = a_queue("Everything")
    with transaction() as session:
        assignment.route_all(session)
    assert (read(first).queue_id, read(done).queue_id) == (queue, None)


def test_a_queue_that_is_removed_leaves_its_tickets_with_staff(run_jobs: CollectedJobs) -> None:
    a_queue("Everything", "AGENT-1")
    ticket_id = escalated()
    before = read(ticket_id)
    with transaction() as session:
        staff_queues.remove_queue(session, "Everything")
    after = read(ticket_id)
    assert (after.queue_id, after.owner, after.assignee) == (None, "staff", "AGENT-1")
    assert after.staff_due_at == before.staff_due_at


def test_a_queue_that_is_being_removed_does_not_stop_an_escalation(run_jobs: CollectedJobs) -> None:
    queue = a_queue("Everything", "AGENT-1")
    case = received()
    removed, gone = threading.Event(), threading.Event()

    def remove() -> None:
        with transaction() as session:
            session.execute(delete(StaffQueue).where(StaffQueue.id == queue))
            removed.set()
            gone.wait(timeout=0.5)  # The escalation comes while the removal is not yet committed.

    remover = threading.Thread(target=remove)
    remover.start()
    removed.wait()
    escalate(case)
    gone.set()
    remover.join()
    found = read(case.ticket_id)
    assert (found.owner, found.status, found.queue_id, found.assignee) == ("staff", "escalated", None, None)


def test_a_routing_that_fails_leaves_the_escalation_as_it_is(
    run_jobs: CollectedJobs, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    a_queue("Everything", "AGENT-1")
    monkeypatch.setattr(assignment, "_GIVE", text("select no_such_column from tickets"))
    ticket_id = escalated()
    assert (read(ticket_id).owner, read(ticket_id).reason) == ("staff", "legal")
    assert read(ticket_id).staff_due_at is not None
    assert "a ticket was not routed: ProgrammingError" in caplog.text
    monkeypatch.undo()
    assert give_waiting() == 1
    assert read(ticket_id).assignee == "AGENT-1"


def test_simultaneous_escalations_overload_nobody(run_jobs: CollectedJobs) -> None:
    everything = a_queue("Everything", "AGENT-1", "AGENT-2", capacity=3)
    second = a_queue("Billing", "AGENT-1", categories=["billing_inquiry"], capacity=3)
    with transaction() as session:
        staff_queues.join(session, everything, "AGENT-3", capacity=4)
        staff_queues.join(session, second, "AGENT-3", capacity=4)
    cases = [received() for _ in range(16)]
    together(16, lambda n: escalate(cases[n], **({"judgement": BILLING} if n % 2 else {})))
    for name, load in loads().items():
        assert load <= (4 if name == "AGENT-3" else 3), loads()
    give_waiting()
    assert loads() == {"AGENT-1": 3, "AGENT-2": 3, "AGENT-3": 4}
    assert give_waiting() == 0


def test_simultaneous_sweeps_overload_nobody_and_give_everything_once(run_jobs: CollectedJobs) -> None:
    queue = a_queue("Everything")
    for _ in range(12):
        escalated()
    with transaction() as session:
        for name in ("AGENT-1", "AGENT-2"):
            staff_queues.join(session, queue, name, capacity=5)

    def sweep(_number: int) -> None:
        for _ in range(3):
            give_waiting()

    together(6, sweep)
    give_waiting()
    assert loads() == {"AGENT-1": 5, "AGENT-2": 5}


def test_who_was_given_a_ticket_a_moment_ago_is_not_judged_by_what_was_before(
    run_jobs: CollectedJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_queue("Everything", "AGENT-1", capacity=1)
    cases = [received(), received()]
    quick = assignment._GIVE
    # The statement looks, then pauses while the other ticket is given, and only then takes the member's row.
    slow = text(
        quick.text.replace(
            "where member.queue_id", "cross join (select pg_sleep(0.5)) pause where member.queue_id"
        )
    )
    assert slow.text != quick.text

    def give(number: int) -> None:
        if number:
            time.sleep(0.15)
            monkeypatch.setattr(assignment, "_GIVE", quick)
        escalate(cases[number])

    monkeypatch.setattr(assignment, "_GIVE", slow)
    together(2, give)
    assert loads() == {"AGENT-1": 1}
