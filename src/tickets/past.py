"""What is known of a ticket from before the desk was in use. Pure values; `tickets.history` stores them."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property

from tickets.contracts import Author, Channel, MailHeaders, Status

MOST_CHARACTERS = 200_000
MOST_MESSAGES = 2_000
_LONGEST = {"subject": 1_000, "identity": 320, "name": 300, "external_id": 250, "source": 60, "category": 200}
_EARLIEST = datetime(1980, 1, 1, tzinfo=UTC)
_CLOCKS_DIFFER = timedelta(days=1)
_DONE = (Status.RESOLVED, Status.CLOSED)


@dataclass(frozen=True)
class PastMessage:
    """`internal`: a note that the customer never saw. `external_id` and `fingerprint` as on an incoming message."""

    author: Author
    text: str
    at: datetime
    name: str = ""
    internal: bool = False
    mail: MailHeaders | None = None
    quoted_text: str = ""
    external_id: str = ""
    fingerprint: str = ""


@dataclass(frozen=True)
class PastTicket:
    """A ticket as another desk kept it. (source, external_id) says which one it is.

    `resolved_at` is None when nobody resolved it: such a ticket teaches nothing.
    `continues` is the id of a stored ticket that the messages belong to.
    """

    external_id: str
    source: str
    channel: Channel
    identity: str
    messages: tuple[PastMessage, ...]
    status: Status
    resolved_at: datetime | None = None
    subject: str = ""
    name: str = ""
    category: str | None = None
    language: str = ""
    thread: str = ""
    tags: tuple[str, ...] = ()
    continues: int | None = None

    @property
    def is_mail(self) -> bool:
        """Each of its messages is known by its own Message-ID."""
        return self.messages[0].mail is not None

    @property
    def key(self) -> tuple[str, str]:
        """Channel and id, apart from all that the channel itself will ever deliver."""
        return str(self.channel), f"import:{self.source}:{self.external_id}"

    @cached_property
    def fingerprint(self) -> str:
        """Of what was said, by whom: dates may be made up from a file's, which a copy does not keep."""
        said = [(str(one.author), one.text, one.internal) for one in self.messages]
        whole = json.dumps([self.identity.lower(), self.subject, said])
        return hashlib.sha256(whole.encode("utf-8", "surrogatepass")).hexdigest()

    @property
    def teaches(self) -> bool:
        """Whether somebody may learn from it: resolved, with a question and a public answer of staff."""
        authors = {one.author for one in self.messages if not one.internal}
        return self.resolved_at is not None and {Author.CUSTOMER, Author.STAFF} <= authors


def problem_of(past: PastTicket) -> str:
    """Why the ticket cannot be stored, or empty."""
    if not past.messages:
        return "It holds no text."
    if not past.identity.strip():
        return "It names no customer."
    return _too_long(past) or _unstorable(past) or _out_of_time(past)


def _too_long(past: PastTicket) -> str:
    if len(past.messages) > MOST_MESSAGES:
        return f"It has {len(past.messages)} messages, {MOST_MESSAGES} at most."
    for name, most in _LONGEST.items():
        if len(getattr(past, name) or "") > most:
            return f"Its {name} is longer than {most} characters."
    if any(len(one.text) > MOST_CHARACTERS or len(one.name) > _LONGEST["name"] for one in past.messages):
        return f"A text is longer than {MOST_CHARACTERS} characters, or its writer's name than {_LONGEST['name']}."
    return ""


def _unstorable(past: PastTicket) -> str:
    said = [text for one in past.messages for text in (one.text, one.name, one.quoted_text)]
    whole = "\n".join([*(getattr(past, name) or "" for name in _LONGEST), *past.tags, *said])
    if "\x00" in whole:
        return "It contains a NUL character."
    if not whole.isascii() and any("\ud800" <= letter <= "\udfff" for letter in whole):
        return "It contains bytes that are not of the file's encoding, or half of a surrogate pair."
    return ""


def _out_of_time(past: PastTicket) -> str:
    dates = [one.at for one in past.messages] + ([past.resolved_at] if past.resolved_at else [])
    if min(dates) < _EARLIEST or max(dates) > datetime.now(UTC) + _CLOCKS_DIFFER:
        return "A date is before 1980 or in the future."
    if past.status not in (Status.OPEN, *_DONE):
        return f"A past ticket is open, resolved or closed, not {past.status}."
    return ""
