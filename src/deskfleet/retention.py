"""Forgets what was kept long enough, kind by kind. Called by a nightly job."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

import ingestion.privacy
from accounts import api_keys, audit, passwords
from accounts.audit import Action
from accounts.models import IdempotentAnswer, Invitation
from accounts.models import Session as Login
from runtime.database import transaction
from runtime.settings import settings
from tickets import attachments, conversations, tombstones
from tickets.contracts import Delivery, Status
from tickets.desk_models import ReplyDraft
from tickets.models import Message, ReceivedMessage, Ticket
from tickets.notification_models import Notification
from tickets.queries import teaches_later

_BATCH = 100
_DONE = (Status.RESOLVED, Status.CLOSED, Status.MERGED)
_ANSWERS_KEPT = timedelta(days=1)
ACTOR = "retention"


def apply() -> dict[str, int]:
    """Everything that is due; returns how much went of each kind."""
    counts = {"conversations": _forget_conversations()}
    with transaction() as session:
        counts |= _forget_rows(session)
        _forget_accounts(session)
        if any(counts.values()):
            audit.record(session, Action.FORGET_OLD, actor=ACTOR, data=dict(counts))
    return counts


def _before(days: int) -> datetime | None:
    return datetime.now(UTC) - timedelta(days=days) if days else None


def _forget_conversations() -> int:
    """In small transactions, so that nobody waits for this one."""
    moment = _before(settings().retention.conversations)
    total = 0
    while moment is not None:
        with transaction() as session:
            due = _due(session, moment)
            emptied = conversations.empty(session, due)
        with transaction() as session:
            unlisted = attachments.unlisted(session, emptied.file_keys)
        attachments.drop_content(unlisted)
        total += len(due)
        if len(due) < _BATCH:
            break
    return total


def _due(session: Session, moment: datetime) -> list[int]:
    """Done, untouched since, not emptied yet, and nothing that the next round of learning takes."""
    said = select(Message.id).where(Message.ticket_id == Ticket.id, Message.text != "").exists()
    # What was imported lately is new here, however old it is.
    arrived = (
        select(ReceivedMessage.ticket_id)
        .where(ReceivedMessage.ticket_id == Ticket.id, ReceivedMessage.received_at >= moment)
        .exists()
    )
    leaving = (
        select(Message.id)
        .where(Message.ticket_id == Ticket.id, Message.delivery == Delivery.SENDING)
        .exists()
    )
    query = (
        select(Ticket.id)
        .where(
            Ticket.status.in_(_DONE),
            Ticket.updated_at < moment,
            func.coalesce(Ticket.resolved_at, Ticket.updated_at) < moment,
            ~teaches_later(),
            said,
            ~arrived,
            ~leaving,
        )
        .order_by(Ticket.id)
        .limit(_BATCH)
    )
    return list(session.scalars(query.with_for_update(skip_locked=True)))


def _forget_rows(session: Session) -> dict[str, int]:
    kept = settings().retention
    counts = {}
    if moment := _before(kept.parked_mails):
        counts["parked_mails"] = ingestion.privacy.forget_parked_before(session, moment)
    if moment := _before(kept.received_ids):
        gone = delete(ReceivedMessage).where(
            ReceivedMessage.received_at < moment, tombstones.is_forgettable()
        )
        counts["received_ids"] = len(session.scalars(gone.returning(ReceivedMessage.message_id)).all())
    return counts | _forget_at_desks(session)


def _forget_at_desks(session: Session) -> dict[str, int]:
    """What staff began and what they were told. Summaries go with their conversations."""
    kept = settings().retention
    counts = {}
    if moment := _before(kept.drafts):
        begun = delete(ReplyDraft).where(ReplyDraft.saved_at < moment).returning(ReplyDraft.ticket_id)
        counts["drafts"] = len(session.scalars(begun).all())
    if moment := _before(kept.notifications):
        told = delete(Notification).where(Notification.created_at < moment).returning(Notification.id)
        counts["notifications"] = len(session.scalars(told).all())
    return counts


def _forget_accounts(session: Session) -> None:
    now = datetime.now(UTC)
    session.execute(delete(Login).where(Login.expires_at < now))
    session.execute(delete(Invitation).where(Invitation.expires_at < now))
    session.execute(delete(IdempotentAnswer).where(IdempotentAnswer.created_at < now - _ANSWERS_KEPT))
    passwords.forget_old(session)
    api_keys.forget_old_uses(session)
