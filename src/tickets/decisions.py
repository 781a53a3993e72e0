"""Records what the agent decided, what it saw, and what it cost. Called by `lifecycle`."""

import dataclasses
from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.orm import Session

from runtime import telemetry
from tickets import decision_records
from tickets.contracts import Case, Decision
from tickets.models import AgentDecision


def record(session: Session, case: Case, decision: Decision, outcome: str, now: datetime) -> None:
    answered_s = (now - case.received_at).total_seconds()
    judged = decision.judgement
    judgement = {**dataclasses.asdict(judged), "mood": judged.mood} if judged else {}
    row = session.scalars(
        insert(AgentDecision)
        .values(
            ticket_id=case.ticket_id,
            answers_seq=case.up_to_seq,
            outcome=outcome,
            reason=decision.reason,
            draft=decision.draft,
            citations=[dataclasses.asdict(citation) for citation in decision.citations],
            support=decision.support,
            judgement=judgement,
            models=list(decision.models),
            prompt_versions=list(decision.prompt_versions),
            notes=list(decision.notes),
            input_tokens=decision.input_tokens,
            output_tokens=decision.output_tokens,
            cost_usd=decision.cost_usd,
            processing_ms=decision.processing_ms,
            answered_s=answered_s,
            confidence=decision.confidence,
        )
        .returning(AgentDecision)
    ).one()
    decision_records.keep(session, row, case.public_id, decision.evidence)
    telemetry.record_outcome(
        outcome,
        channel=case.channel,
        category=str(judgement.get("category", "")),
        reason=decision.reason or "",
        seconds=answered_s,
    )
