"""What a model said is said again for the identical prompt; anything else would need a call."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import text

from agent_core import prompts, replay, tasks
from analytics import replay_rows
from llm import ask
from runtime.database import transaction
from runtime.settings import settings
from tests.agent_core.past_desk import NOW, add_shipping, receive
from tests.agent_core.test_replay import QUESTION, compared, run
from tests.jobs import CollectedJobs
from tests.stubs.model_stub import ok
from tests.stubs.openai_stub import OpenAIStub

TRIAGE = {
    "category": "shipping", "priority": "normal", "sentiment": 0.0, "language": "en", "intent": "delivery time",
    "summary": "Asks how long delivery takes.", "reasoning": "It says so.", "confidence": 0.9,
}  # fmt: skip
REPLY = {"sentences": [{"text": "The delivery takes three days.", "sources": [1], "step": False}]}


@pytest.fixture
def model(run_jobs: CollectedJobs, monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenAIStub]:
    with OpenAIStub() as stub:
        monkeypatch.setenv("DESKFLEET_COMPATIBLE_URL", f"{stub.url}/v1")
        monkeypatch.setenv("DESKFLEET_COMPATIBLE_MODEL", "llama3.1")
        monkeypatch.setenv("DESKFLEET_LLM_REUSE_S", "0")
        settings.cache_clear()
        ask.forget()
        yield stub
    monkeypatch.undo()
    settings.cache_clear()
    ask.forget()


def answered_by(model: OpenAIStub) -> None:
    add_shipping()
    receive(QUESTION)
    model.then(ok(TRIAGE), ok(REPLY))
    tasks.answer_next()
    assert len(model.received) == 2


def test_an_identical_prompt_is_answered_from_the_record_without_a_call(model: OpenAIStub) -> None:
    answered_by(model)
    found = run()
    assert (found.progress.done, len(model.received)) == (1, 2)
    assert (found.present.automation.value, found.candidate.automation.value) == (1.0, 1.0)
    assert found.most_different == []


def test_a_threshold_needs_no_new_call_and_another_prompt_does(model: OpenAIStub) -> None:
    answered_by(model)
    strict = run({"agent": {"min_confidence": 1.0}})
    assert strict.candidate.escalations == {"low_confidence": 1}
    changed = prompts.text_of("reply").replace("\n---\n", "\nBe brief.\n---\n", 1)
    other = run({"prompts": {"reply": changed}})
    assert other.not_reproducible == {"No answer to this prompt is recorded: reply.": 1}
    another = run({"models": {"compatible": "llama9"}})
    assert another.progress.not_reproducible == 1
    assert len(model.received) == 2


def test_live_a_model_is_called_on_nobodys_account(model: OpenAIStub) -> None:
    answered_by(model)
    with transaction() as session:
        chosen = replay_rows.begin(
            session,
            {"name": "live"},
            replay_rows.Wanted(NOW - timedelta(days=1), NOW + timedelta(hours=1), is_live=True),
        )
    model.then(ok(TRIAGE), ok(REPLY))
    assert replay.work(replay.load(chosen.id))
    assert compared(chosen).progress.done == 1
    assert len(model.received) == 4
    with transaction() as session:
        owners = session.scalars(text("select ticket_id from llm_calls order by id")).all()
    assert owners[-2:] == [None, None]
    assert None not in owners[:2]
