"""What a chat shows: the messages after a cursor, and how the conversation stands. Read from the rows."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from itertools import takewhile

from sqlalchemy import Row, Text, any_, case, extract, func, literal, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from ingestion import chat_links, chat_sessions
from ingestion.channels import web_chat
from ingestion.chat_sessions import Visitor
from runtime.database import transaction
from runtime.settings import settings
from tickets import attachments, partial_replies
from tickets.contracts import Author, Channel, Kind, Owner, Status
from tickets.holding import held
from tickets.models import Attachment, Message, Ticket

_PAGE = 200


class ChatStatus(StrEnum):
    WAITING = "waiting"
    """Nothing is owed: the visitor speaks next."""
    ANSWERING = "answering"
    WITH_STAFF = "with_staff"
    RESOLVED = "resolved"


@dataclass(frozen=True)
class ChatState:
    """`rating` is what the visitor gave the conversation as it stands, if anything."""

    status: ChatStatus
    rating: int | None


@dataclass(frozen=True)
class ChatMessage:
    """A message as its page shows it. `client_id` is the page's own id of what the visitor wrote.

    `answers` is the `key` of the partial reply that it takes the place of, if one was shown.
    A file has a name and, when it may be opened, a url.
    """

    message_id: int
    author: Author
    name: str
    text: str
    citations: tuple[dict[str, str], ...]
    at: datetime
    client_id: str
    answers: str
    files: tuple[dict[str, str], ...]


@dataclass(frozen=True)
class PartialReply:
    """A reply that is still being written. It may be shown for `left_s` seconds, then the rows are to be read again."""

    key: str
    text: str
    left_s: float = field(compare=False)


@dataclass(frozen=True)
class News:
    """What came after a message. `more`: this was only the first page of it.

    `wait_s`: the rows are to be read again after so many seconds, though nobody tells of it; None: when told.
    """

    messages: tuple[ChatMessage, ...]
    partial: PartialReply | None
    state: ChatState
    ticket_ids: tuple[int, ...]
    more: bool
    wait_s: float | None


def read_news(visitor: Visitor, *, after: int) -> News:
    """The messages after `after`, in order, and how the conversation stands.

    A ticket's messages get their ids under its row's lock, so no smaller id can appear later. For the same reason
    a reply that is held back holds back what was said after it.
    """
    with transaction() as session:
        tickets = _tickets(session, visitor)
        ticket_ids = tuple(ticket.id for ticket in tickets)
        found = session.execute(
            select(
                Message, case((held(), extract("epoch", Message.deliver_after - func.now()))).label("held_s")
            )
            .where(
                Message.ticket_id.in_(ticket_ids),
                Message.id > after,
                Message.kind.in_((Kind.INBOUND, Kind.OUTBOUND)),
            )
            .order_by(Message.id)
            .limit(_PAGE)
        ).all()
        held_s = next((float(row.held_s) for row in found if row.held_s is not None), None)
        rows = [row.Message for row in takewhile(lambda row: row.held_s is None, found)]
        files = attachments.of_messages(session, [row.id for row in rows])
        messages = tuple(_chat_message(row, files.get(row.id, [])) for row in rows)
        state = _state(session, tickets, something_held=held_s is not None)
        partial = _partial(session, tickets[-1].id) if state.status is ChatStatus.ANSWERING else None
    return News(
        messages,
        partial,
        state,
        ticket_ids,
        more=len(found) == _PAGE and held_s is None,
        wait_s=partial.left_s if partial else held_s,
    )


Mark = tuple[tuple[object, ...], ...]


def read_marks(conversation_ids: Iterable[str]) -> dict[str, Mark]:
    """For each conversation that has a ticket a value that changes when there is anything new to show."""
    asked = literal(list(conversation_ids), ARRAY(Text))
    query = (
        select(
            Ticket.thread, Ticket.id, Ticket.last_seq, Ticket.handled_seq, Ticket.owner, Ticket.status,
            partial_replies.shown_text(),
        )
        # That it is not empty goes without saying, but not for the index of the threads.
        .where(Ticket.channel == Channel.WEB_CHAT, Ticket.thread == any_(asked), Ticket.thread != "")
        .order_by(Ticket.id)
    )  # fmt: skip
    marks: dict[str, Mark] = {}
    with transaction() as session:
        for row in session.execute(query):
            marks[row.thread] = (*marks.get(row.thread, ()), tuple(row))
    return marks


_TicketRow = Row[int, str, str, int, int]


def _tickets(session: Session, visitor: Visitor) -> list[_TicketRow]:
    """The tickets of the conversation: more than one when it went on after it was closed."""
    found = session.execute(
        select(Ticket.id, Ticket.status, Ticket.owner, Ticket.last_inbound_seq, Ticket.handled_seq)
        .where(Ticket.channel == Channel.WEB_CHAT, Ticket.thread == visitor.conversation_id)
        .order_by(Ticket.id)
    )
    return list(found.all())


def _state(session: Session, tickets: list[_TicketRow], *, something_held: bool) -> ChatState:
    if not tickets:
        return ChatState(ChatStatus.WAITING, None)
    # That it is resolved, or waits for the visitor, is not said before the reply that makes it so.
    status = ChatStatus.WITH_STAFF if something_held else _status(tickets[-1])
    return ChatState(status, chat_sessions.rating_of(session, tickets[-1].id))


def _status(ticket: _TicketRow) -> ChatStatus:
    if ticket.status in (Status.RESOLVED, Status.CLOSED):
        return ChatStatus.RESOLVED
    if ticket.owner == Owner.STAFF:
        return ChatStatus.WITH_STAFF
    return ChatStatus.ANSWERING if ticket.last_inbound_seq > ticket.handled_seq else ChatStatus.WAITING


def _partial(session: Session, ticket_id: int) -> PartialReply | None:
    found = partial_replies.find(session, ticket_id)
    if found is None:
        return None
    return PartialReply(_key(ticket_id, found.up_to_seq), found.text, found.left_s)


def _key(ticket_id: int, up_to_seq: int) -> str:
    return f"{ticket_id}/{up_to_seq}"


def _chat_message(message: Message, files: Sequence[Attachment]) -> ChatMessage:
    by_agent = message.author == Author.AGENT
    links = [(str(citation.get("title", "")), str(citation.get("url", ""))) for citation in message.citations]
    return ChatMessage(
        message_id=message.id,
        author=Author(message.author),
        name=settings().agent.desk_name if by_agent else message.author_name,
        text="" if files and message.text == web_chat.names_of(files) else message.text,
        citations=tuple({"title": title, "url": url} for title, url in dict.fromkeys(links)),
        at=message.created_at,
        client_id=web_chat.client_id(message.external_id),
        answers=_key(message.ticket_id, message.answers_seq) if by_agent and message.answers_seq else "",
        files=tuple({"name": file.name, "url": _url(file)} for file in files),
    )


def _url(file: Attachment) -> str:
    return "" if file.refused else f"/chat/files/{chat_links.link_to(file.public_id)}"
