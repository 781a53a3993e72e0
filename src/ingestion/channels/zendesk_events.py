"""What Zendesk's webhooks say, as messages: events of a subscription, and the body of a trigger that calls a webhook.

Comments of staff, of our own user and private ones are left out; so is every event of another type.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any

from pydantic import Field

from ingestion.channels.payload import Id, OptionalText, Shape, Text, read, read_object
from runtime.errors import InvalidInput
from tickets.contracts import Channel, IncomingMessage, Priority

# The JSON body to give to a trigger with the conditions "comment is public" and "current user is (end user)".
# A subscription to the events ticket.created and ticket.comment_added needs none and is to be preferred: a
# trigger cannot tell a colleague from a person in copy, so that it brings the requester's own comments alone.
TRIGGER_BODY = """{
  "ticket_id": "{{ticket.id}}",
  "subject": "{{ticket.title}}",
  "comment_id": "{{ticket.latest_public_comment.id}}",
  "comment": "{{ticket.latest_public_comment.value}}",
  "author_id": "{{ticket.latest_public_comment.author.id}}",
  "author_email": "{{ticket.latest_public_comment.author.email}}",
  "requester_id": "{{ticket.requester.id}}",
  "requester_name": "{{ticket.requester.name}}",
  "requester_email": "{{ticket.requester.email}}"
}"""

_CREATED = "zen:event-type:ticket.created"
_COMMENTED = "zen:event-type:ticket.comment_added"
_PRIORITIES = {
    "low": Priority.LOW,
    "normal": Priority.NORMAL,
    "high": Priority.HIGH,
    "urgent": Priority.CRITICAL,
}
# A new ticket is told twice when both events are subscribed to: as created, and as its first comment.
_SAME_ACTION = timedelta(seconds=60)

_Number = Annotated[str, Field(pattern=r"^-?[0-9]{1,20}$")]


@dataclass(frozen=True)
class OwnUser:
    """The user whose token we use: what it wrote is no customer's. Empty where it is not known."""

    id: str
    email: str


class _Author(Shape):
    id: _Number
    is_staff: bool
    name: OptionalText = ""


class _Comment(Shape):
    id: Id
    body: Text
    is_public: bool
    author: _Author


class _Ticket(Shape):
    id: _Number
    requester_id: _Number
    submitter_id: _Number | None = None
    subject: OptionalText = ""
    description: OptionalText = ""
    priority: OptionalText = ""
    created_at: OptionalText = ""
    is_public: bool | None = None


class _NewTicket(_Ticket):
    description: Text


class _Commented(Shape):
    comment: _Comment


class _CommentAdded(Shape):
    time: OptionalText = ""
    detail: _Ticket
    event: _Commented


class _TicketCreated(Shape):
    detail: _NewTicket


class _TriggerBody(Shape):
    ticket_id: _Number
    comment_id: Id
    comment: Text
    author_id: _Number
    requester_id: _Number
    author_email: OptionalText = ""
    requester_name: OptionalText = ""
    requester_email: OptionalText = ""
    subject: OptionalText = ""


def parse(body: bytes, own: OwnUser) -> list[IncomingMessage]:
    """The customer's message of a webhook, if it is one. Raises InvalidInput naming the field that is wrong."""
    payload = read_object(body)
    kind = payload.get("type")
    if kind == _COMMENTED:
        return _comment_added(read(_CommentAdded, payload), own)
    if kind == _CREATED:
        return _ticket_created(read(_TicketCreated, payload), own)
    if isinstance(kind, str):
        return []
    return _from_trigger(payload, own)


def _comment_added(event: _CommentAdded, own: OwnUser) -> list[IncomingMessage]:
    comment, ticket = event.event.comment, event.detail
    author = comment.author
    if not comment.is_public or author.is_staff or author.id == own.id or _is_system(author.id):
        return []
    opening = (
        author.id == ticket.requester_id
        and comment.body.strip() == ticket.description.strip()
        and _close(event.time, ticket.created_at)
    )
    external_id = _opening_id(ticket.id) if opening else f"comment:{comment.id}"
    return [_message(ticket, external_id, author.id, comment.body, name=author.name)]


def _ticket_created(event: _TicketCreated, own: OwnUser) -> list[IncomingMessage]:
    """The first comment is the ticket's description; what staff opened for a customer is staff's own text."""
    ticket = event.detail
    by_requester = ticket.submitter_id in (None, ticket.requester_id)
    if ticket.is_public is False or not by_requester or ticket.requester_id == own.id:
        return []
    return [_message(ticket, _opening_id(ticket.id), ticket.requester_id, ticket.description)]


def _message(
    ticket: _Ticket, external_id: str, identity: str, text: str, *, name: str = ""
) -> IncomingMessage:
    """Zendesk does not say whether a comment that came by mail is the author's own: it is not vouched for."""
    return IncomingMessage(
        channel=Channel.ZENDESK,
        external_id=external_id,
        identity=identity,
        thread=ticket.id,
        subject=ticket.subject,
        text=text.strip(),
        name=name,
        priority=_PRIORITIES.get(ticket.priority.lower()),
    )


def _from_trigger(payload: dict[str, Any], own: OwnUser) -> list[IncomingMessage]:
    if "ticket_id" not in payload:
        raise InvalidInput("The body has neither a type nor a ticket_id.", field="type")
    body = read(_TriggerBody, payload)
    ours = body.author_id == own.id or (bool(own.email) and body.author_email.lower() == own.email)
    if ours or body.author_id != body.requester_id:
        return []
    return [
        IncomingMessage(
            channel=Channel.ZENDESK,
            external_id=f"comment:{body.comment_id}",
            identity=body.requester_id,
            thread=body.ticket_id,
            subject=body.subject,
            text=body.comment.strip(),
            name=body.requester_name,
            metadata={"unverified_email": body.requester_email} if body.requester_email else {},
        )
    ]


def _opening_id(ticket_id: str) -> str:
    return f"ticket:{ticket_id}:opening"


def _is_system(user_id: str) -> bool:
    """Zendesk's own automation writes as the user -1."""
    return user_id.startswith("-")


def _close(one: str, other: str) -> bool:
    try:
        return abs(datetime.fromisoformat(one) - datetime.fromisoformat(other)) <= _SAME_ACTION
    except (ValueError, TypeError, OverflowError):
        return False
