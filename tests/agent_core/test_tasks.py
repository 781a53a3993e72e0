"""From a stored message to an outcome: the agent's jobs on a real database, with the offline model."""

from pathlib import Path

import pytest
from sqlalchemy import func, select, update

from agent_core import tasks, workflow
from agent_core.escalation import RULES
from ingestion import intake
from knowledge import articles
from runtime.database import transaction
from runtime.settings import settings
from tests.jobs import CollectedJobs
from tests.samples import a_message
from tickets import lifecycle, queries, staff_queues, wakeups
from tickets.cases import build_case
from tickets.contracts import Case, Channel, Decision, Kind, Reason
from tickets.models import Message, Ticket
from tickets.staff_queues import NewQueue

ARTICLE = """---
title: Delivery
url: /help/delivery
---

# Delivery

## How long does delivery take?

Standard delivery takes 3 to 5 business days. Express delivery takes 2 business days and costs $12.50.

## How do I return an item?

1. Open your orders and choose the item.
2. Print the label and send the parcel within 30 days.
"""
QUESTION = "How long does standard delivery take?"


@pytest.fixture
def desk(run_jobs: CollectedJobs, tmp_path: Path) -> CollectedJobs:
    """A desk with one article."""
    file = tmp_path / "delivery.md"
    file.write_text(ARTICLE)
    articles.add_path(file)
    return run_jobs


def receive(**changes: object) -> str:
    with transaction() as session:
        return intake.receive(session, a_message(**changes)).public_id


def read(public_id: str) -> queries.Details:
    with transaction() as session:
        return queries.read_ticket(session, public_id)


def test_a_question_with_an_answer_is_answered_from_its_source(desk: CollectedJobs) -> None:
    public_id = receive(text=QUESTION)
    desk()
    found = read(public_id)
    assert found.reply is not None, found.ticket.reason
    assert "3 to 5 business days" in found.reply.text
    assert found.reply.text.startswith("Hello Alice,")
    assert [citation["url"] for citation in found.reply.citations] == ["/help/delivery"]
    assert found.decision is not None
    assert (found.decision.outcome, found.decision.support) == ("reply", 1.0)


def test_steps_are_given_whole_and_in_order(desk: CollectedJobs) -> None:
    public_id = receive(text="How do I return an item that I bought?")
    desk()
    reply = read(public_id).reply
    assert reply is not None
    assert "1. Open your orders and choose the item.\n2. Print the label" in reply.text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Which wine goes with roasted duck?", "no_answer_found"),
        (f"{QUESTION} Let me talk to a real person.", "asks_for_person"),
        (f"{QUESTION} My lawyer will hear of this.", "legal"),
        ("Refund me now, I want my money back!", "high_stakes_action"),
        ("The charger caught fire and I burned my hand.", "safety"),
    ],
)
def test_what_a_person_must_see_goes_to_staff_with_its_reason(
    desk: CollectedJobs, text: str, reason: str
) -> None:
    public_id = receive(text=text)
    desk()
    found = read(public_id)
    assert (found.ticket.owner, found.ticket.reason, found.reply) == ("staff", reason, None)


def test_a_repeated_question_goes_to_staff(desk: CollectedJobs) -> None:
    public_id = receive(text=QUESTION, channel=Channel.WEB_CHAT, thread="c1")
    desk()
    assert read(public_id).reply is not None
    receive(text=f"{QUESTION}!", channel=Channel.WEB_CHAT, thread="c1")
    desk()
    assert read(public_id).ticket.reason == "repeated_question"


