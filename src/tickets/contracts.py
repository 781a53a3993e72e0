"""The values that packages hand to one another about tickets. Pure: no database, no queue, no web."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from tickets.action_kinds import Proposal
from tickets.entities import Entity


class Channel(StrEnum):
    MAIL = "mail"
    WEB_CHAT = "web_chat"
    API = "api"
    X = "x"
    FACEBOOK = "facebook"
    ZENDESK = "zendesk"
    INTERCOM = "intercom"


class Status(StrEnum):
    NEW = "new"
    OPEN = "open"
    IN_PROGRESS = "in_progress"
    WAITING_CUSTOMER = "waiting_customer"
    ESCALATED = "escalated"
    RESOLVED = "resolved"
    CLOSED = "closed"
    SNOOZED = "snoozed"  # Staff look at it again at a moment that they chose, or when the customer writes.
    MERGED = "merged"  # Its conversation goes on in another ticket.


class Priority(StrEnum):
    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """Greater is more urgent."""
        return list(Priority).index(self)


class Mood(StrEnum):
    POSITIVE = "positive"
    NEUTRAL = "neutral"
    NEGATIVE = "negative"


class Owner(StrEnum):
    """Who has to act next on a ticket: exactly one of them, always."""

    AGENT = "agent"
    STAFF = "staff"


class Author(StrEnum):
    CUSTOMER = "customer"
    AGENT = "agent"
    STAFF = "staff"
    SYSTEM = "system"


class Kind(StrEnum):
    INBOUND = "inbound"
    OUTBOUND = "outbound"
    NOTE = "note"
    NOTICE = "notice"  # A machine's mail (bounce, auto-reply): kept on the ticket, owed no answer.


class Delivery(StrEnum):
    """State of an outgoing message. `UNKNOWN`: the channel may or may not have taken it; staff decide."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """Why a message went to staff: exactly one."""

    ASKS_FOR_PERSON = "asks_for_person"
    NEGATIVE_SENTIMENT = "negative_sentiment"
    LOW_CONFIDENCE = "low_confidence"
    NOT_PROVEN = "not_proven"
    TOO_MANY_TURNS = "too_many_turns"
    LEGAL = "legal"
    HIGH_STAKES_ACTION = "high_stakes_action"
    SAFETY = "safety"
    UNSUPPORTED_ANSWER = "unsupported_answer"
    NO_ANSWER_FOUND = "no_answer_found"
    REPEATED_QUESTION = "repeated_question"
    VIP = "vip"
    TOOL_FAILURE = "tool_failure"
    BUDGET = "budget"
    AGENT_OFF = "agent_off"
    CATEGORY_OFF = "category_off"
    DRAFT_FOR_STAFF = "draft_for_staff"
    SUSPICIOUS = "suspicious"
    OUTPUT_REFUSED = "output_refused"
    DESK_RULE = "desk_rule"
    AGENT_FAILED = "agent_failed"
    DEADLINE_PASSED = "deadline_passed"
    REPLY_CAP = "reply_cap"
    PARTICIPANT_WROTE = "participant_wrote"
    REOPENED = "reopened"
    TAKEN_BY_STAFF = "taken_by_staff"
    DELIVERY_FAILED = "delivery_failed"
    SNOOZE_OVER = "snooze_over"
    MERGED_IN = "merged_in"


@dataclass(frozen=True)
class MailHeaders:
    """What threads a mail. Ids are without angle brackets; `token` is what stood after the plus of our address."""

    message_id: str
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    thread_index: str = ""
    token: str = ""


@dataclass(frozen=True)
class FailedDelivery:
    """What a bounce says of a mail of ours. `status` is as in RFC 3463; a delay is not final."""

    mail_id: str
    recipient: str
    status: str
    final: bool


@dataclass(frozen=True)
class FileContent:
    """A file that came with a message. `type` is what the sender states; storing it looks inside."""

    name: str
    type: str
    content: bytes
    inline: bool = False


@dataclass(frozen=True)
class StoredFile:
    """A file that is in the store already. `type` is what its content looks like; `refused` says why it is not kept."""

    name: str
    type: str
    stated_type: str
    size: int
    key: str
    inline: bool = False
    refused: str = ""


@dataclass(frozen=True)
class IncomingMessage:
    """One message of a customer, already verified and parsed by its channel.

    `external_id` is the channel's own id: the same (channel, external_id) is the same message.
    `identity` is how the channel knows the sender: a mail address, a visitor id, a platform's user id.
    `thread` is the channel's name for the conversation, or empty when every message opens a ticket.
    `customer_verified`: the channel vouches that the sender is this customer, so that orders may be spoken of.
    `language` is filled in by intake.
    `automatic` is empty, or the kind of machine that wrote it: such a message is kept and never answered.
    `copied` are the other addresses of a mail; `reply_to` is where its sender wants the answer, if elsewhere.
    `desk_address` is the one of our own addresses that it came to.
    """

    channel: Channel
    external_id: str
    identity: str
    text: str
    subject: str = ""
    name: str = ""
    thread: str = ""
    priority: Priority | None = None
    quoted_text: str = ""
    mail: MailHeaders | None = None
    metadata: dict[str, object] = field(default_factory=dict)
    fingerprint: str = ""
    customer_verified: bool = False
    automatic: str = ""
    failure: FailedDelivery | None = None
    attachments: tuple[FileContent | StoredFile, ...] = ()
    copied: tuple[str, ...] = ()
    reply_to: str = ""
    desk_address: str = ""
    language: str = ""


@dataclass(frozen=True)
class Receipt:
    """What became of an incoming message. `duplicate` names the message that was there already."""

    ticket_id: int
    public_id: str
    message_id: int
    duplicate: bool


@dataclass(frozen=True)
class Citation:
    """A source of a reply: a passage of an article in a certain version, and where a person can read it."""

    article: str
    version: int
    title: str
    url: str
    chunk_id: int
    quote: str


@dataclass(frozen=True)
class Turn:
    author: Author
    text: str


@dataclass(frozen=True)
class RecentTicket:
    """Another ticket of the same customer, not long ago. `subject` is redacted."""

    subject: str
    category: str
    status: Status
    opened: datetime


@dataclass(frozen=True)
class Order:
    """An order of the shop's system, as far as a reply may speak of it."""

    order_id: str
    status: str
    carrier: str
    tracking_number: str
    eta: datetime | None
    total: str
    items: tuple[str, ...]


