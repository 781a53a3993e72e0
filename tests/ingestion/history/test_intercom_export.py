"""Intercom's conversations with their parts."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.ingestion.history.exports import ANSWER, QUESTION, lines_of, put, read
from tickets.contracts import Author, Channel, Status
from tickets.past import PastTicket

AT = 1704189600
ALICE = {"type": "user", "id": "u1", "name": "Alice", "email": "alice@example.com"}
CAROL = {"type": "admin", "id": "a1", "name": "Carol"}
PARTS = [
    {
        "part_type": "comment",
        "body": "<p>Hello, I am a bot.</p>",
        "author": {"type": "bot"},
        "created_at": AT + 10,
    },
    {"part_type": "assignment", "body": None, "author": CAROL, "created_at": AT + 20},
    {"part_type": "note", "body": "<p>A note.</p>", "author": CAROL, "created_at": AT + 30},
    {"part_type": "close", "body": f"<p>{ANSWER}</p>", "author": CAROL, "created_at": AT + 40},
]
TALK: dict[str, Any] = {
    "type": "conversation",
    "id": "77",
    "created_at": AT,
    "updated_at": AT + 100,
    "state": "closed",
    "source": {"subject": "<p>Kettle</p>", "body": f"<p>{QUESTION}</p>", "author": ALICE},
    "contacts": {"type": "contact.list", "contacts": [{"type": "contact", "id": "u1"}]},
    "conversation_parts": {"conversation_parts": PARTS, "total_count": 4},
    "tags": {"tags": [{"name": "kettle"}]},
}


def ticket(folder: Path, *values: dict[str, Any]) -> PastTicket:
    [found] = read(put(folder, "a.jsonl", lines_of(values)))
    assert found.past is not None, found.reason
    return found.past


def test_a_conversation_is_all_that_was_said(tmp_path: Path) -> None:
    past = ticket(tmp_path, TALK)
    assert (past.source, past.external_id, past.channel, past.thread) == (
        "intercom",
        "77",
        Channel.INTERCOM,
        "77",
    )
    assert (past.identity, past.name, past.subject) == ("alice@example.com", "Alice", "Kettle")
    assert (past.status, past.resolved_at) == (Status.RESOLVED, datetime.fromtimestamp(AT + 40, UTC))
    assert [(one.author, one.text, one.internal) for one in past.messages] == [
        (Author.CUSTOMER, QUESTION, False),
        (Author.AGENT, "Hello, I am a bot.", False),
        (Author.STAFF, "A note.", True),
        (Author.STAFF, ANSWER, False),
    ]
    assert (past.tags, past.teaches) == (("kettle",), True)


def test_what_only_a_bot_answered_teaches_nothing(tmp_path: Path) -> None:
    parts = {"conversation_parts": PARTS[:2]}
    assert not ticket(tmp_path, TALK | {"conversation_parts": parts}).teaches


def test_a_conversation_that_staff_began_is_with_its_contact(tmp_path: Path) -> None:
    begun = TALK | {"source": {"body": "<p>How are you?</p>", "author": CAROL}}
    contact = {"type": "contact", "id": "u1", "email": "alice@example.com", "name": "Alice"}
    past = ticket(tmp_path, begun, contact)
    assert (past.identity, past.name) == ("alice@example.com", "Alice")
    assert past.messages[0].author is Author.STAFF
    assert ticket(tmp_path, begun).identity == "u1"


def test_a_snoozed_or_open_conversation_is_open(tmp_path: Path) -> None:
    path = put(tmp_path, "a.json", json.dumps({"conversations": [TALK | {"state": "snoozed"}]}))
    [found] = read(path, keep_open=True)
    assert found.past is not None
    assert (found.past.status, found.past.resolved_at) == (Status.OPEN, None)


def test_what_is_nothing_of_intercom_is_told(tmp_path: Path) -> None:
    found = read(
        put(tmp_path, "a.jsonl", lines_of([TALK, {"foo": 1}, TALK | {"id": "78", "created_at": "x"}]))
    )
    assert [one.reason[:22] for one in found] == ["", "It is neither a conver", "'x' is no date that ca"]
