"""A customer's tickets as they are handed to the customer: what was said, the files, and what the AI decided."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tickets import attachments, customers, vault
from tickets.attachments import Listed
from tickets.contracts import Kind
from tickets.models import AgentDecision, Attachment, Customer, Message, Ticket, TicketEvent


@dataclass(frozen=True)
class ExportedFile:
    """Where a file stands in the archive, and how to open it."""

    path: str
    file: Listed


def export_profile(session: Session, customer: Customer) -> dict[str, Any]:
    return {
        "customer_id": customer.public_id,
        "name": customer.name,
        "tier": customer.tier,
        "created_at": customer.created_at.isoformat(),
        "identities": [
            {"kind": one.kind, "value": one.value} for one in customers.identities_of(session, customer.id)
        ],
    }


def export_ticket(session: Session, ticket: Ticket) -> dict[str, Any]:
    """With the originals of what had been taken out of messages: it is the customer's own. Notes of staff are not."""
    messages = session.scalars(
        select(Message).where(Message.ticket_id == ticket.id, Message.kind != Kind.NOTE).order_by(Message.seq)
    ).all()
    files = attachments.of_messages(session, [one.id for one in messages])
    return {
        "ticket_id": ticket.public_id,
        "channel": ticket.channel,
        "status": ticket.status,
        "subject": vault.restore(session, messages[0].id, ticket.subject) if messages else ticket.subject,
        "summary": ticket.summary,
        "category": ticket.category,
        "metadata": ticket.meta,
        "created_at": ticket.created_at.isoformat(),
        "resolved_at": ticket.resolved_at.isoformat() if ticket.resolved_at else None,
        "messages": [_message(session, one, files.get(one.id, ())) for one in messages],
        "decisions": _decisions(session, ticket.id),
        "timeline": _timeline(session, ticket.id),
    }


def files_of(session: Session, ticket_ids: Sequence[int]) -> list[ExportedFile]:
    query = select(Attachment.public_id).join(Message, Message.id == Attachment.message_id)
    query = query.where(Message.ticket_id.in_(ticket_ids), Attachment.refused == "").order_by(Attachment.id)
    found = [(public_id, attachments.find(session, public_id)) for public_id in session.scalars(query)]
    return [ExportedFile(f"files/{public_id}/{file.name}", file) for public_id, file in found]


def _message(session: Session, message: Message, files: Sequence[Attachment]) -> dict[str, Any]:
    return {
        "seq": message.seq,
        "author": message.author,
        "author_name": message.author_name,
        "text": vault.reveal(session, message.id),
        "quoted_text": vault.restore(session, message.id, message.quoted_text),
        "copied": message.copied,
        "reply_to": message.reply_to,
        "mail_id": message.mail_id,
        "delivery": message.delivery,
        "created_at": message.created_at.isoformat(),
        "files": [
            {
                "file_id": one.public_id,
                "name": one.name,
                "type": one.type,
                "size": one.size,
                "refused": one.refused,
            }
            for one in files
        ],
    }


def _decisions(session: Session, ticket_id: int) -> list[dict[str, Any]]:
    query = select(AgentDecision).where(AgentDecision.ticket_id == ticket_id).order_by(AgentDecision.id)
    return [
        {
            "outcome": one.outcome,
            "reason": one.reason,
            "judgement": one.judgement,
            "draft": one.draft,
            "models": one.models,
            "at": one.at.isoformat(),
        }
        for one in session.scalars(query)
    ]


def _timeline(session: Session, ticket_id: int) -> list[dict[str, Any]]:
    query = select(TicketEvent).where(TicketEvent.ticket_id == ticket_id).order_by(TicketEvent.id)
    return [
        {"kind": one.kind, "actor": one.actor, "at": one.at.isoformat()} for one in session.scalars(query)
    ]
