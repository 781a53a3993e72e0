"""What came while somebody wrote a reply that was refused for it, and how a colleague's reply differs. Pure."""

from dataclasses import dataclass

from console.text_changes import Line, changes
from tickets.contracts import Kind
from tickets.models import Message
from tickets.queries import Details


@dataclass(frozen=True)
class Difference:
    """A newer message; `lines` compare a colleague's reply with the one that was typed."""

    message: Message
    lines: list[Line]


def differences(details: Details, typed: str, seen_seq: int) -> list[Difference]:
    """The newer messages that a writer must know of, the oldest first."""
    return [
        Difference(one, (changes(one.text, typed) or []) if one.kind == Kind.OUTBOUND else [])
        for one in details.messages
        if one.seq > seen_seq
        and (one.kind in (Kind.INBOUND, Kind.OUTBOUND) or one.automatic == "participant")
    ]
