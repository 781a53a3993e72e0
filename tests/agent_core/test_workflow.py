"""What a budget that is used up does to a ticket, with a paid model on loopback."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, text

from agent_core import tasks
from ingestion import intake
from knowledge import articles
from llm import ask
from llm.models import LlmCall
from runtime.database import transaction
from runtime.settings import settings
from tests.jobs import CollectedJobs
from tests.samples import a_message
from tests.stubs.anthropic_stub import AnthropicStub
from tests.stubs.model_stub import Behaviour, Received, ok
from tickets import queries
from tickets.contracts import Author, Channel, Kind

ARTICLE = "# Delivery\n\n## How long does it take?\n\nStandard delivery takes 3 to 5 business days.\n"
TRIAGE = {
    "category": "shipping", "priority": "normal", "sentiment": 0.1, "language": "en",
    "summary": "Asks how long delivery takes.", "confidence": 0.95,
}  # fmt: skip
REPLY = {
    "sentences": [{"text": "Standard delivery takes 3 to 5 business days.", "sources": [1], "step": False}]
}


def claude(request: Received) -> Behaviour:
    return ok(TRIAGE if request.tool == "Triage" else REPLY)


@pytest.fixture
def desk(run_jobs: CollectedJobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CollectedJobs]:
    """A desk with one article, and Claude, whose cheaper model is not used."""
    file = tmp_path / "delivery.md"
    file.write_text(ARTICLE)
    articles.add_path(file)
    with AnthropicStub(otherwise=claude) as stub:
        monkeypatch.setenv("ANTHROPIC_API_KEY", "test-key")
        monkeypatch.setenv("DESKFLEET_ANTHROPIC_URL", stub.url)
        monkeypatch.setenv("DESKFLEET_ANTHROPIC_CHEAPER_MODEL", "")
        settings.cache_clear()
        ask.forget()
        yield run_jobs
    monkeypatch.undo()
    settings.cache_clear()
    ask.forget()


def received(desk: CollectedJobs, **changes: object) -> queries.Details:
    message = a_message(**{"text": "How long does standard delivery take?", **changes})
    with transaction() as session:
        public_id = intake.receive(session, message).public_id
    tasks.answer_next()
    with transaction() as session:
        return queries.read_ticket(session, public_id)


def test_every_call_for_a_ticket_is_recorded_with_it(desk: CollectedJobs) -> None:
    found = received(desk)
    assert found.reply is not None, found.ticket.reason
    with transaction() as session:
        calls = session.scalars(select(LlmCall).order_by(LlmCall.id)).all()
    assert [(call.purpose, call.provider, call.outcome) for call in calls] == [
        ("triage", "anthropic", "ok"),
        ("reply", "anthropic", "ok"),
    ]
    assert {call.ticket_id for call in calls} == {found.ticket.id}
    assert None not in {call.customer_id for call in calls}
    assert "" not in {call.correlation_id for call in calls}


def test_a_ticket_whose_budget_is_used_up_is_answered_by_the_template(
    desk: CollectedJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKFLEET_LLM_BUDGET_TICKET_USD", "0.0001")
    settings.cache_clear()
    found = received(desk)
    assert found.reply is not None, found.ticket.reason
    assert "3 to 5 business days" in found.reply.text
    assert found.decision is not None
    assert found.decision.models == ["local:local", "local:local"]
    assert "fell back: anthropic: budget" in found.decision.notes


def test_or_by_staff_where_the_settings_say_so_and_they_see_why(
    desk: CollectedJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKFLEET_LLM_BUDGET_TICKET_USD", "0.0001")
    monkeypatch.setenv("DESKFLEET_LLM_WHEN_SPENT", "staff")
    settings.cache_clear()
    found = received(desk)
    assert (found.ticket.owner, found.ticket.reason) == ("staff", "budget")
    assert found.reply is not None
    assert found.reply.author == Author.SYSTEM
    assert found.reply.text.startswith(
        "Hello Alice,\n\nThank you for your message. I have passed it to our team."
    )
    with transaction() as session:
        assert session.scalar(text("select count(*) from llm_calls")) == 0


def test_what_the_template_cannot_answer_goes_to_staff_and_the_customer_is_told(
    desk: CollectedJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKFLEET_LLM_BUDGET_TICKET_USD", "0.0001")
    settings.cache_clear()
    chat = {"channel": Channel.WEB_CHAT, "identity": "visitor", "thread": "conversation"}
    found = received(desk, text="Which of your lamps suits a damp cellar best?", **chat)
    assert (found.ticket.owner, found.ticket.reason) == ("staff", "budget")
    assert [one.text for one in found.messages if one.kind == Kind.OUTBOUND] == [
        "Thank you. I have passed your question to our team. You can add details here at any time."
    ]


def test_what_no_rule_lets_the_agent_answer_keeps_its_reason_whatever_was_spent(
    desk: CollectedJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKFLEET_LLM_BUDGET_TICKET_USD", "0.0001")
    settings.cache_clear()
    found = received(desk, text="I will call my lawyer about this delivery.")
    assert (found.ticket.owner, found.ticket.reason, found.reply) == ("staff", "legal", None)