@dataclass(frozen=True)
class Case:
    """A ticket as the agent sees it: read-only and redacted. Identity comes from here, never from a text."""

    ticket_id: int
    public_id: str
    channel: Channel
    subject: str
    question: str
    earlier: tuple[Turn, ...]
    earlier_questions: tuple[str, ...]
    customer_turns: int
    customer_id: int
    customer_name: str
    customer_mail: str
    customer_tier: str
    language: str
    stated_priority: Priority | None
    attempt: int
    claim_token: str
    up_to_seq: int
    received_at: datetime
    correlation_id: str
    metadata: dict[str, object] = field(default_factory=dict)
    may_see_orders: bool = True
    recent_replies: int = 0
    entities: tuple[Entity, ...] = ()
    left_out: int = 0
    recent_tickets: tuple[RecentTicket, ...] = ()


_NEUTRAL = 0.25  # A sentiment nearer to 0 than this is neither positive nor negative.


def mood_of(sentiment: float) -> Mood:
    if abs(sentiment) < _NEUTRAL:
        return Mood.NEUTRAL
    return Mood.POSITIVE if sentiment > 0 else Mood.NEGATIVE


@dataclass(frozen=True)
class Judgement:
    """All that triage said, whichever model did it; kept with the decision, its outcome on the ticket.

    `raw_confidence` is what the model claimed, `confidence` what such claims were worth so far; `urgency` are the
    words that say it is urgent or unsafe.
    """

    category: str
    priority: Priority
    sentiment: float
    language: str
    confidence: float
    summary: str
    group: str = ""
    intent: str = ""
    reasoning: str = ""
    raw_confidence: float | None = None
    urgency: tuple[str, ...] = ()
    model: str = ""
    processing_ms: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float = 0.0

    @property
    def mood(self) -> Mood:
        return mood_of(self.sentiment)


@dataclass(frozen=True)
class ClaimOutcome:
    """A model was so sure of a category, and it was right or not."""

    model: str
    confidence: float
    right: bool


@dataclass(frozen=True)
class PassageHash:
    """A passage that was found: which version of which article, and the hash of its text."""

    article: str
    version: int
    chunk: int
    hash: str


@dataclass(frozen=True)
class Evidence:
    """What a decision was made from. `steps`: what each step gave; `context`: settings and rules; all of it JSON."""

    case: dict[str, object] = field(default_factory=dict)
    steps: dict[str, object] = field(default_factory=dict)
    rules: tuple[tuple[str, bool, str], ...] = ()
    passages: tuple[PassageHash, ...] = ()
    thresholds: dict[str, object] = field(default_factory=dict)
    context: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Decision:
    """The record of one decision of the agent: what it saw, what it did, what it cost."""

    judgement: Judgement | None
    reason: Reason | None
    draft: str
    citations: tuple[Citation, ...]
    support: float
    models: tuple[str, ...]
    prompt_versions: tuple[str, ...]
    input_tokens: int
    output_tokens: int
    cost_usd: float
    processing_ms: int
    notes: tuple[str, ...] = ()
    proposal: Proposal | None = None  # What staff are to approve; such a decision is an escalation.
    notice: str = ""  # What the customer is told beside an escalation, at most once per ticket.
    confidence: float | None = None  # In the draft; None: there was none to be sure of.
    evidence: Evidence | None = None
