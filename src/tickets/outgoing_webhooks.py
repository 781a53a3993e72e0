"""Where programs and channels of staff hear what happens to tickets. A trigger fills the outbox, a job empties it."""

import base64
import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from runtime import sealing
from runtime.errors import InvalidInput, NotFound
from tickets.notification_models import OutgoingWebhook, WebhookDelivery

TOPICS: dict[str, str] = {
    "received": "A customer wrote",
    "escalated": "The AI handed a ticket to staff",
    "assigned": "A ticket was assigned",
    "replied": "A reply was written",
    "status": "A status changed",
    "rated": "A customer rated",
    "deadline_near": "A deadline comes near",
    "snoozed": "A ticket was put aside",
    "merged": "A ticket was merged",
}
_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_ADDRESS = re.compile(r"[^@\s<>,;\"]+@[^@\s<>,;\"]+\.[^@\s<>,;\".]+")
_MOST = 50
_MOST_TRIES = 9
_FIRST_PAUSE_S = 10.0
_LONGEST_PAUSE_S = 3_600.0
_SENDING_S = 120.0  # A send that takes longer belonged to a process that died: it is tried again.


class HookKind(StrEnum):
    SIGNED = "signed"
    SLACK = "slack"
    MAIL = "mail"


@dataclass(frozen=True)
class Due:
    """One event for one webhook, claimed."""

    delivery_id: int
    webhook_id: str
    kind: HookKind
    url: str
    secret: str = field(repr=False)
    topic: str
    payload: dict[str, Any] = field(repr=False)
    attempts: int


def add(session: Session, kind: HookKind, url: str, topics: Sequence[str], *, by: str) -> tuple[str, str]:
    """Public id and secret, which is shown this once; empty for kinds without. Raises InvalidInput."""
    wrong = [topic for topic in topics if topic not in TOPICS]
    if wrong or not topics:
        raise InvalidInput(f"Choose among the topics {', '.join(TOPICS)}.", field="topics")
    if len(url) > 2_000 or not (
        _ADDRESS.fullmatch(url) if kind is HookKind.MAIL else url.startswith("https://")
    ):
        needed = "a mail address" if kind is HookKind.MAIL else "an address that begins with https://"
        raise InvalidInput(f"This needs {needed}.", field="url")
    if (session.scalar(select(func.count()).select_from(OutgoingWebhook)) or 0) >= _MOST:
        raise InvalidInput(f"There are {_MOST} already: remove one first.", field="url")
    public_id = "HOOK-" + "".join(secrets.choice(_LETTERS) for _ in range(8))
    secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode() if kind is HookKind.SIGNED else ""
    session.execute(
        insert(OutgoingWebhook).values(
            public_id=public_id,
            kind=kind,
            url=url,
            secret=sealing.seal(secret, place=_place(public_id)) if secret else None,
            topics=list(dict.fromkeys(topics)),
            created_by=by,
        )
    )
    return public_id, secret


def _place(public_id: str) -> str:
    return f"outgoing_webhooks.{public_id}"


def list_webhooks(session: Session) -> list[OutgoingWebhook]:
    return list(session.scalars(select(OutgoingWebhook).order_by(OutgoingWebhook.id)))


def remove(session: Session, public_id: str) -> None:
    """With what waits for it. Raises NotFound."""
    gone = delete(OutgoingWebhook).where(OutgoingWebhook.public_id == public_id)
    if session.scalar(gone.returning(OutgoingWebhook.id)) is None:
        raise NotFound(f"There is no webhook {public_id[:40]}.")


def last_errors(session: Session) -> dict[int, str]:
    """By a webhook's row id: what went wrong last, if the newest delivery was not taken."""
    newest = select(func.max(WebhookDelivery.id)).group_by(WebhookDelivery.webhook_id)
    rows = session.execute(
        select(WebhookDelivery.webhook_id, WebhookDelivery.error).where(
            WebhookDelivery.id.in_(newest), WebhookDelivery.sent_at.is_(None), WebhookDelivery.error != ""
        )
    )
    return {webhook_id: error for webhook_id, error in rows}


