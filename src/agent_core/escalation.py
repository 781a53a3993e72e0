"""When a person must take over: ordered rules over plain facts. Pure; `deskfleet rules explain` prints them.

The first rule that applies names the reason. Rules that look at the draft are asked only when there is one.
"""

from collections.abc import Callable
from dataclasses import dataclass

from tickets.contracts import Reason


@dataclass(frozen=True)
class DraftFacts:
    """What is known of a draft: the share of its claims that the sources hold, and how sure the agent is."""

    empty: bool
    support: float
    confidence: float
    sources: int


@dataclass(frozen=True)
class Facts:
    """All that the rules look at. Phrases are the words found, or None; so is what a tool failed of."""

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


@dataclass(frozen=True)
class Thresholds:
    min_confidence: float
    min_support: float
    max_turns: int
    max_negative: float
    vip_to_staff: bool
    replies_per_hour: int = 6


@dataclass(frozen=True)
class Rule:
    """`applies` decides, `because` says what it saw. `needs_draft`: asked after drafting only."""

    reason: Reason
    applies: Callable[[Facts, Thresholds], bool]
    because: Callable[[Facts, Thresholds], str]
    needs_draft: bool = False


@dataclass(frozen=True)
class Verdict:
    reason: Reason
    applies: bool
    because: str


def _draft(facts: Facts) -> DraftFacts:
    assert facts.draft is not None
    return facts.draft


RULES: tuple[Rule, ...] = (
    Rule(
        Reason.AGENT_OFF,
        lambda f, _t: not f.agent_enabled,
        lambda f, _t: f"the agent is switched {'on' if f.agent_enabled else 'off'}",
    ),
    Rule(
        Reason.SAFETY,
        lambda f, _t: bool(f.safety_words),
        lambda f, _t: f"words about safety: {f.safety_words or 'none'}",
    ),
    Rule(
        Reason.LEGAL,
        lambda f, _t: bool(f.legal_words),
        lambda f, _t: f"legal words: {f.legal_words or 'none'}",
    ),
    Rule(
        Reason.ASKS_FOR_PERSON,
        lambda f, _t: bool(f.asks_for_person),
        lambda f, _t: f"asks for a person: {f.asks_for_person or 'no'}",
    ),
    Rule(
        Reason.HIGH_STAKES_ACTION,
        lambda f, _t: bool(f.high_stakes_words),
        lambda f, _t: f"asks for an action that staff approve: {f.high_stakes_words or 'no'}",
    ),
    Rule(
        Reason.VIP,
        lambda f, t: t.vip_to_staff and f.customer_tier == "vip",
        lambda f, t: f"tier {f.customer_tier}; vip customers go to staff: {t.vip_to_staff}",
    ),
    Rule(
        Reason.NEGATIVE_SENTIMENT,
        lambda f, t: f.sentiment <= t.max_negative,
        lambda f, t: f"sentiment {f.sentiment:.2f}, staff at {t.max_negative:.2f} or less",
    ),
    Rule(
        Reason.TOO_MANY_TURNS,
        lambda f, t: f.customer_turns > t.max_turns,
        lambda f, t: f"{f.customer_turns} messages of the customer, staff above {t.max_turns}",
    ),
    Rule(
        Reason.REPLY_CAP,
        lambda f, t: f.recent_replies >= t.replies_per_hour,
        lambda f, t: f"{f.recent_replies} automatic replies within an hour, staff at {t.replies_per_hour}",
    ),
    Rule(
        Reason.REPEATED_QUESTION,
        lambda f, _t: f.repeated,
        lambda f, _t: f"asks again what was answered: {'yes' if f.repeated else 'no'}",
    ),
    Rule(
        Reason.TOOL_FAILURE,
        lambda f, _t: bool(f.tool_failure),
        lambda f, _t: f"a tool failed: {f.tool_failure or 'none'}",
    ),
    Rule(
        Reason.NO_ANSWER_FOUND,
        lambda f, _t: _draft(f).empty,
        lambda f, _t: (
            f"{_draft(f).sources} passages found, draft {'empty' if _draft(f).empty else 'written'}"
        ),
        needs_draft=True,
    ),
    Rule(
        Reason.UNSUPPORTED_ANSWER,
        lambda f, t: _draft(f).support < t.min_support,
        lambda f, t: f"the sources hold {_draft(f).support:.0%} of the claims, {t.min_support:.0%} needed",
        needs_draft=True,
    ),
    Rule(
        Reason.LOW_CONFIDENCE,
        lambda f, t: _draft(f).confidence < t.min_confidence,
        lambda f, t: f"confidence {_draft(f).confidence:.2f}, {t.min_confidence:.2f} needed",
        needs_draft=True,
    ),
)


def explain(facts: Facts, thresholds: Thresholds) -> list[Verdict]:
    """Every rule that can be asked, in order, with what it saw."""
    asked = [rule for rule in RULES if facts.draft is not None or not rule.needs_draft]
    return [
        Verdict(rule.reason, rule.applies(facts, thresholds), rule.because(facts, thresholds))
        for rule in asked
    ]


def reason_to_escalate(facts: Facts, thresholds: Thresholds) -> Reason | None:
    """The reason of the first rule that applies, or None."""
    return next((verdict.reason for verdict in explain(facts, thresholds) if verdict.applies), None)
