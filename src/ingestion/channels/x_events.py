"""What X's account activity says, as messages: direct messages to us, and posts that mention us.

Our own posts and messages, reposts, quotes that do not name us, typing and read marks are left out.
"""

import logging
import re
from collections.abc import Mapping
from html import unescape
from typing import Any

from ingestion.channels import remote_files
from ingestion.channels.batches import IfReadable, Number, SeveralOf, listed, read_events
from ingestion.channels.payload import OptionalText, Shape, Text, read, read_object
from ingestion.channels.remote_files import RemoteFile
from runtime.errors import InvalidInput
from tickets.contracts import Channel, IncomingMessage

log = logging.getLogger(__name__)

DIRECT = "dm"
MENTION = "mention"
_FILM = "video/mp4"


class _Link(Shape):
    url: Text
    expanded_url: OptionalText = ""


class _Variant(Shape):
    url: OptionalText = ""
    content_type: OptionalText = ""
    bitrate: int = 0


class _Film(Shape):
    variants: SeveralOf[IfReadable[_Variant]] = ()


class _Media(Shape):
    """`media_url_https` is the picture; of a video it is the first one, and the video is in `video_info`."""

    url: OptionalText = ""
    type: Text = "media"
    media_url_https: OptionalText = ""
    video_info: IfReadable[_Film] = None


class _Mention(Shape):
    id_str: Number
    screen_name: Text


class _Entities(Shape):
    urls: SeveralOf[_Link] = ()
    media: SeveralOf[_Media] = ()
    user_mentions: SeveralOf[_Mention] = ()


class _User(Shape):
    name: OptionalText = ""
    screen_name: OptionalText = ""


class _Author(_User):
    id_str: Number


class _Attachment(Shape):
    media: IfReadable[_Media] = None


class _MessageData(Shape):
    text: OptionalText = ""
    entities: IfReadable[_Entities] = None
    attachment: IfReadable[_Attachment] = None


class _Target(Shape):
    recipient_id: Number


class _MessageCreate(Shape):
    sender_id: Number
    target: _Target
    message_data: _MessageData


class _DirectMessage(Shape):
    id: Number
    message_create: _MessageCreate


class _LongPost(Shape):
    full_text: Text
    entities: IfReadable[_Entities] = None
    extended_entities: IfReadable[_Entities] = None


class _Post(Shape):
    id_str: Number
    text: Text
    user: _Author
    entities: IfReadable[_Entities] = None
    extended_entities: IfReadable[_Entities] = None
    extended_tweet: _LongPost | None = None
    in_reply_to_user_id_str: Number | None = None
    conversation_id_str: Number | None = None
    retweeted_status: dict[str, Any] | None = None


def parse_activity(body: bytes, *, account_id: str) -> list[IncomingMessage]:
    """The customers' messages to `account_id`, or to whom the webhook speaks for where that is empty."""
    payload = read_object(body)
    us = payload.get("for_user_id")
    directs = listed(payload, "direct_message_events")
    posts = listed(payload, "tweet_create_events")
    if not directs and not posts:
        return []
    if not isinstance(us, str) or not us:
        raise InvalidInput("for_user_id is missing.", field="for_user_id")
    if account_id and us != account_id:
        log.warning("a webhook of X speaks for an account that is not ours", extra={"account": us[:40]})
        return []
    sent = [one for one in directs if isinstance(one, dict) and one.get("type") == "message_create"]
    users = payload.get("users")
    names = users if isinstance(users, dict) else {}
    return [
        *(
            _direct(event, names)
            for event in read_events(_DirectMessage, sent, at="direct_message_events")
            if event.message_create.sender_id != us and event.message_create.target.recipient_id == us
        ),
        *(
            _mention(post, us)
            for post in read_events(_Post, posts, at="tweet_create_events")
            if post.user.id_str != us and post.retweeted_status is None and _is_for(post, us)
        ),
    ]


def _direct(event: _DirectMessage, users: Mapping[str, object]) -> IncomingMessage:
    said = event.message_create
    data = said.message_data
    media = (data.attachment.media,) if data.attachment and data.attachment.media else ()
    user = _user(users.get(said.sender_id))
    return IncomingMessage(
        channel=Channel.X,
        external_id=event.id,
        identity=said.sender_id,
        thread=f"{DIRECT}:{said.sender_id}",
        text=_readable(data.text, data.entities or _Entities(), media),
        name=user.name,
        metadata=_metadata(user, media, public=False),
    )


def _user(value: object) -> _User:
    """A name is a courtesy: without one that can be read the message counts all the same."""
    try:
        return read(_User, value)
    except InvalidInput:
        return _User()


def _mention(post: _Post, us: str) -> IncomingMessage:
    """The thread is the customer's own: of a public conversation each person gets a ticket.

    X names the conversation in some of its products only. Where it does not, the customer's mentions are one
    thread, as his direct messages are: by the post that it answers, the next reply could not be told apart.
    """
    whole = post.extended_tweet
    entities = (whole.entities if whole else post.entities) or _Entities()
    pictures = (whole.extended_entities if whole else post.extended_entities) or entities
    author = post.user.id_str
    conversation = f":{post.conversation_id_str}" if post.conversation_id_str else ""
    text = _readable(whole.full_text if whole else post.text, entities, pictures.media)
    return IncomingMessage(
        channel=Channel.X,
        external_id=post.id_str,
        identity=author,
        thread=f"{MENTION}:{author}{conversation}",
        text=_without_our_handle(text, entities, us),
        name=post.user.name,
        metadata=_metadata(post.user, pictures.media, public=True),
    )


def _is_for(post: _Post, us: str) -> bool:
    """Whether the post itself names us or answers us; what it quotes does not count."""
    entities = [post.entities, post.extended_tweet.entities if post.extended_tweet else None]
    named = {mention.id_str for one in entities if one for mention in one.user_mentions}
    return us in named or post.in_reply_to_user_id_str == us


def _readable(text: str, entities: _Entities, media: tuple[_Media, ...]) -> str:
    """Characters instead of HTML entities, full links instead of short ones, `[photo]` instead of a picture's link."""
    text = unescape(text)
    for link in entities.urls:
        text = text.replace(link.url, link.expanded_url or link.url) if link.url else text
    for link_of_media in {one.url for one in media if one.url}:
        text = text.replace(link_of_media, "")
    notes = " ".join(f"[{one.type}]" for one in media)
    return "\n".join(part for part in (text.strip(), notes) if part)


def _without_our_handle(text: str, entities: _Entities, us: str) -> str:
    """Without the mention that a reply begins with; a post that is nothing else stays as it is."""
    bare = text
    for mention in entities.user_mentions:
        if mention.id_str == us and mention.screen_name:
            bare = re.sub(rf"^@{re.escape(mention.screen_name)}\b\s*", "", bare, flags=re.IGNORECASE)
    return bare or text


def _metadata(user: _User, media: tuple[_Media, ...], *, public: bool) -> dict[str, object]:
    found: dict[str, object] = {"public": True} if public else {}
    if user.screen_name:
        found["x_handle"] = user.screen_name
    return found | remote_files.noted(_file(one) for one in media)


def _file(media: _Media) -> RemoteFile:
    """The picture, or the best form of a video that is one file; the others are lists of pieces."""
    forms = media.video_info.variants if media.video_info else ()
    films = [one for one in forms if one and one.url and one.content_type == _FILM]
    if films:
        return RemoteFile(max(films, key=lambda one: one.bitrate).url, type=_FILM)
    return RemoteFile(media.media_url_https, type=media.type)