def test_an_agent_that_is_switched_off_leaves_everything_to_staff(
    desk: CollectedJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKFLEET_AGENT_ENABLED", "false")
    settings.cache_clear()
    public_id = receive(text=QUESTION)
    desk()
    assert read(public_id).ticket.reason == "agent_off"


def test_orders_that_cannot_be_read_send_the_message_to_staff(
    desk: CollectedJobs, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DESKFLEET_AGENT_SHOP_FILE", str(tmp_path / "gone.json"))
    settings.cache_clear()
    public_id = receive(text=f"Where is A-10423? {QUESTION}", customer_verified=True)
    desk()
    found = read(public_id)
    assert (found.ticket.owner, found.ticket.reason, found.reply) == ("staff", "tool_failure", None)


@pytest.fixture
def broken_model(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    calls: list[int] = []

    def fail(case: Case) -> Decision:
        calls.append(case.attempt)
        raise RuntimeError("the model's answer was nonsense")

    monkeypatch.setattr(workflow, "answer", fail)
    return calls


def test_a_message_that_cannot_be_thought_about_is_tried_and_then_reaches_staff(
    desk: CollectedJobs, broken_model: list[int]
) -> None:
    public_id = receive(text=QUESTION)
    for _ in range(settings().agent.max_attempts):
        assert desk.names() == [wakeups.ANSWER_NEXT]
        desk.lose()
        with pytest.raises(RuntimeError):
            tasks.answer_next()
    assert broken_model == [1, 2, 3]
    tasks.sweep_pending()
    assert (read(public_id).ticket.owner, read(public_id).ticket.reason) == ("staff", "agent_failed")


def test_a_claim_whose_worker_died_is_taken_up_again(desk: CollectedJobs) -> None:
    public_id = receive(text=QUESTION)
    desk.lose()
    with transaction() as session:
        session.execute(
            update(Ticket).values(
                claim_token="dead",
                claimed_until=func.now() - func.make_interval(0, 0, 0, 0, 0, 0, 1),
                attempts=1,
            )
        )
    tasks.sweep_pending()
    desk()
    assert read(public_id).reply is not None


def test_a_claim_that_is_alive_is_left_alone(desk: CollectedJobs) -> None:
    receive(text=QUESTION)
    desk.lose()
    with transaction() as session:
        session.execute(
            update(Ticket).values(
                claim_token="busy",
                claimed_until=func.now() + func.make_interval(0, 0, 0, 0, 0, 1),
                attempts=1,
            )
        )
    tasks.sweep_pending()
    desk()
    with transaction() as session:
        assert session.scalar(select(func.count()).where(Message.kind == Kind.OUTBOUND)) == 0


def test_every_rule_can_be_explained_for_a_ticket(desk: CollectedJobs) -> None:
    receive(text=QUESTION)
    with transaction() as session:
        ticket = session.scalars(select(Ticket)).one()
        case = build_case(session, ticket.id, "", newest_again=True)
    asked = workflow.explain_answer(case)
    assert [name for name, applies, _because in asked if applies] == []
    assert len(asked) == len(RULES)


def test_whoever_leaves_messages_behind_wakes_a_colleague(desk: CollectedJobs) -> None:
    with transaction() as session:
        for number in range(3):
            intake.receive(session, a_message(external_id=f"burst-{number}"))
    desk.lose()
    tasks.answer_next()
    # One for each message that was left when another was claimed; the deliveries are other jobs.
    assert desk.names().count(wakeups.ANSWER_NEXT) == 2
    desk.lose()
    with transaction() as session:
        intake.receive(session, a_message(external_id="alone"))
    desk.lose()
    tasks.answer_next()
    assert wakeups.ANSWER_NEXT not in desk.names()


def test_the_sweep_gives_staff_what_waits_for_nobody(desk: CollectedJobs) -> None:
    public_id = receive(text=QUESTION)
    with transaction() as session:
        lifecycle.hand_to_staff(session, read(public_id).ticket.id, Reason.AGENT_FAILED)
        queue = staff_queues.add_queue(session, NewQueue("Everything"))
        staff_queues.join(session, queue.id, "AGENT-1")
    tasks.sweep_pending()
    found = read(public_id).ticket
    assert (found.owner, found.queue_id, found.assignee) == ("staff", queue.id, "AGENT-1")
