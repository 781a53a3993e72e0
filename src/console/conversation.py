"""What the conversation shows of each message beyond its text: its files, and what was taken out of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from console.message_languages import Spoken, customer_language, spoken
from tickets import attachments
from tickets.models import Attachment, Message, VaultEntry
from tickets.queries import Details

_UNFOLDED = 6  # Messages of a long conversation that are shown without a click.


@dataclass(frozen=True)
class Original:
    """A message as the customer sent it, for one view of who may see it. `subject` is empty but for the first."""

    message_id: int
    text: str
    quoted_text: str
    subject: str

    def __repr__(self) -> str:
        return f"Original({self.message_id})"


@dataclass(frozen=True)
class Parts:
    """By a message's id: its files, what of it is sealed (other placeholders were typed), and its language."""

    files: Mapping[int, list[Attachment]]
    sealed: Mapping[int, frozenset[str]]
    spoken: Mapping[int, Spoken]


def read_parts(session: Session, messages: Sequence[Message]) -> Parts:
    ids = [message.id for message in messages]
    sealed: dict[int, set[str]] = {}
    entries = select(VaultEntry.message_id, VaultEntry.placeholder).where(VaultEntry.message_id.in_(ids))
    for message_id, placeholder in session.execute(entries):
        sealed.setdefault(message_id, set()).add(placeholder)
    return Parts(
        attachments.of_messages(session, ids),
        {one: frozenset(found) for one, found in sealed.items()},
        spoken(session, messages),
    )


def conversation(details: Details, *, seen_seq: int, original: Original | None = None) -> dict[str, Any]:
    """What its template needs besides the parts.

    `seen_seq` is the newest message that the reader had in view: what came after it is marked.
    """
    messages = details.messages
    fold = len(messages) > _UNFOLDED + 2
    return {
        "details": details,
        "ticket": details.ticket,
        "original": original,
        "customer_language": customer_language(details.ticket, messages),
        "folded": messages[:-_UNFOLDED] if fold else [],
        "unfolded": messages[-_UNFOLDED:] if fold else messages,
        "seen_seq": seen_seq,
        "newer": [message for message in messages if message.seq > seen_seq],
    }
