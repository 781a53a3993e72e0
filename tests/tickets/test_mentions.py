"""Whom a note speaks to."""

import pytest

from tickets.mentions import Colleague, mentioned

STAFF = [
    Colleague("AGENT-1", "Alice Smith", "alice@example.com"),
    Colleague("AGENT-2", "Bob Smith", "bsmith@example.com"),
    Colleague("AGENT-3", "Bob Jones", "jones@example.com"),
    Colleague("AGENT-4", "Zoë", "zoe@example.com"),
]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("@Alice, look", ["AGENT-1"]),
        ("please @bob smith and @alice", ["AGENT-2", "AGENT-1"]),
        ("@bob", []),  # Two are called so.
        ("@bsmith @jones.", ["AGENT-2", "AGENT-3"]),
        ("@Zoë!", ["AGENT-4"]),
        ("@alice smith is right", ["AGENT-1"]),
        ("@alice @alice", ["AGENT-1"]),
        ("write to alice@example.com or x@alice", []),
        ("@nobody", []),
        ("", []),
    ],
)
def test_the_longest_name_that_is_clear_counts(text: str, found: list[str]) -> None:
    assert mentioned(text, STAFF) == found
