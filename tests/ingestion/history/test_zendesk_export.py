"""Zendesk's tickets with comments and people, wherever they stand."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.ingestion.history.exports import (
    ANSWER,
    DAY,
    QUESTION,
    conversations,
    lines_of,
    load,
    put,
    read,
    rows,
)
from tickets.contracts import Author, Channel, Status

ALICE = {"id": 11, "name": "Alice", "email": "alice@example.com", "role": "end-user"}
CAROL = {"id": 22, "name": "Carol", "email": "carol@desk.example", "role": "agent"}
COMMENTS: list[dict[str, Any]] = [
    {"id": 1, "author_id": 11, "plain_body": QUESTION, "public": True, "created_at": DAY},
    {
        "id": 2,
        "author_id": 22,
        "html_body": f"<p>{ANSWER}</p>",
        "public": True,
        "created_at": "2024-01-02T11:00:00Z",
    },
    {"id": 3, "author_id": 22, "body": "A note.", "public": False, "created_at": "2024-01-02T12:00:00Z"},
    {"id": 4, "author_id": 33, "body": "Me too!", "public": True, "created_at": "2024-01-02T13:00:00Z"},
]
TICKET: dict[str, Any] = {
    "id": 5,
    "requester_id": 11,
    "subject": "Kettle",
    "description": QUESTION,
    "status": "solved",
    "type": "question",
    "created_at": DAY,
    "updated_at": "2024-01-04T10:00:00Z",
    "tags": ["kettle"],
    "comments": COMMENTS,
}


def test_a_page_of_tickets_with_its_users_is_read_though_the_users_come_last(tmp_path: Path) -> None:
    [found] = read(put(tmp_path, "a.json", json.dumps({"tickets": [TICKET], "users": [ALICE, CAROL]})))
    past = found.past
    assert past is not None
    assert (past.source, past.external_id, past.channel, past.thread) == (
        "zendesk",
        "5",
        Channel.ZENDESK,
        "5",
    )
    assert (past.identity, past.name, past.status) == ("alice@example.com", "Alice", Status.RESOLVED)
    assert past.resolved_at == datetime(2024, 1, 4, 10, tzinfo=UTC)
    assert [(one.author, one.text, one.name, one.internal) for one in past.messages] == [
        (Author.CUSTOMER, QUESTION, "Alice", False),
        (Author.STAFF, ANSWER, "Carol", False),
        (Author.STAFF, "A note.", "Carol", True),
        (Author.CUSTOMER, "Me too!", "", False),
    ]


def test_people_may_be_inside_and_an_assignee_is_staff(tmp_path: Path) -> None:
    inside = {"requester": ALICE, "assignee": {"id": 22, "name": "Carol"}, "assignee_id": 22}
    solved = {"metric_set": {"solved_at": "2024-01-03T10:00:00Z"}}
    [found] = read(put(tmp_path, "a.jsonl", lines_of([TICKET | inside | solved])))
    assert found.past is not None
    assert [one.author for one in found.past.messages][1] is Author.STAFF
    assert found.past.resolved_at == datetime(2024, 1, 3, 10, tzinfo=UTC)


def test_whoever_is_not_known_as_staff_teaches_nothing(tmp_path: Path) -> None:
    [found] = read(put(tmp_path, "a.jsonl", lines_of([TICKET, ALICE])))
    assert found.past is not None
    assert not found.past.teaches


def test_comments_and_users_may_be_in_files_of_their_own(database: str, tmp_path: Path) -> None:
    bare = {name: value for name, value in TICKET.items() if name != "comments"}
    main = put(tmp_path, "tickets.jsonl", lines_of([bare, {**bare, "id": 6}]))
    comments = put(tmp_path, "comments.jsonl", lines_of([{"ticket_id": 5, **one} for one in COMMENTS[:2]]))
    wrapped = put(tmp_path, "more.jsonl", lines_of([{"ticket_id": 6, "comments": COMMENTS[:1]}]))
    users = put(tmp_path, "users.json", json.dumps({"users": [ALICE, CAROL]}))
    report = load(main, beside=[comments, wrapped, users], format="zendesk")
    assert (report.stored, report.rejected) == (2, 0)
    assert [one[2] for one in conversations()] == [
        f"customer: {QUESTION} | staff: {ANSWER}",
        f"customer: {QUESTION}",
    ]
    assert rows("select kind, value from customer_identities") == [("mail", "alice@example.com")]


def test_without_comments_the_description_is_the_question(tmp_path: Path) -> None:
    [found] = read(put(tmp_path, "a.jsonl", lines_of([TICKET | {"comments": []}])))
    assert found.past is not None
    assert [one.text for one in found.past.messages] == [QUESTION]
    assert found.past.identity == "11"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"status": "deleted"}, "deleted"),
        ({"status": "odd"}, "The status 'odd' is unknown"),
        ({"created_at": None}, "no date"),
        ({"updated_at": 7}, "no date"),
        ({"comments": [{"author_id": 11, "body": "x", "created_at": "never"}]}, "no date"),
    ],
)
def test_a_ticket_that_cannot_be_imported_is_told(
    tmp_path: Path, change: dict[str, Any], reason: str
) -> None:
    [found] = read(put(tmp_path, "a.jsonl", lines_of([TICKET | change])))
    assert reason in found.reason


def test_what_is_nothing_of_zendesk_is_told(tmp_path: Path) -> None:
    found = read(put(tmp_path, "a.jsonl", lines_of([TICKET, {"foo": 1}, 7])))
    assert [bool(one.reason) for one in found] == [False, True, True]
    assert "neither a ticket" in found[1].reason
