"""The whole story of an answer on one screen: triage, search, draft, ground, decide. No database is open here."""

import time
from dataclasses import dataclass, field

from agent_core import local_triage
from agent_core.drafting import DraftBody, draft_reply
from agent_core.escalation import DraftFacts, explain, reason_to_escalate
from agent_core.facts import gather, thresholds
from agent_core.grounding import Support, check_grounding
from agent_core.guard import screen, screen_case, screen_passages
from agent_core.output_filter import allowed_addresses, check_output
from agent_core.tools import LookUp, look_up_orders
from agent_core.triage import Triage, triage_message
from knowledge.retrieval import Passage, search
from llm.ask import Answer
from llm.budget import BudgetSpent
from llm.payer import billed_to
from runtime import telemetry
from tickets.contracts import Case, Decision, Reason

_SHORT_QUESTION = 60
# An order that the customer named and that is theirs answers by itself.
_ORDER_CONFIDENCE = 0.95


@dataclass
class _Steps:
    """What was done on the way, for the record of the decision."""

    started: float = field(default_factory=time.perf_counter)
    triage: Answer[Triage] | None = None
    support: Support | None = None
    draft: Answer[DraftBody] | None = None
    tool_failure: str | None = None
    guard_notes: list[str] = field(default_factory=list)


def answer(case: Case) -> Decision:
    """A reply (no reason) or an escalation (one reason) for the case."""
    steps = _Steps()
    with billed_to(ticket_id=case.ticket_id, customer_id=case.customer_id):
        try:
            reason = _think(case, steps)
        except BudgetSpent:
            reason = Reason.BUDGET
    return _decision(steps, reason)


def _think(case: Case, steps: _Steps) -> Reason | None:
    with telemetry.span("screen"):
        screened = screen_case(case)
        asked = screened.case
        steps.guard_notes += screened.notes
    with telemetry.span("triage"):
        steps.triage = triage_message(case if screened.asks_nothing else asked)
        triage = steps.triage.value
    # The rules read the whole message: what is left out of the question may still be a reason for staff.
    reason = reason_to_escalate(gather(case, triage), thresholds())
    if reason or screened.asks_nothing:
        return reason or Reason.NO_ANSWER_FOUND
    with telemetry.span("retrieve"):
        passages = _found(steps, asked, triage)
        shop = look_up_orders(asked)
        steps.tool_failure = shop.failure
    with telemetry.span("draft", passages=len(passages)):
        draft, steps.draft = draft_reply(asked, triage, passages, list(shop.orders))
    with telemetry.span("ground"):
        steps.support = check_grounding(draft)
    seen = _draft_facts(triage, passages, shop, steps.support)
    facts = gather(case, triage, seen, tool_failure=shop.failure)
    return reason_to_escalate(facts, thresholds()) or _refused(steps, asked)


def _found(steps: _Steps, asked: Case, triage: Triage) -> list[Passage]:
    passages, notes = screen_passages(search(_question(asked), language=triage.language))
    steps.guard_notes += notes
    return passages


def _refused(steps: _Steps, asked: Case) -> Reason | None:
    """The reply that no rule stops is looked at once more, as the customer would read it."""
    assert steps.triage is not None
    assert steps.support is not None
    draft, language = steps.support.draft, steps.triage.value.language
    fault = check_output(draft.text, asked, draft.sources, language=language, allowed=allowed_addresses())
    if fault is None:
        return None
    steps.guard_notes.append(f"reply refused: {fault}")
    return Reason.UNSUPPORTED_ANSWER


def warm_up() -> None:
    """Load and train what the first message would wait for: seconds, once per process."""
    local_triage.classify("Where is my order?")
    search("Where is my order?")
    screen("Where is my order?")


def explain_answer(case: Case) -> list[tuple[str, bool, str]]:
    """Every rule with what it saw, for `deskfleet rules explain`: (reason, applies, because)."""
    screened = screen_case(case)
    asked = screened.case
    triage = triage_message(case if screened.asks_nothing else asked).value
    passages = [] if screened.asks_nothing else _found(_Steps(), asked, triage)
    shop = look_up_orders(asked)
    draft, _answer = draft_reply(asked, triage, passages, list(shop.orders))
    seen = _draft_facts(triage, passages, shop, check_grounding(draft))
    facts = gather(case, triage, seen, tool_failure=shop.failure)
    return [
        (verdict.reason.value, verdict.applies, verdict.because) for verdict in explain(facts, thresholds())
    ]


def _question(case: Case) -> str:
    """The newest burst; a short one is understood with the question before it."""
    if case.earlier_questions and len(case.question) < _SHORT_QUESTION:
        return f"{case.earlier_questions[-1]}\n{case.question}"
    return f"{case.subject}\n{case.question}".strip()


def _draft_facts(triage: Triage, passages: list[Passage], shop: LookUp, support: Support) -> DraftFacts:
    """Sure is who knows what it is about, or has found a passage that answers: the greater of the two."""
    relevance = max((passage.relevance for passage in passages), default=0.0)
    return DraftFacts(
        empty=not support.draft.claims,
        support=support.share,
        confidence=max(triage.confidence, relevance, _ORDER_CONFIDENCE if shop.orders else 0.0),
        sources=len(passages) + len(shop.orders),
    )


def _decision(steps: _Steps, reason: Reason | None) -> Decision:
    answers = [one for one in (steps.triage, steps.draft) if one is not None]
    support = steps.support
    return Decision(
        judgement=steps.triage.value.judgement() if steps.triage else None,
        reason=reason,
        draft=support.draft.text if support and support.draft.claims else "",
        citations=support.draft.citations if support else (),
        support=support.share if support else 0.0,
        models=tuple(f"{one.provider}:{one.model}" for one in answers),
        prompt_versions=tuple(one.prompt_version for one in answers),
        input_tokens=sum(one.input_tokens for one in answers),
        output_tokens=sum(one.output_tokens for one in answers),
        cost_usd=float(sum(one.cost_usd for one in answers)),
        processing_ms=round((time.perf_counter() - steps.started) * 1000),
        notes=tuple(
            [f"dropped: {text[:120]}" for text in (support.dropped if support else ())]
            + ([f"tool failed: {steps.tool_failure}"] if steps.tool_failure else [])
            + [f"fell back: {attempt}" for one in answers for attempt in one.attempts]
            + steps.guard_notes
        ),
    )
