"""Jobs of the agent: answer the most urgent pending ticket, and the sweep for what was lost."""

import logging
from dataclasses import replace

from agent_core import arms, proof, retraining, shared_training, workflow
from agent_core.actions import carry_out
from agent_core.translation import translate
from analytics import audit_sample
from llm.payer import billed_to
from runtime import correlation, jobs, telemetry
from runtime.database import transaction
from runtime.jobs import job
from tickets import action_execution, actions, assignment, lifecycle, partial_replies, translations, wakeups
from tickets.cases import build_case
from tickets.contracts import Case
from tickets.translations import Failure
from tickets.wakeups import ANSWER_NEXT

log = logging.getLogger(__name__)

_MOST_IN_A_ROW = 50  # Then the worker's thread is free for another job, such as a stop.


@job(queue="agent_core")
def answer_next() -> None:
    """Answer pending messages, the most urgent first, until there are none (or many are done).

    Wake-ups are merged while they wait to be published, so one may stand for several messages: whoever leaves
    some behind wakes a colleague, and so a burst soon occupies every worker.
    """
    shared_training.refresh()
    proof.refresh()
    for _ in range(_MOST_IN_A_ROW):
        if not _answer_one():
            return
        if jobs.is_stopping():
            break
    jobs.request_now(ANSWER_NEXT)


def _answer_one() -> bool:
    """Claim, think, record. False when nothing is pending."""
    with transaction() as session:
        claimed = lifecycle.claim(session)
        more = claimed is not None and wakeups.more_wait(session)
    if claimed is None:
        return False
    if more:
        jobs.request_now(ANSWER_NEXT)
    settled = False
    try:
        with transaction() as session:
            case = build_case(session, *claimed)
        with correlation.correlate(case.correlation_id), telemetry.span("answer", ticket_id=case.public_id):
            settled = _think_and_record(case)
    finally:
        if not settled:
            _give_back(*claimed)
    return True


def _think_and_record(case: Case) -> bool:
    with arms.chosen(case) as arm:
        decision = workflow.answer(case)
    decision = replace(decision, notes=(*decision.notes, *workflow.left_out(case), *arm))
    with transaction() as session:
        if decision.reason:
            if lifecycle.escalate(session, case, decision) and decision.proposal:
                actions.propose(session, case, decision.proposal)
        elif lifecycle.reply(session, case, decision):
            audit_sample.consider(session, case)
    log.info(
        "answered",
        extra={
            "ticket_id": case.public_id,
            "customer_id": case.customer_id,
            "category": decision.judgement.category if decision.judgement else "",
            "confidence": decision.judgement.confidence if decision.judgement else 0.0,
            "resolution_method": decision.reason or "agent",
            "processing_time_ms": decision.processing_ms,
            "llm_tokens_used": decision.input_tokens + decision.output_tokens,
            "cost_usd": decision.cost_usd,
        },
    )
    return True


def _give_back(ticket_id: int, claim_token: str) -> None:
    """Thinking failed: let it be tried again; after `agent.max_attempts` the sweep gives it to staff."""
    with transaction() as session:
        lifecycle.release(session, ticket_id, claim_token)


@job(queue="agent_core")
def translate_message(message_id: int, language: str) -> None:
    """Translate one message for staff, once, however often it is asked for."""
    with transaction() as session:
        source = translations.claim(session, message_id, language)
    if source is None:
        return
    with billed_to(ticket_id=source.ticket_id, customer_id=source.customer_id):
        found = translate(source.text, language)
    with transaction() as session:
        if isinstance(found, Failure):
            translations.fail(session, source, found)
        else:
            translations.keep(session, source, found)


@job(queue="agent_core")
def execute_action(action_id: int) -> None:
    """Do one approved action, once, however often it is asked for."""
    carry_out(action_id)


@job(queue="upkeep")
def sweep_actions() -> None:
    """Ask again for actions whose job was lost or whose worker died; end what nobody decided in time."""
    with transaction() as session:
        action_execution.sweep(session)
        actions.expire(session)


@job(queue="upkeep")
def sweep_pending() -> None:
    """Ask again for messages whose wake-up was lost; hand over those tried too often; give staff what is nobody's."""
    with transaction() as session:
        wakeups.sweep_pending(session)
        lifecycle.give_up(session)
        partial_replies.sweep(session)
    with transaction() as session:
        assignment.give_waiting(session)


@job(queue="upkeep")
def retrain_nightly() -> None:
    """Learn from what staff corrected, and measure again what each model's confidence is worth."""
    retraining.retrain()
