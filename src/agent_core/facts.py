"""Gathers what the escalation rules look at, from the case, its triage and its draft."""

from agent_core import proof, routing, rule_file
from agent_core.escalation import DraftFacts, Facts, RuleBook, Thresholds
from agent_core.languages import find_phrase
from agent_core.triage import Triage
from llm import local_embedding
from runtime.settings import settings
from tickets.contracts import Author, Case

# Cosine of two wordings of one question; between different questions of one topic it stays near 0.6.
_SAME_QUESTION = 0.9


def rule_book() -> RuleBook:
    """The rules and thresholds of this desk: the settings, and its rules file when there is one."""
    return rule_file.rule_book(settings().agent.rules_file, thresholds())


def thresholds() -> Thresholds:
    agent = settings().agent
    return Thresholds(
        min_confidence=agent.min_confidence,
        min_support=agent.min_support,
        max_turns=agent.max_turns,
        max_negative=agent.max_negative,
        vip_to_staff=agent.vip_to_staff,
        replies_per_hour=agent.replies_per_hour,
        category_confidence=routing.category_confidence(),
    )


def gather(
    case: Case, triage: Triage, draft: DraftFacts | None = None, *, tool_failure: str | None = None
) -> Facts:
    """`draft` is None before drafting; `tool_failure` says what could not be looked up."""
    said = f"{case.subject}\n{case.question}"

    def words(kind: str) -> str | None:
        return find_phrase(kind, said, triage.language)

    return Facts(
        agent_enabled=settings().agent.enabled,
        customer_tier=case.customer_tier,
        customer_turns=case.customer_turns,
        sentiment=triage.sentiment,
        asks_for_person=words("person"),
        legal_words=words("legal"),
        safety_words=words("safety"),
        high_stakes_words=words("refund") or words("close_account"),
        repeated=_asks_again(case),
        tool_failure=tool_failure,
        recent_replies=case.recent_replies,
        draft=draft,
        category=triage.category,
        mode=routing.mode_of(triage.category),
        proof=proof.of(triage.category),
        language=triage.language,
        channel=case.channel,
        priority=case.stated_priority or triage.priority,
        said=said,
    )


def _asks_again(case: Case) -> bool:
    """The customer repeats a question that the agent has answered: another answer of it would not help."""
    if not any(turn.author is Author.AGENT for turn in case.earlier):
        return False
    now = local_embedding.embed_one(case.question)
    before = local_embedding.embed_remembered(case.earlier_questions)
    return bool((before @ now).max(initial=0.0) >= _SAME_QUESTION)
