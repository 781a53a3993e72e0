"""A chat's reply is shown sentence by sentence while a model on loopback writes it, and only what may be shown."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import OperationalError

from agent_core import tasks
from ingestion import intake
from knowledge import articles
from llm import ask
from runtime import events
from runtime.database import transaction
from runtime.settings import settings
from tests.jobs import CollectedJobs
from tests.samples import a_message
from tests.stubs.anthropic_stub import AnthropicStub
from tests.stubs.model_stub import Behaviour, Received, cut, dripping, ok
from tests.stubs.openai_stub import OpenAIStub
from tickets import partial_replies, queries
from tickets.contracts import Channel
from tickets.models import Ticket
from tickets.partial_reply_models import PartialReply

ARTICLE = """# Delivery

## How long does it take?

Standard delivery takes 3 to 5 business days. Express delivery takes 2 business days and costs $12.50. Only an idiot
ships glass unwrapped.
"""
STANDARD = "Standard delivery takes 3 to 5 business days."
EXPRESS = "Express delivery takes 2 business days and costs $12.50."
GIFT = "You will also get a gift worth $99."
INSULT = "Only an idiot ships glass unwrapped."
TRIAGE = {
    "category": "shipping", "priority": "normal", "sentiment": 0.1, "language": "en",
    "summary": "Asks how long delivery takes.", "confidence": 0.95,
}  # fmt: skip


def saying(*sentences: str) -> dict[str, Any]:
    return {"sentences": [{"text": one, "sources": [1], "step": False} for one in sentences]}


@dataclass
class Desk:
    """A desk with one article and Claude, whose next answers are scripted; what a chat's page would have shown."""

    claude: AnthropicStub
    replies: list[Behaviour] = field(default_factory=list)
    shown: list[str] = field(default_factory=list)
    first_shown: threading.Event = field(default_factory=threading.Event)

    def behave(self, request: Received) -> Behaviour:
        return ok(TRIAGE) if request.tool == "Triage" else self.replies.pop(0)

    def hear(self, topic: str, payload: dict[str, str | int]) -> None:
        if topic == partial_replies.TOPIC:
            with transaction() as session:
                found = partial_replies.find(session, int(payload["ticket_id"]))
            self.shown.append(found.text.removeprefix("Hello Alice,\n\n") if found else "")
            self.first_shown.set()


