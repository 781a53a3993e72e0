"""What the pages say in plain words: reasons, statuses, channels, deliveries, deadlines. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from accounts.permissions import ROLES, Permission, Role
from runtime.redaction import Kind
from tickets.contracts import Channel, Delivery, Mood, Owner, Priority, Reason, Status, mood_of
from tickets.language_names import language_name
from tickets.translations import Failure

# A short label for lists, and the sentence that a ticket's page says.
REASONS: dict[Reason, tuple[str, str]] = {
    Reason.ASKS_FOR_PERSON: ("Asks for a person", "The customer asks to speak to a person."),
    Reason.NEGATIVE_SENTIMENT: ("Upset customer", "The customer sounds upset, so a person should answer."),
    Reason.LOW_CONFIDENCE: ("AI not sure", "The AI was not sure enough what the customer wants."),
    Reason.TOO_MANY_TURNS: (
        "Long conversation",
        "The conversation has gone on for longer than the AI may lead it.",
    ),
    Reason.LEGAL: ("Legal", "The message speaks of legal or regulatory matters."),
    Reason.HIGH_STAKES_ACTION: (
        "Needs a decision",
        "The customer wants something that only a person may decide.",
    ),
    Reason.SAFETY: ("Safety", "Somebody may be in danger: answer this one first."),
    Reason.UNSUPPORTED_ANSWER: ("Draft not proven", "The draft says things that the sources do not support."),
    Reason.NO_ANSWER_FOUND: ("No answer found", "The knowledge base holds no answer to this."),
    Reason.REPEATED_QUESTION: (
        "Asked again",
        "The customer asks the same thing again: the last answer did not help.",
    ),
    Reason.VIP: ("VIP", "A VIP customer always gets an answer from a person."),
    Reason.TOOL_FAILURE: ("System failed", "A system that the AI needs for this did not answer."),
    Reason.BUDGET: ("Budget used up", "The AI's budget is used up."),
    Reason.AGENT_OFF: ("AI switched off", "The AI is switched off, so every message comes to you."),
    Reason.CATEGORY_OFF: ("AI off for this", "The AI is switched off for messages of this category."),
    Reason.DRAFT_FOR_STAFF: (
        "Draft to check",
        "The AI has written a draft: replies of this category are sent by staff.",
    ),
    Reason.NOT_PROVEN: (
        "Not proven yet",
        "Too few checked answers prove that the AI answers this category well: check the draft and send it.",
    ),
    Reason.SUSPICIOUS: ("Suspicious", "The message only tries to steer the AI, and asks for nothing."),
    Reason.OUTPUT_REFUSED: (
        "Reply stopped",
        "The AI’s reply was stopped by the last check before sending: read the draft with care.",
    ),
    Reason.DESK_RULE: ("Rule of the desk", "A rule of your own sends this to a person."),
    Reason.AGENT_FAILED: ("AI failed", "The AI tried several times and failed."),
    Reason.DEADLINE_PASSED: ("Deadline passed", "The AI did not answer before the deadline."),
    Reason.REPLY_CAP: (
        "Too many replies",
        "The AI sent this customer too many replies within an hour: perhaps two machines talk to each other.",
    ),
    Reason.PARTICIPANT_WROTE: (
        "Somebody in copy wrote",
        "Somebody whom the customer had put in copy wrote: the AI does not answer that.",
    ),
    Reason.REOPENED: ("Opened again", "The customer wrote again after the ticket was resolved."),
    Reason.TAKEN_BY_STAFF: ("Taken over", "A colleague took the ticket over from the AI."),
    Reason.DELIVERY_FAILED: ("Not delivered", "A reply did not reach the customer."),
    Reason.SNOOZE_OVER: ("Back again", "A colleague had put it aside until now."),
    Reason.MERGED_IN: ("Merged", "Another ticket of the customer was merged into this one."),
}
_UNANSWERED = (
    "Not answered in time",
    "The AI has not answered by the deadline. Take it over, or it may still reply.",
)

STATUSES: dict[Status, str] = {
    Status.NEW: "New",
    Status.OPEN: "Open",
    Status.IN_PROGRESS: "In progress",
    Status.WAITING_CUSTOMER: "Waiting for customer",
    Status.ESCALATED: "Needs staff",
    Status.RESOLVED: "Resolved",
    Status.CLOSED: "Closed",
    Status.SNOOZED: "Snoozed",
    Status.MERGED: "Merged",
}
CHANNELS: dict[Channel, str] = {
    Channel.MAIL: "E-mail",
    Channel.WEB_CHAT: "Chat",
    Channel.API: "API",
    Channel.X: "X",
    Channel.FACEBOOK: "Facebook",
    Channel.ZENDESK: "Zendesk",
    Channel.INTERCOM: "Intercom",
}
PRIORITIES: dict[Priority, str] = {one: one.value.capitalize() for one in Priority}
MOODS: dict[Mood, str] = {one: one.value.capitalize() for one in Mood}
DELIVERIES: dict[Delivery, str] = {
    Delivery.QUEUED: "Waiting to be sent",
    Delivery.SENDING: "Being sent",
    Delivery.SENT: "Sent",
    Delivery.FAILED: "Not delivered",
    Delivery.UNKNOWN: "Not known whether it arrived",
}
UNTRANSLATED: dict[Failure, str] = {
    Failure.NO_MODEL: "No translation model is set up where the AI works.",
    Failure.NO_ANSWER: "The translation did not succeed: no model answered.",
    Failure.UNFAITHFUL: "The translation was refused: the model left something out or added something.",
    Failure.BUDGET: "The AI’s budget is used up.",
}
SEALED: dict[Kind, str] = {
    Kind.SECRET: "Secret",
    Kind.IBAN_CODE: "Account number",
    Kind.CREDIT_CARD: "Card number",
    Kind.US_SSN: "Social security number",
    Kind.NATIONAL_ID: "National id",
}
_FILES = {
    "application/pdf": "PDF",
    "application/zip": "ZIP archive",
    "application/octet-stream": "unknown type",
    "image/gif": "GIF image",
    "image/jpeg": "JPEG image",
    "image/png": "PNG image",
    "image/webp": "WebP image",
    "message/rfc822": "mail",
    "text/calendar": "calendar entry",
    "text/csv": "table",
    "text/html": "web page",
    "text/plain": "text",
}
_SOON_S = 1800.0
_KILO = 1024


def humanised(identifier: str | None) -> str:
    """`billing_inquiry` → `Billing inquiry`."""
    return (identifier or "").replace("_", " ").capitalize()


def language(code: str) -> str:
    """`de` → `German`, as the beginning of a line."""
    name = language_name(code)
    return name[:1].upper() + name[1:]


def untranslated(failure: str) -> str:
    """Why there is no translation; a reason that is not known yet is told in general."""
    return UNTRANSLATED[Failure(failure) if failure in list(Failure) else Failure.NO_ANSWER]


def reason_label(reason: str | None) -> str:
    return REASONS[Reason(reason)][0] if reason else _UNANSWERED[0]


def reason_sentence(reason: str | None) -> str:
    return REASONS[Reason(reason)][1] if reason else _UNANSWERED[1]


def sentiment_word(score: float) -> str:
    """A word for a sentiment of -1 to 1."""
    steps = ((-0.6, "very negative"), (-0.2, "negative"), (0.2, "neutral"), (0.6, "positive"))
    return next((word for most, word in steps if score <= most), "very positive")


def mood(sentiment: float | None) -> str:
    """Empty where nobody has judged it."""
    return "" if sentiment is None else mood_of(sentiment).value


class Urgency(StrEnum):
    LATE = "late"
    SOON = "soon"
    LATER = "later"
    NONE = "none"


@dataclass(frozen=True)
class Due:
    """How much time is left, in words, and how urgent that is."""

    text: str
    urgency: Urgency


def duration(seconds: float) -> str:
    minutes = int(seconds // 60)
    if minutes < 1:
        return "under 1 min"
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def time_left(status: str, owner: str, due_at: datetime) -> Due:
    """The deadline of whoever has to act next; none when nobody has to."""
    if status in (Status.RESOLVED, Status.CLOSED, Status.WAITING_CUSTOMER, Status.MERGED):
        return Due(STATUSES[Status(status)], Urgency.NONE)
    seconds = (due_at - datetime.now(UTC)).total_seconds()
    if seconds < 0:
        return Due(f"{duration(-seconds)} overdue", Urgency.LATE)
    text = f"{duration(seconds)} left"
    if owner == Owner.AGENT:
        return Due(f"AI has {text}", Urgency.LATER)
    return Due(text, Urgency.SOON if seconds < _SOON_S else Urgency.LATER)


def sealed(placeholder: str) -> str:
    """`[CREDIT_CARD 1]` → `Card number 1`."""
    kind, _, number = placeholder.strip("[]").partition(" ")
    return f"{SEALED[Kind(kind)] if kind in SEALED else humanised(kind)} {number}".strip()


def who_may_see_originals(*, may: bool) -> str:
    """What a sealed part says to who may see it and to who may not."""
    if may:
        return "Kept sealed. “Show the original” opens it, and the audit log keeps that you looked."
    roles = " or ".join(role for role in Role if Permission.READ_VAULT in ROLES[role])
    return f"Kept sealed. Only staff with the role {roles} may see it."


def file_type(media_type: str) -> str:
    return _FILES.get(media_type, media_type)


def file_size(size: int) -> str:
    """`812 bytes`, `14 KB`, `2.3 MB`."""
    if size < _KILO:
        return f"{size} byte{'' if size == 1 else 's'}"
    if size < _KILO * _KILO:
        return f"{size / _KILO:.0f} KB"
    return f"{size / _KILO / _KILO:.1f} MB"
