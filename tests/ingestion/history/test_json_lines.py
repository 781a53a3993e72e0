"""Objects with whatever keys become tickets, lists of messages among them."""

import json
from pathlib import Path

import pytest

from runtime.errors import InvalidInput
from tests.ingestion.history.exports import ANSWER, DAY, QUESTION, lines_of, put, read
from tickets.contracts import Author, Channel
from tickets.past import PastTicket


def tickets(path: Path, **wishes: object) -> list[PastTicket]:
    return [one.past for one in read(path, **wishes) if one.past]


FLAT = {
    "ticket_id": 7,
    "customer": {"email": "alice@example.com", "name": "Alice"},
    "title": "Kettle",
    "description": QUESTION,
    "resolution": ANSWER,
    "created": DAY,
    "tags": ["a", "b"],
    "lang": "de-DE",
}


def test_inner_objects_are_columns_with_dots(tmp_path: Path) -> None:
    [past] = tickets(put(tmp_path, "a.jsonl", lines_of([FLAT])))
    assert (past.external_id, past.identity, past.name) == ("7", "alice@example.com", "Alice")
    assert (past.subject, past.tags, past.language) == ("Kettle", ("a", "b"), "de")
    assert past.teaches


def test_an_array_is_read_like_lines(tmp_path: Path) -> None:
    [past] = tickets(put(tmp_path, "a.json", json.dumps([FLAT], indent=1)))
    assert past.external_id == "7"


def test_a_list_of_messages_is_the_conversation(tmp_path: Path) -> None:
    turns = [
        {"role": "customer", "user": "u1", "at": DAY, "text": QUESTION},
        {"role": "helper", "user": "u2", "at": "2024-01-02 11:00:00 +0000", "text": ANSWER},
        {"author": {"type": "bot"}, "at": "2024-01-02 12:00:00 +0000", "text": "Rate us!"},
        {"role": "staff", "public": False, "at": "2024-01-02 13:00:00 +0000", "text": "Done."},
    ]
    [past] = tickets(put(tmp_path, "a.jsonl", lines_of([{"id": "9", "is_solved": True, "turns": turns}])))
    assert (past.identity, past.channel) == ("u1", Channel.API)
    assert [(one.author, one.internal) for one in past.messages] == [
        (Author.CUSTOMER, False), (Author.STAFF, False), (Author.AGENT, False), (Author.STAFF, True),
    ]  # fmt: skip
    assert past.resolved_at == past.messages[-1].at


def test_a_message_that_is_no_object_is_told(tmp_path: Path) -> None:
    [found] = read(put(tmp_path, "a.jsonl", lines_of([{"id": 1, "messages": ["hello"]}])))
    assert found.reason == "A message is no object: 'hello'."


def test_half_of_a_surrogate_pair_is_refused(tmp_path: Path) -> None:
    content = (
        '{"email": "a@example.com", "text": "x \\ud83d y"}\n{"email": "a@example.com", "text": "\\u0000"}\n'
    )
    first, second = read(put(tmp_path, "a.jsonl", content))
    assert "half of a surrogate pair" in first.reason
    assert "NUL character" in second.reason


def test_a_file_without_objects_is_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="holds no JSON objects"):
        read(put(tmp_path, "a.jsonl", "[1, 2]"))
