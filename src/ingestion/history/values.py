"""Single values of foreign exports: dates, statuses, who wrote, channels, tags. Pure; says what it cannot read."""

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from runtime.errors import InvalidInput
from tickets.contracts import Author, Channel, Status

_STATUSES = {
    Status.OPEN: (
        "open new pending hold on_hold in_progress waiting waiting_customer waiting_on_customer snoozed "
        "reopened active unresolved escalated todo to_do false no 0"
    ),
    Status.RESOLVED: "resolved solved done fixed complete completed answered finished true yes 1",
    Status.CLOSED: "closed archived",
}
_AUTHORS = {
    Author.CUSTOMER: (
        "customer user end_user enduser client requester visitor contact lead reporter in incoming inbound human "
        "consumer buyer asker"
    ),
    Author.STAFF: (
        "staff agent admin support operator assistant out outgoing outbound employee representative team_member "
        "team helper teammate"
    ),
    Author.AGENT: "bot ai automation chatbot",
}
_INTERNAL = frozenset({"note", "internal", "internal_note", "private", "private_note"})
_CHANNELS = {
    Channel.MAIL: "mail email e_mail",
    Channel.WEB_CHAT: "chat web_chat webchat live_chat livechat messaging native_messaging",
    Channel.API: "api web web_form form portal phone voice",
    Channel.X: "x twitter",
    Channel.FACEBOOK: "facebook messenger",
    Channel.ZENDESK: "zendesk",
    Channel.INTERCOM: "intercom",
}
_STATUS_OF = {word: status for status, words in _STATUSES.items() for word in words.split()}
_AUTHOR_OF = {word: author for author, words in _AUTHORS.items() for word in words.split()}
_CHANNEL_OF = {word: channel for channel, words in _CHANNELS.items() for word in words.split()}

_BEFORE_OFFSET = re.compile(r"\s(?=[+-]\d\d:?\d\d\Z)")
_UTC = re.compile(r"\s?(?:UTC|GMT|Z)\Z")
_DOTTED = ("%d.%m.%Y", "%d.%m.%Y %H:%M", "%d.%m.%Y %H:%M:%S")
_SINCE_1970 = re.compile(r"\d{9,13}(?:\.\d{1,9})?")
_MOST_SHOWN = 60


def plain_word(text: str) -> str:
    """`End-User ` → `end_user`: how words of other desks are compared."""
    return re.sub(r"[\W_]+", "_", text.strip().lower()).strip("_")


def shown(value: object) -> str:
    """A value of a stranger inside of an error."""
    return repr(str(value)[:_MOST_SHOWN])


def status_of(value: object, own: Mapping[str, Status]) -> Status:
    """Open, resolved or closed. `own` are the words that the map file adds."""
    word = plain_word(str(value))
    found = own.get(word) or _STATUS_OF.get(word)
    if found is None:
        raise InvalidInput(
            f"The status {shown(value)} is unknown: say in the map file's [status] what it is.",
            field="status",
        )
    return found


def author_of(value: object) -> tuple[Author, bool]:
    """Who wrote a message, and whether it is an internal note."""
    word = plain_word(str(value))
    if word in _INTERNAL:
        return Author.STAFF, True
    if word not in _AUTHOR_OF:
        raise InvalidInput(f"The author {shown(value)} is neither customer nor staff.", field="author")
    return _AUTHOR_OF[word], False


def channel_of(value: object, *, otherwise: Channel) -> Channel:
    return _CHANNEL_OF.get(plain_word(str(value or "")), otherwise)


def tags_of(value: object) -> tuple[str, ...]:
    """A list, or a text of them between commas or semicolons."""
    if isinstance(value, str) and value.startswith("["):
        try:
            value = json.loads(value)
        except ValueError:
            value = str(value).strip("[]")
    parts = re.split(r"[,;|]", value) if isinstance(value, str) else value
    found = [str(one).strip() for one in parts] if isinstance(parts, list) else []
    return tuple(one[:100] for one in found if one)[:50]


def date_of(value: object, *, pattern: str = "") -> datetime:
    """In UTC. ISO 8601, seconds or milliseconds since 1970, the dates of mails, 31.12.2024, or of the pattern."""
    try:
        found = _date(value, pattern)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, TypeError, OverflowError, OSError, IndexError):
        hint = "" if pattern else ": say how dates are written with date_format in the map file"
        raise InvalidInput(
            f"{shown(value)} is no date that can be read for sure{hint}.", field="date"
        ) from None


def _date(value: object, pattern: str) -> datetime:
    text = str(value).strip()
    if pattern:
        return datetime.strptime(text, pattern)  # noqa: DTZ007  # made aware by the caller
    if _SINCE_1970.fullmatch(text):
        seconds = float(text)
        return datetime.fromtimestamp(seconds / 1000 if seconds > 1e11 else seconds, UTC)
    if text[2:3] == ".":
        return _dotted(text)
    try:
        return datetime.fromisoformat(_BEFORE_OFFSET.sub("", _UTC.sub("+00:00", text)))
    except ValueError:
        return parsedate_to_datetime(text)


def _dotted(text: str) -> datetime:
    length = {10: 0, 16: 1, 19: 2}[len(text)] if len(text) in (10, 16, 19) else 0
    return datetime.strptime(text, _DOTTED[length])  # noqa: DTZ007  # made aware by the caller


def words_of(value: Any) -> str:  # noqa: ANN401  # whatever JSON can hold
    """A text, or a number as a text; nothing for all else."""
    if isinstance(value, str):
        return value.strip()
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else ""
