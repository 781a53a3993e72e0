"""The rules, one by one, without any server."""

from dataclasses import replace

import pytest

from agent_core.escalation import (
    RULES,
    DraftFacts,
    Facts,
    Mode,
    Proof,
    RuleBook,
    Thresholds,
    explain,
    reason_to_escalate,
)
from tickets.contracts import Reason

THRESHOLDS = Thresholds(
    min_confidence=0.75, min_support=0.75, max_turns=8, max_negative=-0.6, vip_to_staff=True
)
BOOK = RuleBook(RULES, THRESHOLDS)
GOOD = DraftFacts(empty=False, support=1.0, confidence=0.9, sources=2)
QUIET = Facts(
    agent_enabled=True,
    customer_tier="standard",
    customer_turns=1,
    sentiment=0.1,
    asks_for_person=None,
    legal_words=None,
    safety_words=None,
    high_stakes_words=None,
    repeated=False,
    draft=GOOD,
)

CASES = [
    (Reason.AGENT_OFF, {"agent_enabled": False}),
    (Reason.SAFETY, {"safety_words": "smoke"}),
    (Reason.LEGAL, {"legal_words": "lawyer"}),
    (Reason.CATEGORY_OFF, {"mode": Mode.OFF}),
    (Reason.ASKS_FOR_PERSON, {"asks_for_person": "real person"}),
    (Reason.HIGH_STAKES_ACTION, {"high_stakes_words": "refund me"}),
    (Reason.VIP, {"customer_tier": "vip"}),
    (Reason.NEGATIVE_SENTIMENT, {"sentiment": -0.6}),
    (Reason.TOO_MANY_TURNS, {"customer_turns": 9}),
    (Reason.REPLY_CAP, {"recent_replies": 6}),
    (Reason.REPEATED_QUESTION, {"repeated": True}),
    (Reason.TOOL_FAILURE, {"tool_failure": "orders cannot be read: FileNotFoundError"}),
    (Reason.NO_ANSWER_FOUND, {"draft": replace(GOOD, empty=True)}),
    (Reason.UNSUPPORTED_ANSWER, {"draft": replace(GOOD, support=0.74)}),
    (Reason.LOW_CONFIDENCE, {"draft": replace(GOOD, confidence=0.74)}),
    (Reason.NOT_PROVEN, {"proof": Proof(threshold=0.91, more_needed=0)}),
    (Reason.DRAFT_FOR_STAFF, {"mode": Mode.DRAFT}),
]


def test_a_quiet_message_with_a_good_draft_is_answered() -> None:
    assert reason_to_escalate(QUIET, BOOK) is None


@pytest.mark.parametrize(("reason", "change"), CASES)
def test_each_rule_names_its_reason(reason: Reason, change: dict[str, object]) -> None:
    assert reason_to_escalate(replace(QUIET, **change), BOOK) is reason  # type: ignore[arg-type]


def test_every_rule_has_a_case() -> None:
    assert [rule.reason for rule in RULES] == [reason for reason, _change in CASES]


@pytest.mark.parametrize(
    "change",
    [
        {"sentiment": -0.59},
        {"customer_turns": 8},
        {"draft": replace(GOOD, support=0.75)},
        {"draft": replace(GOOD, confidence=0.75)},
        {"proof": Proof(threshold=0.9, more_needed=0)},
    ],
)
def test_a_threshold_belongs_to_the_side_that_is_documented(change: dict[str, object]) -> None:
    assert reason_to_escalate(replace(QUIET, **change), BOOK) is None  # type: ignore[arg-type]


def test_the_first_rule_wins() -> None:
    facts = replace(QUIET, safety_words="smoke", legal_words="lawyer", customer_tier="vip")
    assert reason_to_escalate(facts, BOOK) is Reason.SAFETY


def test_before_drafting_the_drafts_rules_are_not_asked() -> None:
    asked = {verdict.reason for verdict in explain(replace(QUIET, draft=None), BOOK)}
    assert not asked & {Reason.NO_ANSWER_FOUND, Reason.UNSUPPORTED_ANSWER, Reason.LOW_CONFIDENCE}


def test_every_verdict_says_what_it_saw() -> None:
    assert all(verdict.because for verdict in explain(QUIET, BOOK))


def test_vips_reach_the_agent_when_the_setting_says_so() -> None:
    facts = replace(QUIET, customer_tier="vip")
    assert reason_to_escalate(facts, RuleBook(RULES, replace(THRESHOLDS, vip_to_staff=False))) is None


def test_a_draft_for_staff_is_written_before_they_get_it() -> None:
    assert reason_to_escalate(replace(QUIET, mode=Mode.DRAFT, draft=None), BOOK) is None
    assert reason_to_escalate(replace(QUIET, mode=Mode.OFF, draft=None), BOOK) is Reason.CATEGORY_OFF


@pytest.mark.parametrize(
    ("category", "reason"), [("billing_inquiry", Reason.LOW_CONFIDENCE), ("shipping", None)]
)
def test_a_category_may_ask_for_more_confidence_than_the_others(category: str, reason: Reason | None) -> None:
    book = RuleBook(RULES, replace(THRESHOLDS, category_confidence={"billing_inquiry": 0.95}))
    assert reason_to_escalate(replace(QUIET, category=category), book) is reason


def test_what_was_said_is_never_shown() -> None:
    assert "secret" not in repr(replace(QUIET, said="a secret"))


def test_every_rule_says_what_it_looks_for() -> None:
    assert all(rule.condition(THRESHOLDS) for rule in RULES)