@pytest.fixture
def desk(run_jobs: CollectedJobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    file = tmp_path / "delivery.md"
    file.write_text(ARTICLE)
    articles.add_path(file)
    with AnthropicStub() as stub:
        made = Desk(stub)
        stub.otherwise = made.behave
        configure(monkeypatch, ANTHROPIC_API_KEY="test-key", DESKFLEET_ANTHROPIC_URL=stub.url)
        stop = events.subscribe(made.hear)
        yield made
        stop()
    monkeypatch.undo()
    settings.cache_clear()
    ask.forget()


def configure(monkeypatch: pytest.MonkeyPatch, **variables: str) -> None:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    settings.cache_clear()
    ask.forget()


def receive(text: str = "How long does standard delivery take?", **changes: Any) -> str:
    values = {"channel": Channel.WEB_CHAT, "identity": "visitor", "thread": "conversation"} | changes
    with transaction() as session:
        return intake.receive(session, a_message(text=text, **values)).public_id


def read(public_id: str) -> queries.Details:
    with transaction() as session:
        return queries.read_ticket(session, public_id)


def answered(**changes: Any) -> queries.Details:
    public_id = receive(**changes)
    tasks.answer_next()
    return read(public_id)


def slowly(*sentences: str) -> Behaviour:
    """Slow enough that each sentence is written before the next one is there."""
    return dripping(saying(*sentences), piece_every_s=0.15)


def test_each_sentence_is_shown_before_the_reply_is_whole(desk: Desk) -> None:
    desk.replies = [slowly(STANDARD, EXPRESS)]
    found = answered()
    assert found.reply is not None, found.ticket.reason
    assert desk.shown == [STANDARD, f"{STANDARD} {EXPRESS}"]
    assert desk.shown[-1] in found.reply.text
    with transaction() as session:
        assert partial_replies.find(session, found.ticket.id) is None


def test_a_sentence_that_no_source_holds_is_never_shown(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(monkeypatch, DESKFLEET_AGENT_MIN_SUPPORT="0.5")
    desk.replies = [slowly(STANDARD, GIFT, EXPRESS)]
    found = answered()
    assert found.reply is not None, found.ticket.reason
    assert desk.shown == [STANDARD, f"{STANDARD} {EXPRESS}"]
    assert "$99" not in found.reply.text


def test_what_the_output_filter_refuses_takes_back_what_was_shown(desk: Desk) -> None:
    desk.replies = [slowly(STANDARD, INSULT, EXPRESS)]
    found = answered()
    assert desk.shown == [STANDARD, ""]
    assert (found.ticket.owner, found.ticket.reason) == ("staff", "output_refused")


def test_a_reply_that_goes_to_staff_after_all_is_shown_no_longer(desk: Desk) -> None:
    desk.replies = [slowly(STANDARD, GIFT, "You have won a car.")]
    found = answered()
    assert (found.ticket.reason, desk.shown) == ("unsupported_answer", [STANDARD])
    with transaction() as session:
        assert partial_replies.find(session, found.ticket.id) is None


@pytest.mark.parametrize(
    ("variables", "changes"),
    [
        ({}, {"channel": Channel.API, "thread": ""}),
        ({"DESKFLEET_AGENT_MODES": "shipping=draft"}, {}),
        ({"DESKFLEET_AGENT_MIN_CONFIDENCE": "1"}, {}),
    ],
    ids=["no chat", "drafts for staff", "not sure"],
)
def test_nothing_is_shown_where_the_reply_may_not_be_sent(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], changes: dict[str, Any]
) -> None:
    configure(monkeypatch, **variables)
    desk.replies = [slowly(STANDARD, EXPRESS)]
    answered(**changes)
    assert desk.replies == [], "no draft was asked for"
    assert desk.shown == []


def test_the_next_provider_begins_anew_where_the_first_one_broke_off(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    after = str(saying(STANDARD, EXPRESS)).index(EXPRESS) // 12
    desk.replies = [replace(cut(saying(STANDARD, EXPRESS), after_pieces=after), piece_every_s=0.15)]
    with OpenAIStub(otherwise=lambda _request: slowly(EXPRESS, STANDARD)) as gpt:
        configure(monkeypatch, OPENAI_API_KEY="test-key", DESKFLEET_OPENAI_URL=f"{gpt.url}/v1")
        found = answered()
    assert found.reply is not None, found.ticket.reason
    assert desk.shown == [STANDARD, "", EXPRESS, f"{EXPRESS} {STANDARD}"]
    assert found.reply.text.count(STANDARD) == 1


def test_the_local_drafter_replies_at_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(monkeypatch, ANTHROPIC_API_KEY="")
    found = answered()
    assert found.reply is not None, found.ticket.reason
    assert desk.shown == []


def test_a_message_that_comes_meanwhile_ends_what_is_shown(desk: Desk) -> None:
    desk.replies = [slowly(STANDARD, EXPRESS), ok(saying(EXPRESS))]
    public_id = receive()
    worker = threading.Thread(target=tasks.answer_next)
    worker.start()
    assert desk.first_shown.wait(20)
    receive("And how long does express delivery take?")
    with transaction() as session:
        assert partial_replies.find(session, read(public_id).ticket.id) is None
    worker.join(30)
    assert f"{STANDARD} {EXPRESS}" not in desk.shown
    reply = read(public_id).reply
    assert reply is not None
    assert STANDARD not in reply.text


def test_the_reply_comes_all_the_same_when_nothing_can_be_shown(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_arguments: object) -> bool:
        raise OperationalError("insert", {}, Exception("the disk is full"))

    monkeypatch.setattr(partial_replies, "show", fails)
    desk.replies = [slowly(STANDARD, EXPRESS)]
    found = answered()
    assert found.reply is not None, found.ticket.reason
    assert "OperationalError" in caplog.text
    assert STANDARD not in caplog.text


def test_what_is_shown_is_kept_while_the_model_pauses(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(partial_replies, "HEARTBEAT_S", 0.1)
    desk.replies = [slowly(STANDARD, EXPRESS + " " * 300)]
    public_id = receive()
    worker = threading.Thread(target=tasks.answer_next)
    worker.start()
    assert desk.first_shown.wait(20)
    with transaction() as session:
        old = func.now() - func.make_interval(0, 0, 0, 0, 0, 1)
        session.execute(update(PartialReply).values(updated_at=old))
    eventually(lambda: _is_shown(public_id))
    worker.join(30)


def eventually(condition: Callable[[], bool]) -> None:
    for _ in range(100):
        if condition():
            return
        threading.Event().wait(0.02)
    raise AssertionError("it did not come to pass in time")


def _is_shown(public_id: str) -> bool:
    with transaction() as session:
        ticket_id = session.scalars(select(Ticket.id).where(Ticket.public_id == public_id)).one()
        return partial_replies.find(session, ticket_id) is not None


def test_sweeping_drops_what_a_dead_worker_had_shown(desk: Desk) -> None:
    desk.replies = [slowly(STANDARD)]
    answered()
    with transaction() as session:
        session.execute(
            update(PartialReply).values(updated_at=func.now() - func.make_interval(0, 0, 0, 0, 1))
        )
    tasks.sweep_pending()
    with transaction() as session:
        assert session.scalars(select(PartialReply.ticket_id)).all() == []
