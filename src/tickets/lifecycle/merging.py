"""Two conversations of a customer become one, or one becomes two."""

from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from runtime.errors import Conflict, InvalidInput, NotFound
from tickets import action_models, outbox, sla, timeline
from tickets.action_kinds import UNDER_WAY
from tickets.contracts import Channel, Kind, Owner, Priority, Reason, Status
from tickets.lifecycle.staff_work import lock, take
from tickets.lifecycle.states import TRANSITIONS, is_owed, moment_in
from tickets.models import Attachment, Message, Ticket
from tickets.public_ids import new_file_id, new_ticket_id

_MAY_SPLIT = (Channel.MAIL, Channel.API)
_COPIED = (
    "author",
    "author_name",
    "text",
    "quoted_text",
    "copied",
    "reply_to",
    "mail_references",
    "created_at",
)


def merge(session: Session, ticket_id: int, into_id: int, *, actor: str) -> None:
    """The conversation goes on in the other ticket, which staff own. Nothing is moved, so all stays where it was said.

    Raises InvalidInput for the ticket itself or another customer's, Conflict where it cannot be done.
    """
    if ticket_id == into_id:
        raise InvalidInput("A ticket cannot be merged into itself.", field="into")
    locked = {one: lock(session, one) for one in sorted((ticket_id, into_id))}
    ticket, into = locked[ticket_id], locked[into_id]
    _check_merge(session, ticket, into)
    # An answer of the agent that did not leave any more is no answer.
    withdrawn = outbox.withdraw_agents(session, ticket_id)
    owed = is_owed(ticket) or withdrawn > 0
    deadlines = (ticket.staff_due_at or ticket.answer_due_at, into.staff_due_at if is_owed(into) else None)
    due = min(one for one in deadlines if one is not None)
    _end(ticket, into_id, actor)
    _go_on(into, actor, due if owed else None)
    session.flush()
    timeline.record(session, ticket_id, "merged", actor=actor, into=into.public_id)
    timeline.record(session, into_id, "merged_in", actor=actor, ticket=ticket.public_id)


def _check_merge(session: Session, ticket: Ticket, into: Ticket) -> None:
    if ticket.customer_id != into.customer_id:
        raise InvalidInput("Only tickets of the same customer are merged.", field="into")
    if Status.MERGED not in TRANSITIONS[Status(ticket.status)]:
        raise Conflict(f"A ticket that is {ticket.status} cannot be merged.", field="status")
    if Status(into.status) in (Status.CLOSED, Status.MERGED):
        raise Conflict(f"The other ticket is {into.status}.", field="into")
    if ticket.channel == Channel.WEB_CHAT:
        raise Conflict(
            "A chat's visitor stays in the chat: merge the other ticket into it instead.", field="into"
        )
    waiting = select(action_models.Action.id).where(
        action_models.Action.ticket_id == ticket.id, action_models.Action.state.in_(UNDER_WAY)
    )
    if session.scalar(waiting.limit(1)) is not None:
        raise Conflict("Decide on the actions of this ticket first.", field="into")


def _end(ticket: Ticket, into_id: int, actor: str) -> None:
    take(ticket, actor)
    ticket.status = Status.MERGED
    ticket.merged_into = into_id
    ticket.snoozed_until = None
    ticket.resolved_at = None
    ticket.handled_seq = ticket.last_inbound_seq


def _go_on(into: Ticket, actor: str, due: datetime | None) -> None:
    """The agent does not see what was said in the other ticket, so staff go on with both."""
    owed = is_owed(into)
    agents = into.owner == Owner.AGENT
    take(into, actor)
    into.handled_seq = into.last_inbound_seq
    if due is None and not owed:
        return
    into.status = Status.ESCALATED
    into.resolved_at = None
    into.snoozed_until = None
    into.reason = Reason.MERGED_IN if agents or not owed else into.reason
    into.staff_due_at = due or into.staff_due_at


def split(session: Session, ticket_id: int, seq: int, *, actor: str, subject: str = "") -> str:
    """A new ticket of the same customer about one of their messages, for staff; its public id.

    Raises NotFound for a message that is none of the customer's, Conflict where the channel knows one thread alone.
    """
    ticket = lock(session, ticket_id)
    if Channel(ticket.channel) not in _MAY_SPLIT:
        raise Conflict("This channel keeps one conversation with the customer: it cannot be split.")
    message = session.scalars(
        select(Message).where(
            Message.ticket_id == ticket_id, Message.seq == seq, Message.kind == Kind.INBOUND
        )
    ).first()
    if message is None:
        raise NotFound("There is no such message of the customer.")
    public_id = new_ticket_id()
    new_id = _open_beside(session, ticket, public_id, subject.strip() or ticket.subject, actor)
    _copy(session, message, new_id)
    timeline.record(session, ticket_id, "split", actor=actor, into=public_id, seq=seq)
    timeline.record(session, new_id, "split_from", actor=actor, ticket=ticket.public_id, seq=seq)
    return public_id


def _open_beside(session: Session, ticket: Ticket, public_id: str, subject: str, actor: str) -> int:
    kept = (
        "customer_id", "channel", "priority", "priority_rank", "category", "language", "queue_id",
        "customer_verified", "desk_address", "identity",
    )  # fmt: skip
    return session.execute(
        insert(Ticket)
        .values(
            public_id=public_id,
            subject=subject[:400],
            status=Status.ESCALATED,
            owner=Owner.STAFF,
            assignee=actor if actor.startswith("AGENT-") else None,
            reason=Reason.TAKEN_BY_STAFF,
            last_seq=1,
            last_inbound_seq=1,
            handled_seq=1,
            answer_due_at=moment_in(0),
            staff_due_at=sla.deadline(Priority(ticket.priority)),
            linked_to=ticket.id,
            **{name: getattr(ticket, name) for name in kept},
        )
        .returning(Ticket.id)
    ).scalar_one()


def _copy(session: Session, message: Message, new_id: int) -> None:
    """Without the mail's own id: what the customer answers to that mail belongs to the first ticket."""
    values = {name: getattr(message, name) for name in _COPIED}
    values["mail_references"] = [*message.mail_references, *filter(None, [message.mail_id])]
    copied = session.execute(
        insert(Message).values(ticket_id=new_id, seq=1, kind=Kind.INBOUND, **values).returning(Message.id)
    ).scalar_one()
    files = session.scalars(select(Attachment).where(Attachment.message_id == message.id))
    for file in list(files):
        _copy_file(session, file, copied)


def _copy_file(session: Session, file: Attachment, message_id: int) -> None:
    """The content is in the store once, under its key."""
    kept = ("name", "type", "stated_type", "size", "key", "inline", "refused")
    session.execute(
        insert(Attachment).values(
            public_id=new_file_id(), message_id=message_id, **{name: getattr(file, name) for name in kept}
        )
    )
