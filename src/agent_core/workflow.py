"""The whole story of an answer on one screen: triage, search, draft, ground, decide. No database is open here."""

import time
from dataclasses import dataclass, field

from agent_core import framing, local_triage, proof, recording, routing, streaming
from agent_core.actions import NOTHING, Consulted, consult
from agent_core.drafting import DraftBody, draft_reply
from agent_core.escalation import DraftFacts, Facts, Verdict, explain, reason_to_escalate
from agent_core.facts import gather, rule_book
from agent_core.grounding import Support
from agent_core.guard import ScreenedCase, screen
from agent_core.output_filter import allowed_addresses, check_output
from agent_core.personal import asks_about_own_order, asks_for_state
from agent_core.steps import check_grounding, look_up_orders, screen_case, screen_passages, search
from agent_core.tape import Tape
from agent_core.tools import LookUp
from agent_core.triage import Triage, record, triage_message
from knowledge.retrieval import Passage
from llm import ask
from llm.ask import Answer
from llm.budget import BudgetSpent
from llm.payer import billed_to
from runtime import telemetry
from runtime.language import DEFAULT
from runtime.settings import settings
from tickets.action_kinds import Proposal
from tickets.contracts import Case, Decision, Reason

_SHORT_QUESTION = 60
# An order that the customer asks about and that is theirs answers by itself.
_ORDER_CONFIDENCE = 0.95
_UNANSWERED = (Reason.NO_ANSWER_FOUND, Reason.UNSUPPORTED_ANSWER, Reason.LOW_CONFIDENCE)

# A draft that only waits for a person to send it.
_SENDABLE = (None, Reason.DRAFT_FOR_STAFF, Reason.NOT_PROVEN)


@dataclass
class _Steps:
    """What was done on the way, for the record of the decision."""

    started: float = field(default_factory=time.perf_counter)
    triage: Answer[Triage] | None = None
    support: Support | None = None
    draft: Answer[DraftBody] | None = None
    tool_failure: str | None = None
    guard_notes: list[str] = field(default_factory=list)
    consulted: Consulted = NOTHING
    confidence: float | None = None
    verdicts: list[Verdict] = field(default_factory=list)
    tape: Tape = field(default_factory=Tape)

    def reason(self, facts: Facts) -> Reason | None:
        """Of the first rule that applies; all that were asked are remembered."""
        self.verdicts = explain(facts, rule_book())
        return next((one.reason for one in self.verdicts if one.applies), None)


def answer(case: Case) -> Decision:
    """A reply (no reason) or an escalation (one reason) for the case."""
    return _answered(case, Tape())


def answer_again(case: Case, given: Tape) -> Decision:
    """The same from what the steps gave then, which is on the tape: no model, search or shop is asked."""
    return _answered(case, given)


def _answered(case: Case, tape: Tape) -> Decision:
    steps = _Steps(tape=tape)
    with billed_to(ticket_id=case.ticket_id, customer_id=case.customer_id):
        try:
            reason = _think(case, steps)
        except BudgetSpent:
            steps.tape.note_spent()
            reason = Reason.BUDGET
    if reason in _UNANSWERED and any(one.is_over_budget for one in _answers(steps)):
        reason = Reason.BUDGET  # A model that costs something might have known.
    return _decision(case, steps, reason)


def _think(case: Case, steps: _Steps) -> Reason | None:
    with telemetry.span("screen"):
        screened = steps.tape.step("screen", recording.SCREENED, lambda: screen_case(case))
        asked = screened.case
        steps.guard_notes += screened.notes
    with telemetry.span("triage"):
        shown = case if screened.asks_nothing else asked
        steps.triage = steps.tape.step("triage", recording.TRIAGED, lambda: triage_message(shown))
        triage = steps.triage.value
    known = steps.tape.step("proof", recording.PROOF, lambda: proof.Held(proof.of(triage.category)))
    with proof.held(known):
        return _go_on(case, steps, screened, triage)


