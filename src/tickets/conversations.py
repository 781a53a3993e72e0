"""What customers and staff said on tickets: emptied for an erasure, or when it was kept long enough.

The ticket itself stays with its numbers (status, category, times), so that no figure of the past changes. Of the
agent's decisions stay the numbers and keyed digests, by which a copy of a text can be proven and none be read.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import column, delete, select, table, text, update
from sqlalchemy.orm import Session

from runtime.data_folder import secret_key
from runtime.errors import Conflict
from tickets import decision_records
from tickets.contracts import Delivery
from tickets.models import AgentDecision, Attachment, Message, ReceivedMessage, Ticket, TicketEvent
from tickets.tombstones import keyed

# Rows that stay: emptied here, or numbers without a word of anybody, or another package's to erase.
_STAY = {
    "tickets", "messages", "ticket_events", "agent_decisions", "judgement_corrections", "template_uses",
    "actions", "gap_questions", "attachments",
}  # fmt: skip
_REFERRING = text("""
select cls.relname, att.attname from pg_constraint con
join pg_class cls on cls.oid = con.conrelid
join pg_attribute att on att.attrelid = con.conrelid and att.attnum = con.conkey[1]
where con.contype = 'f' and con.confrelid = to_regclass(:target) order by 1, 2
""")
# Of a judgement: what figures are made of. Everything else may be somebody's words.
_NUMBERS = {
    "category", "group", "priority", "sentiment", "mood", "language", "confidence", "raw_confidence", "model",
    "processing_ms", "input_tokens", "output_tokens", "cost_usd",
}  # fmt: skip
_EMPTY_MESSAGE: dict[str, Any] = {
    "text": "",
    "quoted_text": "",
    "author_name": "",
    "copied": [],
    "reply_to": "",
    "citations": [],
    "external_id": "",
    "mail_id": "",
    "mail_thread_index": "",
    "mail_references": [],
    "delivery_error": "",
}


@dataclass
class Emptied:
    """How much went, by kind, and the contents of files that nothing may name any more."""

    counts: dict[str, int] = field(default_factory=dict)
    file_keys: list[str] = field(default_factory=list)


def empty(session: Session, ticket_ids: Sequence[int]) -> Emptied:
    """Take every word out of these tickets. Raises Conflict while a reply of theirs is being sent.

    The contents of files are for the caller to drop, after the commit.
    """
    done = Emptied()
    if not ticket_ids:
        return done
    message_ids = _lock_messages(session, ticket_ids)
    done.file_keys = _forget_files(session, message_ids)
    done.counts["files"] = len(done.file_keys)
    _forget_referring(session, "messages", message_ids, done.counts)
    _forget_referring(session, "tickets", ticket_ids, done.counts)
    done.counts["received_ids"] = _forget_received(session, ticket_ids)
    session.execute(update(Message).where(Message.id.in_(message_ids)).values(**_EMPTY_MESSAGE))
    session.execute(update(TicketEvent).where(TicketEvent.ticket_id.in_(ticket_ids)).values(data={}))
    done.counts["decisions"] = reduce_decisions(session, ticket_ids)
    session.execute(
        update(Ticket)
        .where(Ticket.id.in_(ticket_ids))
        .values(subject="", summary="", identity="", thread="", meta={}, customer_verified=False)
    )
    done.counts |= {"messages": len(message_ids), "tickets": len(ticket_ids)}
    return done


def _lock_messages(session: Session, ticket_ids: Sequence[int]) -> list[int]:
    """Whoever is just writing to one of the tickets is waited for; what still waits to be sent is not sent."""
    session.execute(select(Ticket.id).where(Ticket.id.in_(ticket_ids)).order_by(Ticket.id).with_for_update())
    rows = session.execute(
        select(Message.id, Message.delivery).where(Message.ticket_id.in_(ticket_ids)).with_for_update()
    ).all()
    if any(delivery == Delivery.SENDING for _id, delivery in rows):
        raise Conflict("A reply to this customer is being sent: try again in a minute.", field="customer")
    waiting = (Delivery.QUEUED, Delivery.UNKNOWN)
    session.execute(
        update(Message)
        .where(Message.ticket_id.in_(ticket_ids), Message.delivery.in_(waiting))
        .values(delivery=Delivery.FAILED)
    )
    return [message_id for message_id, _delivery in rows]


def _forget_files(session: Session, message_ids: Sequence[int]) -> list[str]:
    gone = delete(Attachment).where(Attachment.message_id.in_(message_ids)).returning(Attachment.key)
    return sorted({key for key in session.scalars(gone) if key})


def _forget_referring(session: Session, target: str, ids: Sequence[int], counts: dict[str, int]) -> None:
    """All rows that belong to them, in whichever table: the database knows them, also those of a newer version."""
    for name, key in session.execute(_REFERRING, {"target": target}).all():
        if name not in _STAY:
            gone = session.execute(delete(table(name, column(key))).where(column(key).in_(ids)))
            counts[name] = counts.get(name, 0) + gone.rowcount  # type: ignore[attr-defined]  # of a cursor result


def _forget_received(session: Session, ticket_ids: Sequence[int]) -> int:
    gone = delete(ReceivedMessage).where(ReceivedMessage.ticket_id.in_(ticket_ids))
    return len(session.scalars(gone.returning(ReceivedMessage.message_id)).all())


def reduce_decisions(session: Session, ticket_ids: Sequence[int]) -> int:
    """Numbers and digests are left; returns how many decisions were reduced now."""
    decisions = session.scalars(
        select(AgentDecision).where(AgentDecision.ticket_id.in_(ticket_ids)).with_for_update()
    ).all()
    reduced = [one for one in decisions if not _is_reduced(one)]
    for one in reduced:
        one.notes = [
            _digest("draft", one.draft),
            _digest("judgement", one.judgement),
            _digest("notes", one.notes),
        ]
        one.draft, one.citations = "", []
        one.judgement = {name: _emptied(name, value) for name, value in one.judgement.items()}
    session.flush()
    decision_records.note_reduction(session, reduced)
    return len(reduced)


def _is_reduced(decision: AgentDecision) -> bool:
    return bool(decision.notes) and decision.notes[0].startswith("digest:draft:")


def _digest(name: str, value: object) -> str:
    plain = json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    return f"digest:{name}:{keyed(plain, key=secret_key(), purpose=b'decision')}"


def _emptied(name: str, value: object) -> object:
    if name in _NUMBERS or value is None or isinstance(value, bool | int | float):
        return value
    return type(value)() if isinstance(value, str | list | dict) else None
