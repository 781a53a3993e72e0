"""When a person must take over: ordered rules over plain facts. Pure; `deskfleet rules` prints them.

The first rule that applies names the reason. Rules that look at the draft are asked only when there is one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from tickets.contracts import Reason


class Mode(StrEnum):
    """What the agent does with messages of a category: nothing, a draft that staff send, or replies."""

    OFF = "off"
    DRAFT = "draft"
    AUTO = "auto"


@dataclass(frozen=True)
class DraftFacts:
    """What is known of a draft: the share of its claims that the sources hold, and how sure the agent is."""

    empty: bool
    support: float
    confidence: float
    sources: int


@dataclass(frozen=True)
class Proof:
    """What checked answers of the category prove: the least confidence to reply alone with; None: nothing yet."""

    threshold: float | None
    more_needed: int


@dataclass(frozen=True)
class Facts:
    """All that the rules look at. Phrases are the words found, or None; so is what a tool failed of.

    `proof` None: the desk does not ask for one.

    `said` is the message itself, for the words of a desk's own rules: nothing shows it.
    """

    agent_enabled: bool
    customer_tier: str
    customer_turns: int
    sentiment: float
    asks_for_person: str | None
    legal_words: str | None
    safety_words: str | None
    high_stakes_words: str | None
    repeated: bool
    tool_failure: str | None = None
    recent_replies: int = 0
    draft: DraftFacts | None = None
    category: str = ""
    mode: Mode = Mode.AUTO
    proof: Proof | None = None
    language: str = ""
    channel: str = ""
    priority: str = ""
    said: str = field(default="", repr=False)


@dataclass(frozen=True)
class Thresholds:
    """`category_confidence` says for a category what `min_confidence` says for all others."""

    min_confidence: float
    min_support: float
    max_turns: int
    max_negative: float
    vip_to_staff: bool
    replies_per_hour: int = 6
    category_confidence: Mapping[str, float] = field(default_factory=dict)

    def confidence_for(self, category: str) -> float:
        return self.category_confidence.get(category, self.min_confidence)


@dataclass(frozen=True)
class Rule:
    """`applies` decides, `because` says what it saw, `condition` what it looks for.

    `needs_draft`: asked after drafting only. `fixed`: no file switches it off. `name` is that of a desk's own rule.
    """

    reason: Reason
    applies: Callable[[Facts, Thresholds], bool]
    because: Callable[[Facts, Thresholds], str]
    condition: Callable[[Thresholds], str]
    needs_draft: bool = False
    fixed: bool = False
    name: str = ""
    source: str = "built in"

    @property
    def key(self) -> str:
        """What an order names it by."""
        return self.name or self.reason.value


@dataclass(frozen=True)
class RuleBook:
    """The rules of this desk, in the order they are asked, with their thresholds."""

    rules: tuple[Rule, ...]
    thresholds: Thresholds


@dataclass(frozen=True)
class Verdict:
    reason: Reason
    applies: bool
    because: str


def _draft(facts: Facts) -> DraftFacts:
    assert facts.draft is not None
    return facts.draft


def _is_unproven(facts: Facts) -> bool:
    if facts.proof is None or facts.mode is not Mode.AUTO:
        return False
    return facts.proof.threshold is None or _draft(facts).confidence < facts.proof.threshold


def _proven(facts: Facts) -> str:
    if facts.proof is None:
        return "no proof by checked answers is asked for"
    if facts.proof.threshold is None:
        return f"nothing is proven of {facts.category}: {facts.proof.more_needed} more checked replies needed"
    return f"confidence {_draft(facts).confidence:.2f}, proven from {facts.proof.threshold:.2f} on"


RULES: tuple[Rule, ...] = (
    Rule(
        Reason.AGENT_OFF,
        lambda f, _t: not f.agent_enabled,
        lambda f, _t: f"the agent is switched {'on' if f.agent_enabled else 'off'}",
        lambda _t: "the agent is switched off",
        fixed=True,
    ),
    Rule(
        Reason.SAFETY,
        lambda f, _t: bool(f.safety_words),
        lambda f, _t: f"words about safety: {f.safety_words or 'none'}",
        lambda _t: "words of danger or self-harm, in the message's language or English",
        fixed=True,
    ),
    Rule(
        Reason.LEGAL,
        lambda f, _t: bool(f.legal_words),
        lambda f, _t: f"legal words: {f.legal_words or 'none'}",
        lambda _t: "legal or regulatory words, in the message's language or English",
    ),
    Rule(
        Reason.CATEGORY_OFF,
        lambda f, _t: f.mode is Mode.OFF,
        lambda f, _t: f"mode of {f.category or 'the category'}: {f.mode}",
        lambda _t: "the category's mode is off",
        fixed=True,
    ),
    Rule(
        Reason.ASKS_FOR_PERSON,
        lambda f, _t: bool(f.asks_for_person),
        lambda f, _t: f"asks for a person: {f.asks_for_person or 'no'}",
        lambda _t: "words that ask for a person, in the message's language or English",
    ),
    Rule(
        Reason.HIGH_STAKES_ACTION,
        lambda f, _t: bool(f.high_stakes_words),
        lambda f, _t: f"asks for an action that staff approve: {f.high_stakes_words or 'no'}",
        lambda _t: "words that ask for a refund or for an account to be closed",
    ),
    Rule(
        Reason.VIP,
        lambda f, t: t.vip_to_staff and f.customer_tier == "vip",
        lambda f, t: f"tier {f.customer_tier}; vip customers go to staff: {t.vip_to_staff}",
        lambda t: f"tier vip, while vip customers go to staff: {t.vip_to_staff}",
    ),
    Rule(
        Reason.NEGATIVE_SENTIMENT,
        lambda f, t: f.sentiment <= t.max_negative,
        lambda f, t: f"sentiment {f.sentiment:.2f}, staff at {t.max_negative:.2f} or less",
        lambda t: f"sentiment {t.max_negative:.2f} or less",
    ),
    Rule(
        Reason.TOO_MANY_TURNS,
        lambda f, t: f.customer_turns > t.max_turns,
        lambda f, t: f"{f.customer_turns} messages of the customer, staff above {t.max_turns}",
        lambda t: f"more than {t.max_turns} messages of the customer",
    ),
    Rule(
        Reason.REPLY_CAP,
        lambda f, t: f.recent_replies >= t.replies_per_hour,
        lambda f, t: f"{f.recent_replies} automatic replies within an hour, staff at {t.replies_per_hour}",
        lambda t: f"{t.replies_per_hour} automatic replies within an hour, or more",
    ),
    Rule(
        Reason.REPEATED_QUESTION,
        lambda f, _t: f.repeated,
        lambda f, _t: f"asks again what was answered: {'yes' if f.repeated else 'no'}",
        lambda _t: "a question that the agent has answered in this ticket",
    ),
    Rule(
        Reason.TOOL_FAILURE,
        lambda f, _t: bool(f.tool_failure),
        lambda f, _t: f"a tool failed: {f.tool_failure or 'none'}",
        lambda _t: "a tool that the answer needs has failed",
    ),
    Rule(
        Reason.NO_ANSWER_FOUND,
        lambda f, _t: _draft(f).empty,
        lambda f, _t: (
            f"{_draft(f).sources} passages found, draft {'empty' if _draft(f).empty else 'written'}"
        ),
        lambda _t: "a draft without any sentence of fact",
        needs_draft=True,
        fixed=True,
    ),
    Rule(
        Reason.UNSUPPORTED_ANSWER,
        lambda f, t: _draft(f).support < t.min_support,
        lambda f, t: f"the sources hold {_draft(f).support:.0%} of the claims, {t.min_support:.0%} needed",
        lambda t: f"the sources hold less than {t.min_support:.0%} of the draft's claims",
        needs_draft=True,
        fixed=True,
    ),
    Rule(
        Reason.LOW_CONFIDENCE,
        lambda f, t: _draft(f).confidence < t.confidence_for(f.category),
        lambda f, t: f"confidence {_draft(f).confidence:.2f}, {t.confidence_for(f.category):.2f} needed",
        lambda t: ", ".join(
            [f"confidence below {t.min_confidence:.2f}"]
            + [f"{name} {least:.2f}" for name, least in sorted(t.category_confidence.items())]
        ),
        needs_draft=True,
    ),
    Rule(
        Reason.NOT_PROVEN,
        lambda f, _t: _is_unproven(f),
        lambda f, _t: _proven(f),
        lambda _t: (
            "confidence below what checked answers of the category prove, where the desk asks for proof"
        ),
        needs_draft=True,
        fixed=True,
    ),
    Rule(
        Reason.DRAFT_FOR_STAFF,
        lambda f, _t: f.mode is not Mode.AUTO,
        lambda f, _t: f"mode of {f.category or 'the category'}: {f.mode}",
        lambda _t: "the category's mode is draft",
        needs_draft=True,
        fixed=True,
    ),
)


def explain(facts: Facts, book: RuleBook) -> list[Verdict]:
    """Every rule that can be asked, in order, with what it saw."""
    asked = [rule for rule in book.rules if facts.draft is not None or not rule.needs_draft]
    return [
        Verdict(rule.reason, rule.applies(facts, book.thresholds), rule.because(facts, book.thresholds))
        for rule in asked
    ]


def reason_to_escalate(facts: Facts, book: RuleBook) -> Reason | None:
    """The reason of the first rule that applies, or None."""
    return next((verdict.reason for verdict in explain(facts, book) if verdict.applies), None)
