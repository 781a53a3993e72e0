"""From a customer's wish to something done once in the shop."""

import functools
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import func, select, update

from agent_core import actions as agent_actions
from agent_core import shop_rest, tasks
from ingestion import intake
from runtime.database import transaction
from runtime.errors import Conflict, DeskfleetError
from runtime.settings import settings
from tests.jobs import CollectedJobs
from tests.samples import a_message
from tests.stubs.shop_stub import TOKEN, ShopStub, an_order
from tests.stubs.vendor_stub import Answer
from tickets import actions, queries
from tickets.action_models import Action
from tickets.actions import ActionView
from tickets.queries import Details

REFUND = "Please refund my order A-1001, I want my money back."


@pytest.fixture
def shop(run_jobs: CollectedJobs, monkeypatch: pytest.MonkeyPatch) -> Iterator[ShopStub]:
    """A shop with an order of Alice's and one of Bob's."""
    orders = [an_order(), an_order("A-2002", "bob@example.com")]
    with ShopStub(orders=orders) as stub:
        monkeypatch.setenv("DESKFLEET_AGENT_SHOP_URL", stub.url)
        monkeypatch.setenv("DESKFLEET_AGENT_SHOP_TOKEN", TOKEN)
        monkeypatch.setenv("DESKFLEET_AGENT_SHOP_TIMEOUT_S", "20")
        settings.cache_clear()
        yield stub
    shop_rest.forget()
    settings.cache_clear()


def receive(text: str, **changes: object) -> str:
    with transaction() as session:
        message = a_message(**{"text": text, "customer_verified": True, **changes})
        return intake.receive(session, message).public_id


def read(public_id: str) -> Details:
    with transaction() as session:
        return queries.read_ticket(session, public_id)


def actions_of(public_id: str) -> list[ActionView]:
    with transaction() as session:
        return actions.of_ticket(session, queries.find_ticket(session, public_id).id)


def proposed(run_jobs: CollectedJobs, text: str = REFUND) -> tuple[str, ActionView]:
    """A ticket that has just got its one proposal."""
    ticket = receive(text)
    run_jobs()
    [view] = actions_of(ticket)
    return ticket, view


def approve(view: ActionView, staff: str = "AGENT-BOB00000", seen_seq: int = 1) -> None:
    with transaction() as session:
        actions.approve(session, view.action.public_id, staff=staff, name="Bob", seen_seq=seen_seq)


def make_due() -> None:
    """Let the time of every pause and lease pass."""
    with transaction() as session:
        session.execute(
            update(Action)
            .where(Action.due_at.is_not(None))
            .values(due_at=func.now() - func.make_interval(0, 0, 0, 1))
        )


def test_a_refund_that_is_asked_for_reaches_staff_with_its_arguments_filled_in(
    shop: ShopStub, run_jobs: CollectedJobs
) -> None:
    ticket, view = proposed(run_jobs)
    found = read(ticket)
    assert (found.ticket.owner, found.ticket.reason) == ("staff", "high_stakes_action")
    assert found.ticket.staff_due_at is not None
    assert view.sentence == "Refund 49.00 EUR for order A-1001 to Alice"
    assert view.state == "awaiting_approval"
    assert shop.executed == [], "nothing is done before staff approve"


def test_what_staff_approve_is_done_and_the_customer_is_told(shop: ShopStub, run_jobs: CollectedJobs) -> None:
    ticket, view = proposed(run_jobs)
    approve(view)
    run_jobs()
    [done] = actions_of(ticket)
    assert (done.state, done.action.reference) == ("done", "SHOP-1")
    assert shop.executed == [done.action.public_id], "the shop knows it by its public id"
    found = read(ticket)
    assert found.reply is not None
    assert "refunded 49.00 EUR for your order A-1001" in found.reply.text
    assert (found.reply.author, found.reply.author_name) == ("staff", "Bob")
    assert found.ticket.status == "waiting_customer"
    kinds = [event.kind for event in found.events if event.kind.startswith("action")]
    assert kinds == ["action_proposed", "action_approved", "action_done"]


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("Please refund my order A-2002.", {}),
        (REFUND, {"customer_verified": False}),
        ("How do I cancel my order A-1001?", {}),
        ("Please resend the invoice of A-1001 and of A-1003.", {}),
        ("Please resend the invoice or the receipt of A-1001.", {}),
        ("I paid 49 EUR for A-1001 and 5 EUR were wrong. I want a refund.", {}),
        ("I want a refund of 20 USD for order A-1001.", {}),
        ("My parcel A-1001 was lost although the confirmation says it was delivered.", {}),
    ],
    ids=[
        "somebody else's order",
        "nobody vouches",
        "only a question",
        "two orders",
        "two documents",
        "two amounts",
        "another currency",
        "a complaint",
    ],
)
def test_nothing_is_proposed(
    shop: ShopStub, run_jobs: CollectedJobs, text: str, changes: dict[str, object]
) -> None:
    ticket = receive(text, **changes)
    run_jobs()
    assert actions_of(ticket) == []


