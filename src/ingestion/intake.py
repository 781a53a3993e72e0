"""The one entrance: every channel hands its verified, parsed messages to `receive`."""

from dataclasses import replace

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ingestion.threads import Standing, find_thread, is_about_ours, standing_of
from runtime.database import one_statement
from runtime.errors import DeskfleetError, Unavailable
from runtime.language import language_of
from tickets import attachments, deliveries, lifecycle, proofs, tombstones, vault, verification
from tickets.action_models import Action
from tickets.contracts import IncomingMessage, Reason, Receipt, Status
from tickets.models import Ticket
from tickets.vault import Secret

_PARTICIPANT = "participant"
_OF_SERVERS = ("bounce", "complaint")


class NotAnswered(DeskfleetError):
    """A machine's message that belongs to no ticket: nobody is owed an answer."""


def receive_at_once(message: IncomingMessage) -> Receipt | None:
    """In one statement, for a plain message of no thread by a known customer.

    None: use `receive` for the same message.
    """
    safe, secrets = _protected(message)
    if secrets or message.attachments:
        return None
    try:
        with one_statement() as at_once:
            return lifecycle.open_at_once(at_once, safe)
    except Unavailable:
        return None  # If it was stored all the same, `receive` finds that it came before.


def receive(session: Session, message: IncomingMessage) -> Receipt:
    """Store a message and ask for an answer: drop duplicates, find the thread, append or open.

    The caller answers its channel after the commit, never before. Raises NotAnswered for what a machine wrote
    about no ticket of ours.
    """
    if erased := tombstones.buried(session, message):
        return erased
    safe, secrets = _protected(message)
    receipt = _place(session, safe, secrets)
    return _with_parts(session, receipt, message, secrets)


def receive_on_ticket(session: Session, message: IncomingMessage, ticket_id: int) -> Receipt:
    """A further message on a ticket that the caller has found; a closed one gets a linked successor."""
    safe, secrets = _protected(message)
    ticket = session.scalars(select(Ticket).where(Ticket.id == ticket_id).with_for_update()).one()
    receipt = _join(session, safe, ticket, secrets)
    return _with_parts(session, receipt, message, secrets)


def _protected(message: IncomingMessage) -> tuple[IncomingMessage, tuple[Secret, ...]]:
    """Cards, accounts and secrets go into the vault, whatever channel they came by."""
    text = vault.protect(message.text)
    quoted = vault.protect(message.quoted_text, after=text.secrets)
    subject = vault.protect(message.subject, after=(*text.secrets, *quoted.secrets))
    safe = replace(
        message,
        text=text.text,
        quoted_text=quoted.text,
        subject=subject.text,
        language=language_of(text.text),
    )
    return safe, (*text.secrets, *quoted.secrets, *subject.secrets)


def _with_parts(
    session: Session, receipt: Receipt, message: IncomingMessage, secrets: tuple[Secret, ...]
) -> Receipt:
    if not receipt.duplicate:
        vault.keep(session, receipt.message_id, secrets)
        attachments.keep(session, receipt.message_id, message.attachments)
    return receipt


def _place(session: Session, message: IncomingMessage, secrets: tuple[Secret, ...]) -> Receipt:
    if not message.thread and message.mail is None and not message.automatic:
        return lifecycle.open_ticket(session, message)
    # Two messages of one conversation at the same moment must find the same ticket.
    lock = f"{message.channel}:{message.thread or message.identity}"
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(lock, 0))))
    ticket = find_thread(session, message)
    if message.automatic:
        return _keep_notice(session, message, ticket)
    if ticket is None:
        return lifecycle.open_ticket(session, message)
    return _continue(session, message, ticket, secrets)


def _continue(
    session: Session, message: IncomingMessage, ticket: Ticket, secrets: tuple[Secret, ...]
) -> Receipt:
    """As far as its sender belongs to the ticket; a stranger gets a ticket of his own that is linked to it."""
    session.refresh(ticket, with_for_update=True)  # It may be closed this very moment.
    standing = standing_of(session, ticket, message)
    if standing is Standing.PARTICIPANT and ticket.status != Status.CLOSED:
        return _keep_participant(session, message, ticket)
    if standing is Standing.CUSTOMER:
        return _join(session, message, ticket, secrets)
    return lifecycle.open_ticket(session, message, linked_to=ticket.id)


def _join(session: Session, message: IncomingMessage, ticket: Ticket, secrets: tuple[Secret, ...]) -> Receipt:
    if ticket.status == Status.CLOSED:
        return lifecycle.open_ticket(session, message, linked_to=ticket.id)
    beside = f"{message.subject}\n{message.quoted_text}"
    awaited = verification.take_code(session, ticket.id, message.text, beside=beside, secrets=secrets)
    if awaited:
        return _join_with_code(session, message, ticket, awaited)
    return lifecycle.append_message(session, message, ticket.id)


def _join_with_code(
    session: Session, message: IncomingMessage, ticket: Ticket, awaited: verification.Awaited
) -> Receipt:
    """The code is kept as a secret is, and tried once the message is stored: what came twice is tried once."""
    quoted = verification.without_codes(message.quoted_text)
    safe = replace(message, text=awaited.text, quoted_text=quoted)
    receipt = lifecycle.append_message(session, safe, ticket.id)
    if not receipt.duplicate:
        vault.keep(session, receipt.message_id, awaited.secrets)
        verification.settle(session, awaited)
    return receipt


def _keep_notice(session: Session, message: IncomingMessage, ticket: Ticket | None) -> Receipt:
    """On its ticket's timeline, never answered. A bounce of our reply tells staff that it did not arrive; a copy of
    our own mail that came back, from an alias or a list, says nothing new.
    """
    if copy := deliveries.find_own(session, message.mail.message_id if message.mail else ""):
        return copy
    if message.failure and (asked := proofs.mailed_as(session, message.failure.mail_id)):
        return _keep_bounced_code(session, message, asked)
    if ticket is None or not _may_note(session, message, ticket):
        raise NotAnswered(f"not answered: {message.automatic}")
    receipt = lifecycle.append_notice(session, message, ticket.id)
    if message.failure and not receipt.duplicate:
        deliveries.mark_bounced(session, message.failure)
    return receipt


def _keep_bounced_code(session: Session, message: IncomingMessage, asked: Action) -> Receipt:
    receipt = lifecycle.append_notice(session, message, asked.ticket_id)
    if message.failure and not receipt.duplicate:
        verification.mark_bounced(session, asked, message.failure)
    return receipt


def _may_note(session: Session, message: IncomingMessage, ticket: Ticket) -> bool:
    """A stranger's machine does not get onto a ticket by quoting it; a mail server may speak of a mail of ours."""
    if message.automatic in _OF_SERVERS:
        return is_about_ours(session, message)
    return message.automatic == "own_mail" or standing_of(session, ticket, message) is not Standing.STRANGER


def _keep_participant(session: Session, message: IncomingMessage, ticket: Ticket) -> Receipt:
    """Somebody in copy wrote: a person reads it, and nothing in it steers the agent."""
    receipt = lifecycle.append_notice(session, replace(message, automatic=_PARTICIPANT), ticket.id)
    if not receipt.duplicate:
        lifecycle.hand_to_staff(session, ticket.id, Reason.PARTICIPANT_WROTE)
    return receipt
