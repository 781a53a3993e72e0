"""Customers, found by an identity that their channel has verified, or by their public id; and two made one."""

from dataclasses import dataclass

from sqlalchemy import delete, func, insert, literal, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from runtime import events
from runtime.errors import Conflict, NotFound, Unavailable
from tickets.action_models import Action
from tickets.contracts import Channel, Status
from tickets.models import Customer, CustomerIdentity, Ticket, TicketEvent
from tickets.public_ids import new_customer_id

MAIL = "mail"
VISITOR = "visitor"
# The public id of a customer who was merged into this one, so that whoever kept the id still finds somebody.
MERGED = "merged"

_KINDS = {Channel.MAIL: MAIL, Channel.WEB_CHAT: VISITOR, Channel.API: MAIL}
# Answers on these channels go to the customer's identity of that kind, so there may be one of it alone.
_ANSWERED_AT = (Channel.MAIL, Channel.X, Channel.FACEBOOK)
_USUAL_TIER = "standard"
_DONE = (Status.RESOLVED, Status.CLOSED, Status.MERGED)
# Below the second after which the server looks for deadlocks: a merge gives way before anybody else is hurt.
_PATIENCE = text("set local lock_timeout = '500ms'")
_GAVE_WAY = ("55P03", "40P01")  # The lock was not to be had in time; a deadlock.
# Whoever stores a message has read this table in the same transaction. So nobody is between the look at a
# customer's identity and the ticket that he gets, and the usual message pays nothing for that.
_STOP_ARRIVALS = text("lock table customer_identities in access exclusive mode")


def identity_kind(channel: Channel, identity: str) -> str:
    """The namespace of a channel's identities. Mail and API share mail addresses."""
    if channel is Channel.API and "@" not in identity:
        return str(Channel.API)
    return _KINDS.get(channel, str(channel))


def normalised(identity: str) -> str:
    return identity.strip().lower()


def create_customer(session: Session, kind: str, value: str, *, name: str, tier: str = _USUAL_TIER) -> int:
    """The customer with this identity, created when there is none; safe when two come at once."""
    session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"{kind}:{value}", 0))))
    known = session.scalar(
        select(CustomerIdentity.customer_id).where(
            CustomerIdentity.kind == kind, CustomerIdentity.value == value
        )
    )
    if known is not None:
        return known
    row = insert(Customer).values(public_id=new_customer_id(), name=name, tier=tier).returning(Customer.id)
    customer_id = session.execute(row).scalar_one()
    session.execute(insert(CustomerIdentity).values(kind=kind, value=value, customer_id=customer_id))
    return customer_id


def find(session: Session, public_id: str) -> Customer:
    """The customer with this id, or the one whom that customer was merged into. Raises NotFound."""
    by_id = select(Customer).where(Customer.public_id == public_id)
    merged = (
        select(Customer)
        .join(CustomerIdentity, CustomerIdentity.customer_id == Customer.id)
        .where(CustomerIdentity.kind == MERGED, CustomerIdentity.value == normalised(public_id))
    )
    customer = session.scalars(by_id).first() or session.scalars(merged).first()
    if customer is None:
        raise NotFound(f"There is no customer {public_id[:40]}.")
    return customer


def identities_of(session: Session, customer_id: int) -> list[CustomerIdentity]:
    """By kind and value."""
    query = select(CustomerIdentity).where(CustomerIdentity.customer_id == customer_id)
    return list(session.scalars(query.order_by(CustomerIdentity.kind, CustomerIdentity.value)))


def has_mail(session: Session, customer_id: int, address: str) -> bool:
    whose = select(CustomerIdentity.customer_id).where(
        CustomerIdentity.kind == MAIL, CustomerIdentity.value == normalised(address)
    )
    return session.scalar(whose) == customer_id


def identity_for_api(session: Session, customer: Customer) -> str:
    """An identity by which a program's message reaches the customer; made from the public id where there is none."""
    known = (one for one in identities_of(session, customer.id) if one.kind in (MAIL, Channel.API))
    if first := next(known, None):
        return first.value
    value = normalised(customer.public_id)
    session.execute(
        upsert(CustomerIdentity)
        .values(kind=str(Channel.API), value=value, customer_id=customer.id)
        .on_conflict_do_nothing()
    )
    return value


@dataclass(frozen=True)
class Merged:
    """Who is left, and what was moved."""

    customer: Customer
    tickets: int
    identities: int


def merge(session: Session, public_id: str, other_public_id: str, *, actor: str) -> Merged:
    """Make `other` part of the customer: identities and tickets move, the timelines say so. There is no way back.

    Raises Conflict when they are one already or an answer could go to the wrong address, and Unavailable when
    messages are being stored all the time: try again.
    """
    try:
        session.execute(_PATIENCE)
        session.execute(_STOP_ARRIVALS)
        return _merged(session, find(session, public_id), find(session, other_public_id), actor=actor)
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", "") not in _GAVE_WAY:
            raise
        raise Unavailable("Messages of customers are being stored: try again in a moment.") from None


def _merged(session: Session, kept: Customer, other: Customer, *, actor: str) -> Merged:
    if kept.id == other.id:
        raise Conflict("These are one customer already.", field="other")
    tickets = session.scalars(
        update(Ticket).where(Ticket.customer_id == other.id).values(customer_id=kept.id).returning(Ticket.id)
    ).all()
    identities = session.scalars(
        update(CustomerIdentity)
        .where(CustomerIdentity.customer_id == other.id)
        .values(customer_id=kept.id)
        .returning(CustomerIdentity.kind)
    ).all()
    alias = {"kind": MERGED, "value": normalised(other.public_id), "customer_id": kept.id}
    session.execute(insert(CustomerIdentity).values(alias))
    kept.name = kept.name or other.name
    kept.tier = other.tier if kept.tier == _USUAL_TIER else kept.tier
    session.flush()
    session.execute(update(Action).where(Action.customer_id == other.id).values(customer_id=kept.id))
    session.execute(delete(Customer).where(Customer.id == other.id))
    _record(session, kept, other.public_id, actor=actor)
    return Merged(kept, len(tickets), len([kind for kind in identities if kind != MERGED]))


def _record(session: Session, kept: Customer, gone: str, *, actor: str) -> None:
    """On all their tickets, in one statement: a customer may have thousands."""
    theirs = select(Ticket.id).where(Ticket.customer_id == kept.id)
    data = func.jsonb_build_object("merged", literal(gone), "into", literal(kept.public_id))
    session.execute(
        insert(TicketEvent).from_select(
            ["ticket_id", "kind", "actor", "data"],
            theirs.add_columns(literal("customer_merged"), literal(actor), data),
        )
    )
    for ticket_id in session.scalars(theirs.where(Ticket.status.not_in(_DONE))):
        events.publish(session, "ticket.customer_merged", ticket_id=ticket_id)
