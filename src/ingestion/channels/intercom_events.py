"""What Intercom's webhooks say, as messages: conversations that customers begin, and what they write later.

Parts by admins and bots are left out; so is every notification of another topic.
"""

import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from ingestion.channels import remote_files
from ingestion.channels.body_images import images_of
from ingestion.channels.payload import Id, OptionalText, Shape, read, read_object
from ingestion.channels.remote_files import RemoteFile
from ingestion.mail.html_text import html_to_text
from runtime.errors import InvalidInput
from tickets.contracts import Channel, IncomingMessage

_CREATED = "conversation.user.created"
_REPLIED = "conversation.user.replied"
_CUSTOMERS = frozenset({"user", "lead", "contact", "visitor"})
_NOTE = "note"
_ITEM = "data.item."
# Where Intercom keeps files, by region; each host is its own.
_INTERCOMS = re.compile(
    r"([a-z0-9-]+\.){0,3}intercom(cdn|assets|usercontent|-attachments(-[0-9]{1,3})?)\.(com|eu)"
)

_Raw = dict[str, Any]


class _Author(Shape):
    type: str
    id: Id
    name: OptionalText = ""
    email: OptionalText = ""


class _Attachment(Shape):
    name: OptionalText = ""
    url: OptionalText = ""
    content_type: OptionalText = ""


class _Part(Shape):
    """A message: the first of a conversation, or a later part."""

    id: Id
    author: _Author
    body: OptionalText
    attachments: list[_Attachment] | None = None


class _Parts(Shape):
    conversation_parts: list[_Raw]


class _Conversation(Shape):
    """The first message is called `source`, and `conversation_message` by the first version of the API."""

    id: Id
    source: _Raw | None = None
    conversation_message: _Raw | None = None
    conversation_parts: _Parts | None = None


class _Data(Shape):
    item: _Conversation


class _Notification(Shape):
    topic: str
    data: _Data


def parse(body: bytes) -> list[IncomingMessage]:
    """The customer's messages of a notification. Raises InvalidInput naming the field that is wrong."""
    payload = read_object(body)
    topic = payload.get("topic")
    if not isinstance(topic, str):
        raise InvalidInput("topic is missing.", field="topic")
    if topic not in (_CREATED, _REPLIED):
        return []
    conversation = read(_Notification, payload).data.item
    if topic == _CREATED and not _first(conversation):
        raise _missing("source")
    if topic == _REPLIED and conversation.conversation_parts is None:
        raise _missing("conversation_parts")
    subject = html_to_text(str(_first(conversation).get("subject") or ""))
    said = [*(_opening(conversation) if topic == _CREATED else ()), *_later(conversation)]
    return [_message(conversation.id, external_id, part, subject) for external_id, part in said]


def _missing(name: str) -> InvalidInput:
    return InvalidInput(f"{_ITEM}{name} is missing.", field=f"{_ITEM}{name}")


def _first(conversation: _Conversation) -> _Raw:
    return conversation.source or conversation.conversation_message or {}


def _opening(conversation: _Conversation) -> Iterator[tuple[str, _Part]]:
    raw = _first(conversation)
    if _by_customer(raw):
        name = "source" if conversation.source else "conversation_message"
        part = read(_Part, raw, at=f"{_ITEM}{name}.")
        yield f"message:{part.id}", part


def _later(conversation: _Conversation) -> Iterator[tuple[str, _Part]]:
    parts = conversation.conversation_parts.conversation_parts if conversation.conversation_parts else []
    for index, raw in enumerate(parts):
        if _by_customer(raw):
            part = read(_Part, raw, at=f"{_ITEM}conversation_parts.conversation_parts.{index}.")
            yield f"part:{part.id}", part


def _by_customer(raw: _Raw) -> bool:
    """Of anybody else only the author's type is looked at, so that nothing of theirs can be wrong for us.

    Parts without words or files tell of an assignment or another change.
    """
    author = raw.get("author")
    kind = author.get("type") if isinstance(author, dict) else None
    if not isinstance(kind, str):
        return True  # `read` says what is wrong.
    written = bool("body" not in raw or raw["body"] or raw.get("attachments"))
    return kind in _CUSTOMERS and raw.get("part_type") != _NOTE and written


def _message(conversation_id: str, external_id: str, part: _Part, subject: str) -> IncomingMessage:
    """Intercom does not say whether a visitor proved who they are: the customer is not vouched for."""
    metadata: dict[str, object] = {}
    if part.author.email:
        metadata["unverified_email"] = part.author.email
    return IncomingMessage(
        channel=Channel.INTERCOM,
        external_id=external_id,
        identity=part.author.id,
        thread=conversation_id,
        subject=subject,
        text=html_to_text(part.body),
        name=part.author.name,
        metadata=metadata | remote_files.noted(_files(part)),
    )


def _files(part: _Part) -> Iterator[RemoteFile]:
    """What is attached, and the pictures in the text that lie with Intercom.

    Of a mail the text may also show pictures of any other host; fetching those would tell its sender of us.
    """
    for file in part.attachments or ():
        yield RemoteFile(file.url, name=file.name, type=file.content_type)
    for url in images_of(part.body):
        if _INTERCOMS.fullmatch(urlsplit(url).hostname or ""):
            yield RemoteFile(url, type="image")
