"""What a Facebook page's webhooks say, as messages: Messenger, and comments on the page's posts.

Echoes of our own messages, delivery and read marks, reactions and what another app handles are left out.
"""

import hashlib
import logging
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field

from ingestion.channels import remote_files
from ingestion.channels.batches import IfReadable, SeveralOf, listed, read_events
from ingestion.channels.payload import OptionalText, Shape, Text, read_object
from ingestion.channels.remote_files import RemoteFile
from runtime.errors import InvalidInput
from tickets.contracts import Channel, IncomingMessage

log = logging.getLogger(__name__)

DIRECT = "dm"
COMMENT = "comment"
_FILES = ("image", "video", "audio", "file")

_MessageId = Annotated[str, Field(pattern=r"^[!-~]{1,300}$")]
# Of people, posts and comments. They are numbers so far; what matters is that an address can hold them.
_ObjectId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,100}$")]


class _Person(Shape):
    id: _ObjectId
    name: OptionalText = ""


class _Coordinates(Shape):
    lat: float
    long: float


class _Payload(Shape):
    url: OptionalText = ""
    title: OptionalText = ""
    sticker_id: OptionalText = ""
    coordinates: IfReadable[_Coordinates] = None


class _Attachment(Shape):
    type: Text = "file"
    title: OptionalText = ""
    url: OptionalText = ""
    payload: IfReadable[_Payload] = None


class _QuickReply(Shape):
    payload: OptionalText = ""


class _Message(Shape):
    mid: _MessageId
    text: OptionalText = ""
    is_echo: bool = False
    is_deleted: bool = False
    attachments: SeveralOf[IfReadable[_Attachment]] = ()
    quick_reply: IfReadable[_QuickReply] = None


class _Postback(Shape):
    mid: _MessageId | None = None
    title: OptionalText = ""
    payload: OptionalText = ""


class _Event(Shape):
    """One of Messenger's events that a person caused."""

    sender: _Person
    timestamp: OptionalText = ""
    message: _Message | None = None
    postback: _Postback | None = None


class _Comment(Shape):
    sender: Annotated[_Person, Field(alias="from")]
    comment_id: _ObjectId
    post_id: _ObjectId | None = None
    message: OptionalText = ""
    photo: OptionalText = ""
    video: OptionalText = ""


def parse_page(body: bytes, *, page_id: str) -> list[IncomingMessage]:
    """The customers' messages to the page `page_id`, or to any page where that is empty."""
    payload = read_object(body)
    kind = payload.get("object")
    if not isinstance(kind, str):
        raise InvalidInput("object is missing.", field="object")
    if kind != "page":
        log.warning("a webhook of Facebook is not of a page", extra={"object": kind[:40]})
        return []
    return [
        message
        for entry in listed(payload, "entry")
        if isinstance(entry, dict) and _is_ours(entry, page_id)
        for message in _messages(entry)
    ]


def _is_ours(entry: Mapping[str, Any], page_id: str) -> bool:
    ours = not page_id or str(entry.get("id")) == page_id
    if not ours:
        log.warning("a webhook of Facebook is of a page that is not ours")
    return ours


def _messages(entry: Mapping[str, Any]) -> Iterator[IncomingMessage]:
    """Of one entry of a batch."""
    page = str(entry.get("id"))
    said = [one for one in _part_of(entry, "messaging") if _is_said(one)]
    changes = [one.get("value") for one in _part_of(entry, "changes") if _is_new_comment(one)]
    for event in read_events(_Event, said, at="entry.messaging"):
        if event.sender.id != page and not (event.message and event.message.is_deleted):
            yield _direct(event)
    for comment in read_events(_Comment, changes, at="entry.changes.value"):
        if comment.sender.id != page:
            yield _comment(comment)


def _part_of(entry: Mapping[str, Any], name: str) -> list[Any]:
    """A part of a wrong shape is logged and loses none of the others."""
    try:
        return listed(entry, name)
    except InvalidInput:
        log.warning("a part of a webhook is left out", extra={"field": f"entry.{name}"})
        return []


def _is_said(event: object) -> bool:
    """A message or a pressed button. Marks, reactions and opt-ins say nothing that could be answered."""
    if not isinstance(event, dict):
        return False
    message = event.get("message")
    return "postback" in event or (
        message is not None and not (isinstance(message, dict) and message.get("is_echo"))
    )


def _is_new_comment(change: object) -> bool:
    value = change.get("value") if isinstance(change, dict) and change.get("field") == "feed" else None
    return isinstance(value, dict) and value.get("item") == "comment" and value.get("verb") == "add"


def _direct(event: _Event) -> IncomingMessage:
    message, postback = event.message, event.postback or _Postback()
    metadata = remote_files.noted(_files(message.attachments) if message else ())
    if message and message.quick_reply:
        metadata["quick_reply"] = message.quick_reply.payload
    text = _text_of(message) if message else postback.title or postback.payload
    return IncomingMessage(
        channel=Channel.FACEBOOK,
        external_id=message.mid if message else postback.mid or _id_of(event),
        identity=event.sender.id,
        thread=f"{DIRECT}:{event.sender.id}",
        text=text.strip() or "[message]",
        metadata=metadata,
    )


def _id_of(event: _Event) -> str:
    """A button without an id of its own: pressed by this person at this moment."""
    pressed = event.postback or _Postback()
    told = "\n".join((event.sender.id, event.timestamp, pressed.title, pressed.payload))
    return f"postback:{hashlib.sha256(told.encode()).hexdigest()}"


def _text_of(message: _Message) -> str:
    notes = dict.fromkeys(_note(one or _Attachment()) for one in message.attachments)
    if "[sticker]" in notes:
        notes.pop("[image]", None)  # A sticker also comes as an image.
    return "\n".join([message.text.strip(), *notes]).strip()


def _note(attachment: _Attachment) -> str:
    payload = attachment.payload or _Payload()
    title = payload.title or attachment.title
    if attachment.type == "sticker" or payload.sticker_id:
        return "[sticker]"
    if place := payload.coordinates:
        return f"[location] {title} {place.lat}, {place.long}".replace("  ", " ")
    if attachment.type == "fallback":
        return " ".join(word for word in ("[link]", title, payload.url or attachment.url) if word)
    return f"[{attachment.type}]"


def _files(attachments: tuple[_Attachment | None, ...]) -> list[RemoteFile]:
    """What the customer sent. A sticker is Facebook's own picture, and what is shared is somebody else's page."""
    sent = [one for one in attachments if one and one.payload and one.payload.url]
    stickers = {one.payload.url for one in sent if one.payload and _note(one) == "[sticker]"}
    return [
        RemoteFile(one.payload.url, type=one.type)
        for one in sent
        if one.payload and one.type in _FILES and one.payload.url not in stickers
    ]


def _comment(comment: _Comment) -> IncomingMessage:
    """Of the comments below one post each person gets a ticket."""
    person = comment.sender
    files = [
        RemoteFile(url, type=kind)
        for kind, url in (("image", comment.photo), ("video", comment.video))
        if url
    ]
    notes = [f"[{file.type}]" for file in files]
    return IncomingMessage(
        channel=Channel.FACEBOOK,
        external_id=comment.comment_id,
        identity=person.id,
        thread=f"{COMMENT}:{comment.post_id or comment.comment_id}:{person.id}",
        text="\n".join([comment.message.strip(), *notes]).strip() or "[comment]",
        name=person.name,
        metadata={"public": True} | remote_files.noted(files),
    )