def test_twenty_approvals_at_once_are_one_and_it_is_done_once(
    shop: ShopStub, run_jobs: CollectedJobs
) -> None:
    _ticket, view = proposed(run_jobs)
    refused: list[DeskfleetError] = []

    def press(number: int) -> None:
        try:
            approve(view, f"AGENT-{number:08}")
        except Conflict as error:
            refused.append(error)

    together([functools.partial(press, number) for number in range(20)])
    assert len(refused) == 19
    together([functools.partial(tasks.execute_action, view.action.id) for _ in range(20)])
    run_jobs()
    assert shop.executed == [view.action.public_id]


def together(calls: list[Callable[[], None]]) -> None:
    ready = threading.Barrier(len(calls))

    def run(call: Callable[[], None]) -> None:
        ready.wait()
        call()

    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_crash_after_the_shop_has_done_it_does_not_repeat_it(
    shop: ShopStub, run_jobs: CollectedJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket, view = proposed(run_jobs)
    approve(view)

    def die(*_arguments: object) -> None:
        raise SystemExit("killed")

    with monkeypatch.context() as patched:
        patched.setattr(agent_actions, "_settle", die)
        with pytest.raises(SystemExit):
            tasks.execute_action(view.action.id)
    run_jobs.lose()
    assert actions_of(ticket)[0].state == "executing"
    tasks.sweep_actions()
    assert run_jobs.names() == [], "its lease still runs"
    make_due()
    tasks.sweep_actions()
    run_jobs()
    [done] = actions_of(ticket)
    assert (done.state, done.action.reference) == ("done", "SHOP-1")
    assert shop.executed == [view.action.public_id]
    assert [one for one in shop.written() if one == ("POST", "/actions")] == [("POST", "/actions")]


def test_a_worker_that_is_killed_in_the_middle_repeats_nothing(
    shop: ShopStub, run_jobs: CollectedJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticket, view = proposed(run_jobs)
    monkeypatch.setenv("DESKFLEET_AGENT_SHOP_TIMEOUT_S", "60")
    approve(view)
    run_jobs.lose()
    shop.then(Answer(200, taken_first=True, silent_s=60))
    code = f"from agent_core.actions import carry_out; carry_out({view.action.id})"
    worker = subprocess.Popen([sys.executable, "-c", code])
    until = time.monotonic() + 60
    while not shop.executed and worker.poll() is None and time.monotonic() < until:
        time.sleep(0.05)
    worker.kill()  # kill -9: after the shop has done it, before we know.
    worker.wait()
    assert actions_of(ticket)[0].state == "executing"
    make_due()
    tasks.sweep_actions()
    run_jobs()
    assert actions_of(ticket)[0].state == "done"
    assert shop.executed == [view.action.public_id]


def test_an_answer_that_never_came_is_asked_for_by_the_key(shop: ShopStub, run_jobs: CollectedJobs) -> None:
    ticket, view = proposed(run_jobs)
    approve(view)
    shop.then(Answer(500, taken_first=True))
    run_jobs()
    assert actions_of(ticket)[0].state == "executing"
    make_due()
    tasks.sweep_actions()
    run_jobs()
    assert actions_of(ticket)[0].state == "done"
    assert shop.executed == [view.action.public_id]


def test_what_the_shop_never_got_is_sent_again_with_the_same_key(
    shop: ShopStub, run_jobs: CollectedJobs
) -> None:
    ticket, view = proposed(run_jobs)
    approve(view)
    shop.then(Answer(500))
    run_jobs()
    make_due()
    tasks.sweep_actions()
    run_jobs()
    assert actions_of(ticket)[0].state == "done"
    keys = [one.headers["idempotency-key"] for one in shop.received if one.method == "POST"]
    assert keys == [view.action.public_id] * 2


def test_a_shop_that_never_says_what_it_did_leaves_it_to_staff(
    shop: ShopStub, run_jobs: CollectedJobs
) -> None:
    ticket, view = proposed(run_jobs)
    approve(view)
    shop.then(*[Answer(500)] * 20)
    for _ in range(12):
        run_jobs()
        make_due()
        tasks.sweep_actions()
    [parked] = actions_of(ticket)
    assert parked.state == "unknown"
    assert len([one for one in shop.received if one.method == "POST"]) == 1, "it is never blindly repeated"
    found = read(ticket)
    assert (found.ticket.owner, found.ticket.status) == ("staff", "escalated")


def test_what_the_shop_refuses_goes_to_staff_with_its_reason(shop: ShopStub, run_jobs: CollectedJobs) -> None:
    ticket, view = proposed(run_jobs)
    shop.refuses = "The payment was charged back."
    approve(view)
    run_jobs()
    [failed] = actions_of(ticket)
    assert (failed.state, failed.action.outcome) == ("failed", "The payment was charged back.")
    assert read(ticket).ticket.owner == "staff"
    assert read(ticket).reply is None


def test_a_job_that_is_lost_is_asked_for_again(shop: ShopStub, run_jobs: CollectedJobs) -> None:
    ticket, view = proposed(run_jobs)
    approve(view)
    run_jobs.lose()
    with transaction() as session:
        session.execute(update(Action).values(approved_at=func.now() - func.make_interval(0, 0, 0, 1)))
    tasks.sweep_actions()
    run_jobs()
    assert actions_of(ticket)[0].state == "done"


def test_a_document_is_sent_again_when_staff_approve(shop: ShopStub, run_jobs: CollectedJobs) -> None:
    ticket, view = proposed(run_jobs, "Please resend the invoice of order A-1001.")
    assert (view.state, view.sentence) == (
        "awaiting_approval",
        "Send the invoice of order A-1001 to Alice again",
    )
    assert (shop.executed, read(ticket).ticket.owner) == ([], "staff")
    approve(view)
    run_jobs()
    assert shop.executed == [view.action.public_id]
    assert read(ticket).ticket.status == "waiting_customer"


def test_who_also_wants_a_person_gets_one_and_nothing_is_done(
    shop: ShopStub, run_jobs: CollectedJobs
) -> None:
    ticket, view = proposed(run_jobs, "Let me talk to a human. And send me the invoice of A-1001 again.")
    assert view.state == "awaiting_approval"
    found = read(ticket)
    assert (found.ticket.owner, found.ticket.status) == ("staff", "escalated")
    assert shop.executed == []


def test_an_order_that_is_named_is_cancelled_by_staff(shop: ShopStub, run_jobs: CollectedJobs) -> None:
    ticket, view = proposed(run_jobs, "Hello, please cancel my order A-1001. Thank you.")
    assert view.sentence == "Cancel order A-1001 of Alice"
    assert read(ticket).ticket.reason == "high_stakes_action"


def test_the_same_thing_is_not_proposed_twice(shop: ShopStub, run_jobs: CollectedJobs) -> None:
    proposed(run_jobs)
    again = receive(REFUND)
    run_jobs()
    assert actions_of(again) == []
    assert read(again).ticket.owner == "staff"


def test_a_customer_gets_so_many_proposals_a_day(
    shop: ShopStub, run_jobs: CollectedJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKFLEET_AGENT_ACTIONS_PER_DAY", "1")
    settings.cache_clear()
    proposed(run_jobs)
    other = receive("Please resend the confirmation of order A-1001.")
    run_jobs()
    assert actions_of(other) == []
    assert "action_withheld" in [event.kind for event in read(other).events]


def write_more(ticket: str) -> None:
    with transaction() as session:
        ticket_id = queries.find_ticket(session, ticket).id
        intake.receive_on_ticket(session, a_message(text="One more thing", customer_verified=True), ticket_id)


def test_a_newer_message_stops_what_moves_money_until_it_is_read(
    shop: ShopStub, run_jobs: CollectedJobs
) -> None:
    ticket, view = proposed(run_jobs)
    write_more(ticket)
    with pytest.raises(Conflict, match="A newer message came in"):
        approve(view, seen_seq=1)
    assert actions_of(ticket)[0].state == "awaiting_approval"
    approve(view, seen_seq=2)
    run_jobs()
    assert actions_of(ticket)[0].state == "done"


def test_a_newer_message_stops_the_answer_of_another_action_and_staff_tell_the_customer(
    shop: ShopStub, run_jobs: CollectedJobs
) -> None:
    ticket, view = proposed(run_jobs, "Hello, please cancel my order A-1001. Thank you.")
    write_more(ticket)
    approve(view, seen_seq=1)
    run_jobs()
    found = read(ticket)
    assert actions_of(ticket)[0].state == "done"
    assert found.reply is None
    assert (found.ticket.owner, found.ticket.status) == ("staff", "escalated")


def test_a_shop_that_is_away_is_a_tool_failure(shop: ShopStub, run_jobs: CollectedJobs) -> None:
    shop.then(Answer(503))
    ticket = receive("Where is my order A-1001?")
    run_jobs()
    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(Action)) == 0
    assert read(ticket).ticket.reason == "tool_failure"
