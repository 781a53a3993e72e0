"""Mails the one-time code of an action to the customer's verified address: the job, and the sweep for what was lost."""

import logging

from sqlalchemy import select
from sqlalchemy.orm import Session

from ingestion.channels import mail
from runtime import telemetry
from runtime.database import transaction
from runtime.errors import FateUnknown, Permanent, Retryable
from runtime.jobs import job, request
from runtime.settings import settings
from tickets import actions, lifecycle, proofs, verification
from tickets.action_models import Action
from tickets.contracts import Author, Channel, Reason
from tickets.deliveries import Outgoing
from tickets.models import Customer, Message, Ticket
from tickets.proof_texts import text_of
from tickets.proofs import SEND_CODE, Sending
from tickets.public_ids import new_mail_id

log = logging.getLogger(__name__)

PATH = "/confirm"


@job(queue="ingestion")
def send_code(action_id: int) -> None:
    """Make a code and mail it, with no transaction open while it is sent."""
    with transaction() as session:
        sending = proofs.claim_sending(session, action_id)
        outgoing = _outgoing(session, sending) if sending else None
        if sending and outgoing:
            proofs.remember_mail(session, sending, outgoing.mail_id)
    if sending is None or outgoing is None:
        return
    try:
        with telemetry.span("send_code"):
            mail.send(outgoing)
    except Retryable as error:
        _postpone(sending, error.detail)
    except Permanent as error:
        _give_up(sending, error.detail)
    except FateUnknown:
        _sent(sending)  # Staff can have another one sent; two at once would only confuse.
    else:
        _sent(sending)


@job(queue="upkeep")
def sweep_codes() -> None:
    """Ask again for codes whose job was lost."""
    with transaction() as session:
        for action_id in proofs.due(session):
            request(session, SEND_CODE, action_id)


def _sent(sending: Sending) -> None:
    with transaction() as session:
        action = proofs.mark_sent(session, sending)
        if action is None:
            return
        channel = session.scalars(select(Ticket.channel).where(Ticket.id == action.ticket_id)).one()
        if channel != Channel.MAIL:
            verification.tell_of_code(session, action)


def _postpone(sending: Sending, why: str) -> None:
    with transaction() as session:
        goes_on = proofs.postpone(session, sending)
    if not goes_on:
        _give_up(sending, why)


def _give_up(sending: Sending, why: str) -> None:
    """Staff have to find another way to know the customer."""
    log.warning("no code could be mailed: %s", why)
    with transaction() as session:
        action = session.scalars(select(Action).where(Action.id == sending.action_id)).one()
        proofs.close(session, action.id)
        actions.record(session, action, "code_failed", actor=Author.SYSTEM)
        lifecycle.hand_to_staff(session, action.ticket_id, Reason.TOOL_FAILURE)


def _outgoing(session: Session, sending: Sending) -> Outgoing:
    """A mail that stands in the ticket's thread, to the address that was verified when the action was proposed."""
    action, ticket, name = session.execute(
        select(Action, Ticket, Customer.name)
        .join(Ticket, Ticket.id == Action.ticket_id)
        .join(Customer, Customer.id == Action.customer_id)
        .where(Action.id == sending.action_id)
    ).one()
    mails = session.scalars(
        select(Message.mail_id)
        .where(Message.ticket_id == ticket.id, Message.mail_id != "")
        .order_by(Message.seq)
    ).all()
    desk = ticket.desk_address or settings().ingestion.address
    return Outgoing(
        message_id=0,
        ticket_id=ticket.id,
        ticket_public_id=ticket.public_id,
        channel=Channel.MAIL,
        token=sending.token,
        to=action.customer_mail,
        to_name=name,
        thread="",
        subject=text_of("subject", action.language),
        text=_text(action, sending),
        citations=(),
        mail_id=new_mail_id(desk.rpartition("@")[2]),
        in_reply_to=mails[-1] if mails else "",
        references=tuple(dict.fromkeys(mails)),
        by_agent=True,
        correlation_id=ticket.correlation_id,
        desk_address=ticket.desk_address,
    )


def _text(action: Action, sending: Sending) -> str:
    return text_of(
        "mail",
        action.language,
        what=verification.wish_of(action),
        code=sending.code,
        link=f"{settings().public_url}{PATH}/{sending.link}",
        desk=settings().agent.desk_name,
    )