def _go_on(case: Case, steps: _Steps, screened: ScreenedCase, triage: Triage) -> Reason | None:
    asked = screened.case
    # The rules read the whole message: what is left out of the question may still be a reason for staff.
    reason = steps.reason(gather(case, triage))
    if not screened.asks_nothing:
        steps.consulted = steps.tape.step("shop", recording.CONSULTED, lambda: consult(asked, triage, reason))
        steps.guard_notes += steps.consulted.notes
    if steps.consulted.proposal:
        return reason or Reason.HIGH_STAKES_ACTION
    if reason or screened.asks_nothing:
        return reason or Reason.SUSPICIOUS
    with telemetry.span("retrieve"):
        passages = _found(steps, asked, triage)
        shop = steps.consulted.seen or steps.tape.step(
            "orders", recording.ORDERS, lambda: _orders(asked, triage)
        )
        steps.tool_failure = shop.failure
    sure = steps.confidence = _confidence(asked, triage, passages, shop)
    wanted = not steps.tape.is_given and streaming.may_show(
        case, triage, confidence=sure, tool_failure=shop.failure
    )
    with (
        telemetry.span("draft", passages=len(passages)),
        streaming.shown(asked, triage, wanted=wanted) as follow,
    ):
        draft, steps.draft = draft_reply(
            asked, triage, passages, list(shop.orders), follow=follow, tape=steps.tape
        )
    with telemetry.span("ground"):
        steps.support = check_grounding(draft)
    seen = _draft_facts(sure, len(passages) + len(shop.orders), steps.support)
    reason = steps.reason(gather(case, triage, seen, tool_failure=shop.failure))
    # Staff who send a draft as it is are told as well what is wrong with it.
    return reason if reason not in _SENDABLE else _refused(steps, asked) or reason


def _found(steps: _Steps, asked: Case, triage: Triage) -> list[Passage]:
    passages, notes = steps.tape.step(
        "search", recording.FOUND, lambda: screen_passages(_searched(asked, triage))
    )
    steps.guard_notes += notes
    return passages


def _searched(asked: Case, triage: Triage) -> list[Passage]:
    """A short question that stands for itself begins a new topic; any other is understood with the one before it."""
    alone = search(f"{asked.subject}\n{asked.question}".strip(), language=triage.language)
    if not asked.earlier_questions or len(asked.question) >= _SHORT_QUESTION:
        return alone
    if any(passage.relevance >= settings().agent.min_confidence for passage in alone):
        return alone
    return search(f"{asked.earlier_questions[-1]}\n{asked.question}", language=triage.language)


def _orders(asked: Case, triage: Triage) -> LookUp:
    about = asks_about_own_order(asked, category=triage.category, language=triage.language)
    return look_up_orders(asked, open_ones=about)


def _refused(steps: _Steps, asked: Case) -> Reason | None:
    """The reply that no rule stops is looked at once more, as the customer would read it."""
    assert steps.triage is not None
    assert steps.support is not None
    draft, language = steps.support.draft, steps.triage.value.language
    allowed = steps.tape.step("allowed", recording.ADDRESSES, lambda: sorted(allowed_addresses()))
    fault = check_output(draft.text, asked, draft.sources, language=language, allowed=allowed)
    if fault is None:
        return None
    steps.guard_notes.append(f"reply refused: {fault}")
    return Reason.OUTPUT_REFUSED


def left_out(case: Case) -> tuple[str, ...]:
    """For the notes of a decision: how much of a long conversation it did not see."""
    told = f"{case.left_out} characters of the conversation were not shown to the agent"
    return (told,) if case.left_out else ()


def warm_up() -> None:
    """Load and train what the first message would wait for: seconds, once per process."""
    ask.warm_up()
    local_triage.classify("Where is my order?")
    search("Where is my order?")
    screen("Where is my order?")


