"""Whether a reply goes out alone hangs on what checked answers prove, from rows to the real routing."""

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text

import agent_core.tasks  # noqa: F401  # its jobs
from agent_core import proof
from agent_core.escalation import DraftFacts, Facts, reason_to_escalate
from agent_core.facts import rule_book
from analytics import gate_states
from analytics.models import CategoryGate
from ingestion import intake
from knowledge import articles
from runtime.database import transaction
from runtime.settings import settings
from tests.jobs import CollectedJobs
from tests.samples import a_message
from tickets import alerts, lifecycle, queries
from tickets.contracts import Reason, Status
from tickets.correction_models import AnswerVerdict
from tickets.models import AgentDecision, Ticket

ARTICLE = """# Delivery

## How long does delivery take?

Standard delivery takes 3 to 5 business days. Express delivery takes 2 business days and costs $12.50.
"""
QUESTION = "How long does standard delivery take?"
NOW = datetime.now(UTC)
Ask = Callable[[], queries.Details]


@pytest.fixture
def ask(run_jobs: CollectedJobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Ask:
    """A desk that asks for proof, and one question to it."""
    monkeypatch.setenv("DESKFLEET_ANALYTICS_GATE", "enforce")
    settings.cache_clear()
    file = tmp_path / "delivery.md"
    file.write_text(ARTICLE)
    articles.add_path(file)

    def asked() -> queries.Details:
        proof.refresh(at_once=True)
        with transaction() as session:
            public_id = intake.receive(session, a_message(text=QUESTION)).public_id
        run_jobs()
        with transaction() as session:
            return queries.read_ticket(session, public_id)

    return asked


def check(count: int, *, wrong: int = 0, age: timedelta = timedelta(0), category: str = "shipping") -> None:
    """So many answers that staff checked, as rows; spread over confidences from 0.9 on."""
    with transaction() as session:
        ticket_id = session.scalar(select(Ticket.id).limit(1))
        if ticket_id is None:
            ticket_id = intake.receive(session, a_message(text="First?")).ticket_id
            lifecycle.set_status(session, ticket_id, Status.CLOSED, actor="AGENT-1")
        rows = [
            {
                "ticket_id": ticket_id, "answers_seq": 1, "outcome": "reply", "draft": "An answer.",
                "judgement": {"category": category, "confidence": 0.2}, "confidence": 0.9 + 0.1 * (place % 10) / 10,
                "at": NOW - age + timedelta(seconds=place),
            }
            for place in range(count)
        ]  # fmt: skip
        numbers = session.scalars(insert(AgentDecision).returning(AgentDecision.id), rows).all()
        session.execute(
            insert(AnswerVerdict),
            [
                {"decision_id": one, "staff": "AGENT-1", "verdict": "wrong" if place < wrong else "right"}
                for place, one in enumerate(numbers)
            ],
        )


def reviewed() -> dict[str, CategoryGate]:
    with transaction() as session:
        return {one.category: one for one in gate_states.review(session, NOW + timedelta(minutes=10))}


def open_alerts() -> list[tuple[str, str]]:
    with transaction() as session:
        return [(one.kind, one.about) for one in alerts.list_alerts(session)]


def test_without_checked_answers_every_reply_is_a_draft_with_its_reason(ask: Ask) -> None:
    found = ask()
    assert (found.ticket.owner, found.ticket.reason, found.reply) == ("staff", "not_proven", None)
    assert found.decision is not None
    assert "3 to 5 business days" in found.decision.draft
    assert found.decision.confidence is not None


def test_enough_right_answers_open_the_gate_and_replies_go_out(ask: Ask) -> None:
    check(400)
    gate = reviewed()["shipping"]
    assert gate.threshold is not None
    found = ask()
    assert found.decision is not None
    assert found.decision.confidence is not None
    assert found.decision.confidence >= gate.threshold
    assert found.reply is not None, found.ticket.reason


def test_how_many_checks_are_missing_is_told(ask: Ask) -> None:
    check(3)
    gate = reviewed()["shipping"]
    assert (gate.threshold, gate.more_needed) == (None, 146)
    proof.refresh(at_once=True)
    told = [rule for rule in rule_book().rules if rule.reason is Reason.NOT_PROVEN]
    assert "146 more checked replies needed" in told[0].because(facts(0.9), rule_book().thresholds)


def test_an_observing_desk_replies_whatever_is_proven(ask: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKFLEET_ANALYTICS_GATE", "observe")
    settings.cache_clear()
    assert ask().reply is not None


def test_answers_that_became_worse_close_the_gate_and_raise_an_alert(ask: Ask) -> None:
    check(600, age=timedelta(days=60))
    assert (reviewed()["shipping"].drifted, open_alerts()) == (False, [])
    assert ask().reply is not None
    check(60, wrong=15, age=timedelta(days=1))
    gate = reviewed()["shipping"]
    assert (gate.threshold, gate.drifted) == (None, True)
    assert open_alerts() == [("answers_worse", "shipping")]
    assert ask().ticket.reason == "not_proven"


def test_an_alert_ends_when_the_answers_are_as_promised_again(ask: Ask) -> None:
    check(600, age=timedelta(days=60))
    check(60, wrong=15, age=timedelta(days=1))
    for _ in range(2):
        reviewed()
    assert open_alerts() == [("answers_worse", "shipping")]
    with transaction() as session:
        session.execute(text("update answer_verdicts set verdict = 'right'"))
    assert reviewed()["shipping"].threshold is not None
    assert open_alerts() == []


def test_a_category_without_labels_any_more_has_no_gate(ask: Ask) -> None:
    check(400)
    reviewed()
    with transaction() as session:
        session.execute(text("delete from agent_decisions"))
    assert reviewed() == {}


def test_verdicts_that_contradict_are_counted_and_the_newest_holds(ask: Ask) -> None:
    check(1)
    with transaction() as session:
        number = session.scalars(select(AgentDecision.id)).one()
        later = {
            "decision_id": number,
            "staff": "AGENT-2",
            "verdict": "wrong",
            "at": NOW + timedelta(hours=1),
        }
        session.execute(insert(AnswerVerdict).values(**later))
    found = reviewed()["shipping"]
    assert (found.labels, found.contradictions) == (1, 1)
    assert found.more_needed > 149  # It counts as wrong.


def facts(confidence: float, category: str = "shipping") -> Facts:
    """A draft that nothing but its confidence can hold back."""
    plain = Facts(
        agent_enabled=True, customer_tier="standard", customer_turns=1, sentiment=0.0, asks_for_person=None,
        legal_words=None, safety_words=None, high_stakes_words=None, repeated=False, category=category,
    )  # fmt: skip
    draft = DraftFacts(empty=False, support=1.0, confidence=confidence, sources=1)
    return replace(plain, draft=draft, proof=proof.of(category))


def test_a_simulated_desk_keeps_its_promise_through_the_real_routing(ask: Ask) -> None:
    """Right as often as they claim, and worse below 0.9: what goes out alone is wrong in at most 2 of 100."""
    chance = random.Random(8)

    def answer() -> tuple[float, bool]:
        sure = chance.uniform(0.75, 1.0)
        return sure, chance.random() < (0.998 if sure >= 0.9 else 0.8)

    labelled = [answer() for _ in range(1_500)]
    check(len(labelled))
    with transaction() as session:
        numbers = session.scalars(select(AgentDecision.id).order_by(AgentDecision.id)).all()
        for number, (sure, right) in zip(numbers, labelled, strict=True):
            values = {"n": number, "sure": sure, "said": "right" if right else "wrong"}
            session.execute(text("update agent_decisions set confidence = :sure where id = :n"), values)
            session.execute(text("update answer_verdicts set verdict = :said where decision_id = :n"), values)
    threshold = reviewed()["shipping"].threshold
    assert threshold is not None
    proof.refresh(at_once=True)
    sent = [
        right
        for sure, right in (answer() for _ in range(5_000))
        if reason_to_escalate(facts(sure), rule_book()) is None
    ]
    assert len(sent) > 1_000
    assert sent.count(False) / len(sent) <= 0.02
