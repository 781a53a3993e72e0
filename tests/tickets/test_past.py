"""What a past ticket must be to be stored, and what it says of itself."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tickets.contracts import Author, Channel, Status
from tickets.past import PastMessage, PastTicket, problem_of

AT = datetime(2024, 1, 2, tzinfo=UTC)


def a_past_ticket(**changes: Any) -> PastTicket:
    said = (
        PastMessage(Author.CUSTOMER, "Where is it?", AT),
        PastMessage(Author.STAFF, "On its way.", AT + timedelta(hours=1)),
    )
    values: dict[str, Any] = {
        "external_id": "1", "source": "old", "channel": Channel.MAIL, "identity": "alice@example.com",
        "messages": said, "status": Status.RESOLVED, "resolved_at": AT,
    }  # fmt: skip
    return PastTicket(**(values | changes))


def test_a_ticket_in_order_has_no_problem() -> None:
    assert problem_of(a_past_ticket()) == ""


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"messages": ()}, "holds no text"),
        ({"identity": "  "}, "names no customer"),
        ({"messages": (PastMessage(Author.CUSTOMER, "x", AT),) * 2_001}, "2001 messages, 2000 at most"),
        ({"messages": (PastMessage(Author.CUSTOMER, "x" * 200_001, AT),)}, "longer than 200000"),
        ({"messages": (PastMessage(Author.CUSTOMER, "x", AT, name="n" * 301),)}, "writer's name"),
        ({"messages": (PastMessage(Author.CUSTOMER, "x\udc80", AT),)}, "not of the file's encoding"),
        ({"tags": ("\x00",)}, "NUL character"),
        ({"external_id": "x" * 251}, "external_id is longer than 250"),
        ({"resolved_at": datetime(1901, 1, 1, tzinfo=UTC)}, "before 1980"),
        ({"resolved_at": datetime.now(UTC) + timedelta(days=2)}, "in the future"),
        ({"status": Status.ESCALATED}, "not escalated"),
    ],
)
def test_what_cannot_be_stored_says_why(changes: dict[str, Any], problem: str) -> None:
    assert problem in problem_of(a_past_ticket(**changes))


def test_the_fingerprint_is_of_what_was_said_and_not_when() -> None:
    past = a_past_ticket()
    later = replace(past, messages=tuple(replace(one, at=AT + timedelta(days=9)) for one in past.messages))
    assert past.fingerprint == later.fingerprint == replace(past, identity="ALICE@example.com").fingerprint
    assert past.fingerprint != replace(past, subject="Other").fingerprint


def test_only_a_resolved_question_with_a_public_answer_of_staff_teaches() -> None:
    past = a_past_ticket()
    question, answer = past.messages
    assert past.teaches
    assert not replace(past, resolved_at=None).teaches
    for messages in ((question,), (answer,), (question, replace(answer, internal=True))):
        assert not replace(past, messages=messages).teaches
    assert not replace(past, messages=(question, replace(answer, author=Author.AGENT))).teaches
