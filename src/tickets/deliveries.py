"""The outbox: an outgoing message goes queued → sending → sent, failed or unknown.

A send whose fate is not known (the process died between the send and its record) is settled by its channel's own
evidence or parked for staff; it is never blindly repeated.
"""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from runtime import telemetry
from runtime.settings import settings
from tickets import customers, lifecycle, timeline, wakeups
from tickets.contracts import Author, Channel, Delivery, FailedDelivery, Kind, Reason, Receipt
from tickets.models import Customer, CustomerIdentity, Message, Ticket

_TELL_STAFF_AT = 8  # After about ten minutes.
_GIVE_UP_AFTER = timedelta(days=1)
_FIRST_PAUSE_S = 5.0
_LONGEST_PAUSE_S = 900.0


@dataclass(frozen=True)
class Outgoing:
    """All that a channel needs to send one message."""

    message_id: int
    ticket_id: int
    ticket_public_id: str
    channel: Channel
    token: str
    to: str
    to_name: str
    thread: str
    subject: str
    text: str
    citations: tuple[dict[str, object], ...]
    mail_id: str
    in_reply_to: str
    references: tuple[str, ...]
    by_agent: bool
    correlation_id: str
    answers_id: str = ""  # The channel's own id of the newest message of the customer.
    answers_at: datetime | None = None  # When that came; some platforms take answers for a day only.
    desk_address: str = ""
    reply_to: str = ""  # Where the customer wants the answer, if elsewhere.
    copied: tuple[str, ...] = ()  # Who else got the customer's newest mail.
    answers_text: str = ""
    answers_name: str = ""
    begins: bool = False  # Staff wrote first: it answers nothing.


def claim_delivery(session: Session, message_id: int) -> Outgoing | None:
    """Take a queued message for sending; None when it is not due or somebody else has it."""
    token = secrets.token_hex(16)
    taken = session.execute(
        update(Message)
        .where(
            Message.id == message_id, Message.delivery == Delivery.QUEUED, Message.deliver_after <= func.now()
        )
        .values(
            delivery=Delivery.SENDING,
            delivery_token=token,
            delivery_error="",
            delivery_attempts=Message.delivery_attempts + 1,
            deliver_after=func.now() + timedelta(seconds=settings().ingestion.send_limit_s),
        )
        .returning(Message.id)
    ).first()
    return read_outgoing(session, message_id) if taken else None


def read_outgoing(session: Session, message_id: int) -> Outgoing:
    message, ticket, customer = session.execute(
        select(Message, Ticket, Customer)
        .join(Ticket, Ticket.id == Message.ticket_id)
        .join(Customer, Customer.id == Ticket.customer_id)
        .where(Message.id == message_id)
    ).one()
    channel = Channel(ticket.channel)
    mails = session.execute(
        select(Message.mail_id, Message.mail_references)
        .where(Message.ticket_id == ticket.id, Message.mail_id != "", Message.seq < message.seq)
        .order_by(Message.seq)
    ).all()
    known = [reference for mail in mails for reference in (*mail.mail_references, mail.mail_id)]
    newest = session.execute(
        select(Message)
        # What came after the reply was written must not decide where it goes.
        .where(
            Message.ticket_id == ticket.id,
            Message.kind == Kind.INBOUND,
            Message.seq <= func.coalesce(message.answers_seq, message.seq),
        )
        .order_by(Message.seq.desc())
        .limit(1)
    ).scalar()
    return Outgoing(
        message_id=message.id,
        ticket_id=ticket.id,
        ticket_public_id=ticket.public_id,
        channel=channel,
        token=message.delivery_token or "",
        to=_address(session, ticket, channel),
        to_name=customer.name,
        thread=ticket.thread,
        subject=ticket.subject,
        text=message.text,
        citations=tuple(message.citations),
        mail_id=message.mail_id,
        in_reply_to=newest.mail_id if newest else "",
        references=tuple(dict.fromkeys(known)),
        by_agent=message.author != Author.STAFF,
        correlation_id=message.correlation_id,
        answers_id=newest.external_id if newest else "",
        answers_at=newest.created_at if newest else None,
        desk_address=ticket.desk_address,
        reply_to=newest.reply_to if newest else "",
        copied=tuple(newest.copied) if newest else (),
        answers_text=newest.text if newest else "",
        answers_name=newest.author_name if newest else "",
        begins=newest is None,
    )


