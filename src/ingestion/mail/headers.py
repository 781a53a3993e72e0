"""Single header fields: encoded words, the sender, Message-IDs, the date. Never raises on broken input."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from ingestion.mail.fields import Fields
from ingestion.mail.words import decode_words

_LONGEST_ID = 250
_MOST_REFERENCES = 30
_IN_ANGLES = re.compile(r"<\s*([^<>\s@]{1,64}@[^<>\s@]{1,255})\s*>")
_BARE = re.compile(r"[^\s<>\"'(),:;@\[\]]{1,64}@[^\s<>\"'(),:;@\[\]]{1,255}")
_ANGLES = re.compile(r"<[^<>]{3,400}>")
_NOT_ADDRESS = re.compile(r"\([^()]{0,100}\)|\s")
_COMMENT = re.compile(r"\(([^()]{1,200})\)")
_ID = re.compile(r"<([^<>\s]+)>")


def raw_values(fields: Fields, name: str) -> list[str]:
    """All fields of that name, unfolded; encoded words stay."""
    wanted = name.lower()
    return [value for key, value in fields if key == wanted]


def raw_value(fields: Fields, name: str) -> str:
    """The first field of that name, or empty."""
    return next(iter(raw_values(fields, name)), "")


def text_value(fields: Fields, name: str) -> str:
    """The first field of that name as a person reads it."""
    return decode_words(raw_value(fields, name))


def sender(fields: Fields) -> tuple[str, str] | None:
    """Address and name of the From field; None without an address. Names are decoded after the address is found."""
    for value in (tidied(value) for value in raw_values(fields, "From")):
        found = list(_IN_ANGLES.finditer(value)) or list(_BARE.finditer(value))
        if not found:
            continue
        address = found[0]
        spelled = address[1] if address.re is _IN_ANGLES else address[0]
        name = value[: address.start()] if address.re is _IN_ANGLES else _in_parentheses(value)
        return spelled.strip("."), decode_words(name.strip().strip('"').replace('\\"', '"'))[:200]
    return None


def tidied(value: str) -> str:
    """The value without the spaces and comments that old programs put into addresses."""
    return _ANGLES.sub(lambda angles: _NOT_ADDRESS.sub("", angles[0]), value)


def _in_parentheses(value: str) -> str:
    found = _COMMENT.search(value)
    return found[1] if found else ""


def message_ids(fields: Fields, name: str) -> tuple[str, ...]:
    """The ids of a field, without brackets, at most the first and the last 30."""
    value = tidied(" ".join(raw_values(fields, name)))
    ids = tuple(dict.fromkeys(_usable(one) for one in _ID.findall(value) or value.split()))
    ids = tuple(one for one in ids if one)
    return ids if len(ids) <= _MOST_REFERENCES else (ids[0], *ids[-_MOST_REFERENCES:])


def _usable(mail_id: str) -> str:
    """An id that may be put into a header again, or empty."""
    known = len(mail_id) <= _LONGEST_ID and mail_id.isascii() and mail_id.isprintable()
    return mail_id if known and not set("<> ") & set(mail_id) else ""


def date(fields: Fields) -> datetime | None:
    """When the sender says it was sent, in UTC."""
    try:
        stated = parsedate_to_datetime(raw_value(fields, "Date"))
        return stated.replace(tzinfo=stated.tzinfo or UTC).astimezone(UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
