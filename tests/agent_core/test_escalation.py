"""The rules, one by one, without any server."""

from dataclasses import replace

import pytest

from agent_core.escalation import RULES, DraftFacts, Facts, Thresholds, explain, reason_to_escalate
from tickets.contracts import Reason

THRESHOLDS = Thresholds(
    min_confidence=0.75, min_support=0.75, max_turns=8, max_negative=-0.6, vip_to_staff=True
)
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
]


def test_a_quiet_message_with_a_good_draft_is_answered() -> None:
    assert reason_to_escalate(QUIET, THRESHOLDS) is None


@pytest.mark.parametrize(("reason", "change"), CASES)
def test_each_rule_names_its_reason(reason: Reason, change: dict[str, object]) -> None:
    assert reason_to_escalate(replace(QUIET, **change), THRESHOLDS) is reason  # type: ignore[arg-type]


def test_every_rule_has_a_case() -> None:
    assert [rule.reason for rule in RULES] == [reason for reason, _change in CASES]


@pytest.mark.parametrize(
    "change",
    [
        {"sentiment": -0.59},
        {"customer_turns": 8},
        {"draft": replace(GOOD, support=0.75)},
        {"draft": replace(GOOD, confidence=0.75)},
    ],
)
def test_a_threshold_belongs_to_the_side_that_is_documented(change: dict[str, object]) -> None:
    assert reason_to_escalate(replace(QUIET, **change), THRESHOLDS) is None  # type: ignore[arg-type]


def test_the_first_rule_wins() -> None:
    facts = replace(QUIET, safety_words="smoke", legal_words="lawyer", customer_tier="vip")
    assert reason_to_escalate(facts, THRESHOLDS) is Reason.SAFETY


def test_before_drafting_the_drafts_rules_are_not_asked() -> None:
    asked = {verdict.reason for verdict in explain(replace(QUIET, draft=None), THRESHOLDS)}
    assert not asked & {Reason.NO_ANSWER_FOUND, Reason.UNSUPPORTED_ANSWER, Reason.LOW_CONFIDENCE}


def test_every_verdict_says_what_it_saw() -> None:
    assert all(verdict.because for verdict in explain(QUIET, THRESHOLDS))


def test_vips_reach_the_agent_when_the_setting_says_so() -> None:
    facts = replace(QUIET, customer_tier="vip")
    assert reason_to_escalate(facts, replace(THRESHOLDS, vip_to_staff=False)) is None