def _address(session: Session, ticket: Ticket, channel: Channel) -> str:
    """Where the ticket came from, while that is still the customer's; a merged one has several addresses."""
    own = CustomerIdentity.value == ticket.identity
    query = (
        select(CustomerIdentity.value)
        .where(
            CustomerIdentity.customer_id == ticket.customer_id,
            CustomerIdentity.kind == customers.identity_kind(channel, "@"),
        )
        .order_by(own.desc())
    )
    return session.scalar(query.limit(1)) or ""


def _settle(session: Session, outgoing: Outgoing, delivery: Delivery, *, error: str = "") -> bool:
    settled = session.execute(
        update(Message)
        .where(
            Message.id == outgoing.message_id,
            Message.delivery == Delivery.SENDING,
            Message.delivery_token == outgoing.token,
        )
        .values(
            delivery=delivery,
            delivery_error=error,
            delivered_at=func.now() if delivery is Delivery.SENT else None,
        )
        .returning(Message.id)
    ).first()
    if settled:
        telemetry.record_delivery(outgoing.channel, delivery)
    return settled is not None


def mark_sent(session: Session, outgoing: Outgoing) -> None:
    if _settle(session, outgoing, Delivery.SENT):
        timeline.record(
            session, outgoing.ticket_id, "delivered", actor=Author.SYSTEM, message_id=outgoing.message_id
        )


def mark_failed(session: Session, outgoing: Outgoing, error: str) -> None:
    """Refused for good: staff get the ticket."""
    if _settle(session, outgoing, Delivery.FAILED, error=error):
        lifecycle.hand_to_staff(session, outgoing.ticket_id, Reason.DELIVERY_FAILED)


def mark_bounced(session: Session, failure: FailedDelivery) -> int | None:
    """A mail of ours came back: its ticket, which staff have now. None when the mail is none of ours, or not final."""
    if not failure.mail_id or not failure.final:
        return None
    if not _was_written_to(session, failure):
        return None
    words = f"The mail to {failure.recipient or 'the customer'} came back ({failure.status or 'no reason given'})."
    ticket_id = session.scalar(
        update(Message)
        .where(
            Message.mail_id == failure.mail_id,
            Message.kind == Kind.OUTBOUND,
            Message.delivery.in_((Delivery.SENT, Delivery.UNKNOWN, Delivery.SENDING)),
        )
        .values(delivery=Delivery.FAILED, delivery_error=words, delivery_token=None)
        .returning(Message.ticket_id)
    )
    if ticket_id is not None:
        telemetry.record_delivery(Channel.MAIL, "bounced")
        # Also on a closed ticket: whoever closed it thought that the customer had the answer.
        lifecycle.hand_to_staff(session, ticket_id, Reason.DELIVERY_FAILED)
    return ticket_id


def _was_written_to(session: Session, failure: FailedDelivery) -> bool:
    """Whether the mail went to the address that the bounce speaks of."""
    message_id = session.scalar(
        select(Message.id).where(Message.mail_id == failure.mail_id, Message.kind == Kind.OUTBOUND).limit(1)
    )
    if message_id is None:
        return False
    sent = read_outgoing(session, message_id)
    known = {one.lower() for one in (sent.to, sent.reply_to, *sent.copied)}
    return not failure.recipient or failure.recipient.lower() in known


def find_own(session: Session, mail_id: str) -> Receipt | None:
    """The message of ours that left with this Message-ID."""
    row = session.execute(
        select(Message.id, Ticket.id, Ticket.public_id)
        .join(Ticket, Ticket.id == Message.ticket_id)
        .where(Message.mail_id == mail_id, Message.kind == Kind.OUTBOUND, Message.mail_id != "")
        .limit(1)
    ).first()
    return Receipt(row[1], row[2], row[0], duplicate=True) if row else None