def claim_due(session: Session, *, limit: int = 50) -> list[Due]:
    """What is to be sent now, the oldest first; each is somebody else's again when nothing is heard of it."""
    due = (
        select(WebhookDelivery.id)
        .where(
            WebhookDelivery.sent_at.is_(None),
            WebhookDelivery.failed_at.is_(None),
            WebhookDelivery.due_at <= func.now(),
        )
        .order_by(WebhookDelivery.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    taken = session.scalars(
        update(WebhookDelivery)
        .where(WebhookDelivery.id.in_(due))
        .values(attempts=WebhookDelivery.attempts + 1, due_at=func.now() + timedelta(seconds=_SENDING_S))
        .returning(WebhookDelivery)
    ).all()
    hooks = {hook.id: hook for hook in list_webhooks(session)}
    return [_due(one, hooks[one.webhook_id]) for one in sorted(taken, key=lambda one: one.id)]


def _due(one: WebhookDelivery, hook: OutgoingWebhook) -> Due:
    secret = sealing.unseal(hook.secret, place=_place(hook.public_id)) if hook.secret else ""
    return Due(
        one.id, hook.public_id, HookKind(hook.kind), hook.url, secret, one.topic, one.payload, one.attempts
    )


def mark_sent(session: Session, due: Due) -> None:
    _settle(session, due, {"sent_at": func.now(), "error": ""})


def mark_failed(session: Session, due: Due, error: str) -> None:
    """Refused for good."""
    _settle(session, due, {"failed_at": func.now(), "error": error})


def postpone(session: Session, due: Due, error: str, *, retry_after_s: float | None = None) -> None:
    """Try again later; after some hours it has failed."""
    if due.attempts >= _MOST_TRIES:
        mark_failed(session, due, error)
        return
    pause = retry_after_s or min(_FIRST_PAUSE_S * 3 ** (due.attempts - 1), _LONGEST_PAUSE_S)
    _settle(session, due, {"due_at": datetime.now(UTC) + timedelta(seconds=pause), "error": error})


def _settle(session: Session, due: Due, values: dict[str, Any]) -> None:
    session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.id == due.delivery_id, WebhookDelivery.attempts == due.attempts)
        .values(**values)
    )


def withdraw_reply(session: Session, message_id: int) -> None:
    """A reply was taken back while it was held: nobody is told that it was written."""
    session.execute(
        delete(WebhookDelivery).where(
            WebhookDelivery.topic == "ticket.replied",
            WebhookDelivery.payload["data"]["message_id"].as_integer() == message_id,
            WebhookDelivery.attempts == 0,
            # As the index of what is due has it.
            WebhookDelivery.sent_at.is_(None),
            WebhookDelivery.failed_at.is_(None),
            WebhookDelivery.due_at > func.now(),
        )
    )


def forget_before(session: Session, before: datetime) -> int:
    """Drop what was told or given up and is older; returns how many."""
    old = delete(WebhookDelivery).where(
        WebhookDelivery.created_at < before,
        WebhookDelivery.sent_at.is_not(None) | WebhookDelivery.failed_at.is_not(None),
    )
    return len(session.scalars(old.returning(WebhookDelivery.id)).all())


def body_of(due: Due) -> bytes:
    """What is posted: JSON for a program, a sentence for Slack."""
    shown = {"text": sentence(due)} if due.kind is HookKind.SLACK else due.payload
    return json.dumps(shown, sort_keys=True, ensure_ascii=False).encode()


def sentence(due: Due) -> str:
    what = TOPICS.get(due.topic.removeprefix("ticket."), due.topic)
    return (
        f"{what}: {due.payload.get('ticket_id')} ({due.payload.get('priority')}, {due.payload.get('status')})"
    )


def headers_of(due: Due, body: bytes, *, at: datetime) -> dict[str, str]:
    """Signed as the Standard Webhooks specification says; the id stays the same over all tries."""
    headers = {"Content-Type": "application/json"}
    if due.kind is not HookKind.SIGNED:
        return headers
    message_id, moment = f"msg_{due.delivery_id}", str(int(at.timestamp()))
    key = base64.b64decode(due.secret.removeprefix("whsec_"))
    signed = hmac.new(key, f"{message_id}.{moment}.".encode() + body, hashlib.sha256).digest()
    signature = f"v1,{base64.b64encode(signed).decode()}"
    return headers | {
        "webhook-id": message_id,
        "webhook-timestamp": moment,
        "webhook-signature": signature,
    }
