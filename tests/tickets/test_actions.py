"""What becomes of a proposed action between the agent and staff."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import func, select, update

from ingestion import intake
from runtime.database import transaction
from runtime.errors import Conflict, InvalidInput, NotFound
from runtime.settings import settings
from tests.jobs import CollectedJobs
from tests.proposals import CLOSE, REFUND, a_proposal
from tests.samples import a_message, claimed_case
from tickets import actions, customers, lifecycle, queries
from tickets.action_kinds import ActionKind, CancelArguments, Document, Proposal, ResendArguments
from tickets.action_models import Action
from tickets.contracts import Status
from tickets.models import Customer


def state(action: str) -> str:
    with transaction() as session:
        return str(actions.read(session, action).state)


def approve(action: str, staff: str = "AGENT-BOB00000") -> None:
    with transaction() as session:
        actions.approve(session, action, staff=staff, name="Bob", seen_seq=1)


def decline(action: str) -> None:
    with transaction() as session:
        actions.decline(session, action, staff="AGENT-BOB00000", reason="No receipt.")


def let_expire() -> None:
    with transaction() as session:
        session.execute(update(Action).values(expires_at=func.now() - func.make_interval(0, 0, 0, 1)))


def test_what_nobody_decides_expires_and_staff_get_to_know(run_jobs: CollectedJobs) -> None:
    ticket, action = a_proposal()
    with transaction() as session:
        found = queries.find_ticket(session, ticket)
        lifecycle.staff_reply(
            session, found.id, "We look at it.", staff="AGENT-BOB00000", name="Bob", seen_seq=1
        )
    let_expire()
    with pytest.raises(Conflict, match="expired"):
        approve(action)
    with transaction() as session:
        assert actions.expire(session) == 1
        assert actions.expire(session) == 0
    assert state(action) == "expired"
    with transaction() as session:
        after = queries.read_ticket(session, ticket)
        assert (after.ticket.owner, after.ticket.status) == ("staff", "escalated")
        assert "action_expired" in [event.kind for event in after.events]


def test_an_expiry_does_not_open_a_ticket_that_staff_have_ended(run_jobs: CollectedJobs) -> None:
    ticket, _action = a_proposal()
    with transaction() as session:
        found = queries.find_ticket(session, ticket)
        lifecycle.set_status(session, found.id, Status.RESOLVED, actor="AGENT-BOB00000")
    let_expire()
    with transaction() as session:
        actions.expire(session)
        assert queries.read_ticket(session, ticket).ticket.status == "resolved"


def test_nothing_is_approved_on_a_ticket_that_staff_have_ended(run_jobs: CollectedJobs) -> None:
    ticket, action = a_proposal()
    with transaction() as session:
        found = queries.find_ticket(session, ticket)
        lifecycle.set_status(session, found.id, Status.RESOLVED, actor="AGENT-BOB00000")
    with pytest.raises(Conflict, match="The ticket is resolved"):
        approve(action)
    assert state(action) == "awaiting_approval"


def test_who_decides_waits_for_who_holds_the_ticket(run_jobs: CollectedJobs) -> None:
    ticket, action = a_proposal()
    with ThreadPoolExecutor(1) as pool, transaction() as session:
        lifecycle.lock(session, queries.find_ticket(session, ticket).id)
        declining = pool.submit(decline, action)
        with pytest.raises(TimeoutError):
            declining.result(timeout=0.5)
        # The one who waits holds nothing yet: the action's row is free for who has the ticket's.
        free = select(Action.id).where(Action.public_id == action).with_for_update(nowait=True)
        assert session.scalars(free).one()
        session.rollback()
        declining.result(timeout=10)
    assert state(action) == "declined"


def test_a_declined_action_may_be_proposed_again(run_jobs: CollectedJobs) -> None:
    _ticket, action = a_proposal()
    with transaction() as session:
        actions.decline(session, action, staff="AGENT-BOB00000", reason="No receipt.")
    _other, again = a_proposal()
    assert (state(action), state(again)) == ("declined", "awaiting_approval")


def test_the_answer_has_a_limit_and_a_decline_a_reason(run_jobs: CollectedJobs) -> None:
    _ticket, action = a_proposal()
    with pytest.raises(InvalidInput, match="longer than"), transaction() as session:
        actions.approve(session, action, staff="A", name="B", seen_seq=1, answer="x" * 5_001)
    for reason in ("", "x" * 501):
        with pytest.raises(InvalidInput, match="Say why"), transaction() as session:
            actions.decline(session, action, staff="A", reason=reason)
    assert state(action) == "awaiting_approval"


def test_an_action_that_does_not_exist_is_said_so(run_jobs: CollectedJobs) -> None:
    with pytest.raises(NotFound), transaction() as session:
        actions.approve(session, "ACT-0", staff="A", name="B", seen_seq=1)


def test_the_two_person_rule_is_for_what_always_waits_for_staff(
    run_jobs: CollectedJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKFLEET_AGENT_ACTION_APPROVERS", "2")
    settings.cache_clear()
    _ticket, action = a_proposal()
    approve(action)
    assert state(action) == "awaiting_approval"
    approve(action, "AGENT-CAROL000")
    assert state(action) == "approved"


def test_customers_that_become_one_keep_their_actions(run_jobs: CollectedJobs) -> None:
    _ticket, action = a_proposal()
    with transaction() as session:
        intake.receive(session, a_message(identity="bob@example.com", name="Bob"))
        alice, bob = session.scalars(select(Customer.public_id).order_by(Customer.id)).all()
        customers.merge(session, bob, alice, actor="AGENT-BOB00000")
    with transaction() as session:
        assert actions.read(session, action).sentence.endswith("to Bob")


def test_a_timeline_names_the_action_and_none_of_its_arguments(run_jobs: CollectedJobs) -> None:
    ticket, action = a_proposal()
    with transaction() as session:
        [event] = [
            one for one in queries.read_ticket(session, ticket).events if one.kind == "action_proposed"
        ]
    assert event.data == {"action": action, "what": "refund"}


def test_two_tickets_at_the_same_time_do_not_get_the_same_action(run_jobs: CollectedJobs) -> None:
    a_proposal()
    with transaction() as session:
        intake.receive(session, a_message(customer_verified=True))
    case = claimed_case()
    with transaction() as session:
        assert actions.propose(session, case, REFUND) is None
        assert actions.propose(session, case, replace(CLOSE, answer="Other words.")) is not None
        assert actions.propose(session, case, CLOSE) is None


def test_money_goes_back_once_for_an_order_whatever_it_is_called(run_jobs: CollectedJobs) -> None:
    _ticket, action = a_proposal()
    with transaction() as session:
        session.execute(update(Action).values(state="done", ended_at=func.now() - func.make_interval(0, 1)))
        intake.receive(session, a_message(customer_verified=True))
    case = claimed_case()
    cancel = Proposal(ActionKind.CANCEL_ORDER, CancelArguments(order_id="A-1001"))
    with transaction() as session:
        assert actions.propose(session, case, cancel) is None
        assert actions.propose(session, case, REFUND) is None
    assert state(action) == "done"


def test_a_document_may_be_wanted_again_another_day(run_jobs: CollectedJobs) -> None:
    document = Proposal(ActionKind.RESEND, ResendArguments(order_id="A-1001", document=Document.INVOICE))
    a_proposal(document)
    with transaction() as session:
        session.execute(update(Action).values(state="done", ended_at=func.now()))
        intake.receive(session, a_message(customer_verified=True))
    case = claimed_case()
    with transaction() as session:
        assert actions.propose(session, case, document) is None
        session.execute(update(Action).values(ended_at=func.now() - func.make_interval(0, 0, 0, 2)))
        assert actions.propose(session, case, document) is not None


@pytest.mark.parametrize("own_words", ["", "Close the door of the kettle first."])
def test_what_was_done_for_one_customer_is_not_learned(run_jobs: CollectedJobs, own_words: str) -> None:
    ticket, _action = a_proposal()
    with transaction() as session:
        found = queries.find_ticket(session, ticket)
        for words in filter(None, (own_words, REFUND.answer)):
            lifecycle.staff_reply(
                session, found.id, words, staff="AGENT-BOB00000", name="Bob", seen_seq=found.last_seq + 1
            )
        lifecycle.set_status(session, found.id, Status.RESOLVED, actor="AGENT-BOB00000")
    with transaction() as session:
        learned = [one.answer for one in queries.learnable_tickets(session, limit=10)]
    assert learned == ([own_words] if own_words else [])