def note_doubt(session: Session, outgoing: Outgoing, error: str) -> None:
    """Handed over and no answer came. The sweep settles it once the channel has had time to show what became of it."""
    session.execute(
        update(Message)
        .where(Message.id == outgoing.message_id, Message.delivery_token == outgoing.token)
        .values(delivery_error=error)
    )


def park_unknown(session: Session, outgoing: Outgoing) -> None:
    """Nobody knows whether the customer has it: staff decide, nothing is sent again by itself."""
    noted = session.scalar(select(Message.delivery_error).where(Message.id == outgoing.message_id))
    if _settle(session, outgoing, Delivery.UNKNOWN, error=noted or "The process ended while it was sending."):
        lifecycle.hand_to_staff(session, outgoing.ticket_id, Reason.DELIVERY_FAILED)


def postpone(session: Session, outgoing: Outgoing, error: str, *, retry_after_s: float | None = None) -> None:
    """Not sent, for certain: try again later. Staff hear of it after some tries; after a day it has failed."""
    attempts, created_at = session.execute(
        select(Message.delivery_attempts, Message.created_at).where(Message.id == outgoing.message_id)
    ).one()
    if datetime.now(UTC) - created_at > _GIVE_UP_AFTER:
        mark_failed(session, outgoing, error)
        return
    if attempts == _TELL_STAFF_AT:
        lifecycle.hand_to_staff(session, outgoing.ticket_id, Reason.DELIVERY_FAILED)
    pause_s = retry_after_s or min(
        _FIRST_PAUSE_S * 2 ** (min(attempts, _TELL_STAFF_AT) - 1), _LONGEST_PAUSE_S
    )
    session.execute(
        update(Message)
        .where(
            Message.id == outgoing.message_id,
            Message.delivery == Delivery.SENDING,  # A late sender must not undo what was parked meanwhile.
            Message.delivery_token == outgoing.token,
        )
        .values(
            delivery=Delivery.QUEUED,
            delivery_token=None,
            delivery_error=error,
            deliver_after=datetime.now(UTC) + timedelta(seconds=pause_s),
        )
    )


@dataclass(frozen=True)
class Stale:
    """What the sweep found: messages to ask for again, and sends whose process died with their tokens."""

    queued: list[int]
    sending: list[tuple[int, str]]


def sweep(session: Session, *, channels_read_by_client: tuple[Channel, ...] = (Channel.WEB_CHAT,)) -> Stale:
    """Ask again for what is due. Chat is read by its client from the rows, so its jobs are not needed."""
    due = session.execute(
        select(Message.id, Message.delivery, Message.delivery_token)
        .join(Ticket, Ticket.id == Message.ticket_id)
        .where(
            or_(Message.delivery == Delivery.QUEUED, Message.delivery == Delivery.SENDING),
            Message.deliver_after < func.now() - timedelta(seconds=1),
            Ticket.channel.not_in(channels_read_by_client),
        )
        .order_by(Message.deliver_after)
        .limit(200)
    ).all()
    queued = [row.id for row in due if row.delivery == Delivery.QUEUED]
    for message_id in queued:
        wakeups.request_delivery(session, message_id, expires_s=settings().runtime.sweep_s)
    return Stale(queued, [(row.id, row.delivery_token) for row in due if row.delivery == Delivery.SENDING])


def acknowledge_chat(session: Session, thread: str, up_to_id: int) -> None:
    """The visitor's page has shown everything up to this message."""
    ticket = select(Ticket.id).where(Ticket.channel == Channel.WEB_CHAT, Ticket.thread == thread)
    shown = session.execute(
        update(Message)
        .where(
            Message.ticket_id.in_(ticket),
            Message.kind == Kind.OUTBOUND,
            Message.id <= up_to_id,
            Message.delivery.in_((Delivery.QUEUED, Delivery.SENDING, Delivery.UNKNOWN)),
        )
        .values(delivery=Delivery.SENT, delivered_at=func.now())
        .returning(Message.id, Message.ticket_id)
    ).all()
    for row in shown:
        telemetry.record_delivery(Channel.WEB_CHAT, Delivery.SENT)
        timeline.record(session, row.ticket_id, "delivered", actor=Author.SYSTEM, message_id=row.id)
