"""The job `translate_message`: one row for a message and a language, however often it is asked for."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from agent_core import tasks
from ingestion import intake
from llm.models import LlmCall
from runtime import events
from runtime.database import transaction
from runtime.errors import InvalidInput
from tests.agent_core.translators import ENGLISH, GERMAN, says, told, translator
from tests.jobs import CollectedJobs
from tests.samples import a_message
from tests.stubs.anthropic_stub import AnthropicStub
from tests.stubs.model_stub import status
from tickets import translations
from tickets.models import Message, Ticket, TicketEvent, Translation
from tickets.translations import Failure, Translated


@pytest.fixture
def claude(run_jobs: CollectedJobs, monkeypatch: pytest.MonkeyPatch) -> Iterator[AnthropicStub]:
    with translator(monkeypatch) as stub:
        yield stub


@pytest.fixture
def heard() -> Iterator[list[str]]:
    topics: list[str] = []
    stop = events.subscribe(lambda topic, _payload: topics.append(topic))
    yield topics
    stop()


def a_german_message(text: str = GERMAN) -> int:
    with transaction() as session:
        intake.receive(session, a_message(text=text))
        return session.scalars(select(func.max(Message.id))).one() or 0


def row() -> Translation:
    with transaction() as session:
        return session.scalars(select(Translation)).one()


def test_a_translation_is_kept_with_its_model_and_told(claude: AnthropicStub, heard: list[str]) -> None:
    message_id = a_german_message()
    claude.then(says(ENGLISH))
    tasks.translate_message(message_id, "en")
    kept = row()
    assert (kept.message_id, kept.language, kept.text, kept.model, kept.failure, kept.is_whole) == (
        message_id, "en", ENGLISH, "claude-sonnet-4-6", "", True,
    )  # fmt: skip
    assert kept.at is not None
    assert "ticket.translated" in heard
    with transaction() as session:
        step = session.scalars(select(TicketEvent).where(TicketEvent.kind == "translated")).one()
    assert (step.actor, step.data) == ("agent", {"seq": 1, "language": "en"})


def test_the_model_gets_the_redacted_text(claude: AnthropicStub) -> None:
    message_id = a_german_message(
        "Schreiben Sie an alice@example.com, Karte 4111 1111 1111 1111, bitte schnell."
    )
    claude.then(says("Write to [EMAIL_ADDRESS], card [CREDIT_CARD 1], quickly please."))
    tasks.translate_message(message_id, "en")
    assert "an [EMAIL_ADDRESS], Karte [CREDIT_CARD 1]" in told(claude.received[0])
    assert "alice@" not in str(claude.received[0].body)
    assert row().text == "Write to [EMAIL_ADDRESS], card [CREDIT_CARD 1], quickly please."


def test_the_call_is_paid_by_the_ticket(claude: AnthropicStub) -> None:
    message_id = a_german_message()
    claude.then(says(ENGLISH))
    tasks.translate_message(message_id, "en")
    with transaction() as session:
        call = session.scalars(select(LlmCall)).one()
        ticket = session.scalars(select(Ticket)).one()
    assert (call.purpose, call.ticket_id, call.customer_id) == ("translation", ticket.id, ticket.customer_id)


def test_asked_for_again_it_is_not_made_again(claude: AnthropicStub) -> None:
    message_id = a_german_message()
    claude.then(says(ENGLISH))
    tasks.translate_message(message_id, "en")
    tasks.translate_message(message_id, "en")
    assert len(claude.received) == 1
    assert row().text == ENGLISH


def test_asked_for_by_several_workers_at_once_it_is_made_once(claude: AnthropicStub) -> None:
    message_id = a_german_message()
    claude.otherwise = lambda _request: replace(says(ENGLISH), first_token_after_s=0.3)
    workers = [threading.Thread(target=tasks.translate_message, args=(message_id, "en")) for _ in range(6)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(claude.received) == 1
    assert row().text == ENGLISH


def test_no_transaction_is_open_while_the_model_thinks(
    claude: AnthropicStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    message_id = a_german_message()
    seen: list[bool] = []

    def watched(_text: str, _to: str) -> Translated:
        with transaction() as session:  # Another one sees the claim, so it is committed.
            seen.append(session.scalars(select(Translation.claim_token)).one() is not None)
        return Translated(ENGLISH, "m")

    monkeypatch.setattr(tasks, "translate", watched)
    tasks.translate_message(message_id, "en")
    assert seen == [True]


def test_a_failure_is_noted_told_and_may_be_asked_for_again(claude: AnthropicStub, heard: list[str]) -> None:
    message_id = a_german_message()
    claude.then(status(400))
    tasks.translate_message(message_id, "en")
    assert (row().text, row().failure) == (None, Failure.NO_ANSWER)
    assert "ticket.translation_failed" in heard
    claude.then(says(ENGLISH))
    tasks.translate_message(message_id, "en")
    assert (row().text, row().failure) == (ENGLISH, "")


def test_what_a_dead_worker_left_is_taken_over_and_its_late_answer_is_void(claude: AnthropicStub) -> None:
    message_id = a_german_message()
    with transaction() as session:
        dead = translations.claim(session, message_id, "en")
    assert dead is not None
    tasks.translate_message(message_id, "en")
    assert claude.received == []
    with transaction() as session:
        session.execute(update(Translation).values(due_at=func.now() - timedelta(seconds=1)))
    claude.then(says(ENGLISH))
    tasks.translate_message(message_id, "en")
    with transaction() as session:
        assert not translations.keep(session, dead, Translated("late", "m"))
        assert not translations.fail(session, dead, Failure.NO_ANSWER)
    assert row().text == ENGLISH


def test_a_message_that_is_gone_is_nobodys_work(claude: AnthropicStub) -> None:
    tasks.translate_message(999, "en")
    assert claude.received == []


def test_a_language_that_is_not_served_is_refused(claude: AnthropicStub) -> None:
    with pytest.raises(InvalidInput, match="translated into en, fr"):
        tasks.translate_message(a_german_message(), "xx")