def explain_answer(case: Case) -> list[tuple[str, bool, str]]:
    """Every rule that is asked with what it saw, for `deskfleet rules explain`: (reason, applies, because).

    The same steps as `answer` takes, and none that leaves anything: what would be proposed is named, not stored.
    """
    screened = screen_case(case)
    asked = screened.case
    triage = triage_message(case if screened.asks_nothing else asked).value
    at_once = gather(case, triage)
    reason = reason_to_escalate(at_once, rule_book())
    consulted = NOTHING if screened.asks_nothing else consult(asked, triage, reason)
    verdicts = explain(at_once, rule_book())
    if screened.asks_nothing:
        verdicts.append(Verdict(Reason.SUSPICIOUS, applies=True, because="an attack and nothing else"))
    elif consulted.proposal:
        verdicts.append(_waits_for(consulted.proposal))
    else:
        verdicts = explain(_drafted_facts(case, asked, triage, consulted), rule_book())
    return [(verdict.reason.value, verdict.applies, verdict.because) for verdict in verdicts]


def _waits_for(proposal: Proposal) -> Verdict:
    return Verdict(
        Reason.HIGH_STAKES_ACTION, applies=True, because=f"an action is proposed: {proposal.kind.value}"
    )


def _drafted_facts(case: Case, asked: Case, triage: Triage, consulted: Consulted) -> Facts:
    passages = _found(_Steps(), asked, triage)
    shop = consulted.seen or _orders(asked, triage)
    draft, _answer = draft_reply(asked, triage, passages, list(shop.orders))
    sure = _confidence(asked, triage, passages, shop)
    seen = _draft_facts(sure, len(passages) + len(shop.orders), check_grounding(draft))
    return gather(case, triage, seen, tool_failure=shop.failure)


def _draft_facts(confidence: float, sources: int, support: Support) -> DraftFacts:
    empty = not support.draft.claims
    return DraftFacts(empty=empty, support=support.share, confidence=confidence, sources=sources)


def _confidence(asked: Case, triage: Triage, passages: list[Passage], shop: LookUp) -> float:
    """Sure is who knows what it is about, or has found a passage that answers: the greater of the two."""
    relevance = max((passage.relevance for passage in passages), default=0.0)
    answers = shop.orders and asks_for_state(asked, language=triage.language)
    return max(triage.confidence, relevance, _ORDER_CONFIDENCE if answers else 0.0)


def _language(case: Case, steps: _Steps) -> str:
    return steps.triage.value.language if steps.triage else case.language or DEFAULT


def _answers(steps: _Steps) -> list[Answer[Triage] | Answer[DraftBody]]:
    return [one for one in (steps.triage, steps.draft) if one is not None]


def _decision(case: Case, steps: _Steps, reason: Reason | None) -> Decision:
    answers = _answers(steps)
    support = steps.support
    return Decision(
        proposal=steps.consulted.proposal,
        judgement=record(steps.triage, case) if steps.triage else None,
        reason=reason,
        notice=framing.handover(case, language=_language(case, steps)) if reason is Reason.BUDGET else "",
        draft=support.draft.text if support and support.draft.claims else "",
        citations=support.draft.citations if support else (),
        support=support.share if support else 0.0,
        confidence=steps.confidence,
        evidence=recording.evidence(case, steps.tape, steps.verdicts),
        models=tuple(f"{one.provider}:{one.model}" for one in answers),
        prompt_versions=tuple(one.prompt_version for one in answers),
        input_tokens=sum(one.input_tokens for one in answers),
        output_tokens=sum(one.output_tokens for one in answers),
        cost_usd=float(sum(one.cost_usd for one in answers)),
        processing_ms=round((time.perf_counter() - steps.started) * 1000),
        notes=tuple(
            [f"dropped: {text[:120]}" for text in (support.dropped if support else ())]
            + (support.notes if support else [])
            + ([f"tool failed: {steps.tool_failure}"] if steps.tool_failure else [])
            + [f"fell back: {attempt}" for one in answers for attempt in one.attempts]
            + steps.guard_notes
            + ([routing.told(steps.triage.value.category)] if steps.triage else [])
        ),
    )
