"""Makes a recorded decision again from its stored inputs, and shows where it differs: `deskfleet audit replay`.

What models, searches and the shop gave then is given back; rules, drafting, grounding and the last look at the reply
are done by the code of today.
"""

import difflib
import json
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from agent_core import recording, rule_file, workflow
from agent_core.rule_file import RuleFile
from agent_core.tape import Tape
from runtime import settings as configuration
from runtime.agent_settings import AgentSettings
from runtime.errors import DeskfleetError
from runtime.settings import settings
from tickets.contracts import Case, Decision
from tickets.decision_models import DecisionContext, DecisionInputs, DecisionRecord
from tickets.models import AgentDecision, Ticket


@dataclass(frozen=True)
class Kept:
    """A decision as it was made, with all that it was made from. `inputs` None: an erasure took them."""

    decision_id: int
    ticket: str
    made: str
    inputs: dict[str, Any] | None
    context: dict[str, Any]


@dataclass(frozen=True)
class Reproduced:
    """`same` None: there is nothing left to make it from. `difference`: lines as `diff -u` has them, or why not."""

    decision_id: int
    ticket: str
    same: bool | None
    difference: tuple[str, ...] = ()


def read_kept(session: Session, ticket: str = "", *, after: int = 0, limit: int = 200) -> list[Kept]:
    """Decisions of one ticket, or of all, by their id; those from before there were records are left out."""
    query = (
        select(AgentDecision, Ticket.public_id, DecisionRecord.body, DecisionInputs.inputs)
        .join(Ticket, Ticket.id == AgentDecision.ticket_id)
        .join(DecisionRecord, DecisionRecord.decision_id == AgentDecision.id)
        .outerjoin(DecisionInputs, DecisionInputs.decision_id == AgentDecision.id)
        .where(AgentDecision.id > after)
        .order_by(AgentDecision.id)
        .limit(limit)
    )
    rows = session.execute(query.where(Ticket.public_id == ticket) if ticket else query).all()
    named = {json.loads(body)["context"] for _row, _ticket, body, _inputs in rows}
    wanted = select(DecisionContext).where(DecisionContext.hash.in_(named))
    contexts = {one.hash: one.content for one in session.scalars(wanted)}
    return [
        Kept(
            row.id,
            public_id,
            _lines(_of_row(row)),
            json.loads(inputs) if inputs else None,
            json.loads(contexts.get(json.loads(body)["context"], "{}")),
        )
        for row, public_id, body, inputs in rows
    ]


def reproduce(kept: Kept) -> Reproduced:
    """Never raises for what is wrong with a record: that is the difference."""
    if not kept.inputs or not kept.inputs.get("case"):
        return Reproduced(kept.decision_id, kept.ticket, None, ("Its inputs are not kept.",))
    try:
        case = recording.CASE.read(kept.inputs["case"])
        with _as_configured(kept.context):
            decision = workflow.answer_again(case, Tape(kept.inputs["steps"]))
        again = _lines(_of_decision(decision, case))
    except (DeskfleetError, ValueError, KeyError, TypeError) as error:
        why = error.detail if isinstance(error, DeskfleetError) else f"{type(error).__name__}: {error}"
        return Reproduced(kept.decision_id, kept.ticket, False, (why,))
    if again == kept.made:
        return Reproduced(kept.decision_id, kept.ticket, True)
    changed = difflib.unified_diff(
        kept.made.splitlines(), again.splitlines(), "recorded", "reproduced", lineterm="", n=1
    )
    return Reproduced(kept.decision_id, kept.ticket, False, tuple(changed))


@contextmanager
def _as_configured(context: dict[str, Any]) -> Iterator[None]:
    """The settings of the agent and the rules as they were then."""
    present = settings()
    given = {name: value for name, value in context.get("agent", {}).items() if value is not None}
    then = present.agent.model_copy(update=dict(AgentSettings(**given)) | {"rules_file": None})
    text = context.get("rules_file")
    rules = RuleFile.model_validate(tomllib.loads(text)) if text is not None else RuleFile()
    with configuration.instead(replace(present, agent=then)), rule_file.instead(rules):
        yield


def _of_row(row: AgentDecision) -> dict[str, Any]:
    return {
        "outcome": row.outcome,
        "reason": row.reason,
        "draft": row.draft,
        "citations": row.citations,
        "support": row.support,
        "confidence": row.confidence,
        "judgement": row.judgement,
        "models": row.models,
        "prompt_versions": row.prompt_versions,
        "notes": row.notes,
        "input_tokens": row.input_tokens,
        "output_tokens": row.output_tokens,
        "cost_usd": f"{row.cost_usd:.6f}",
    }


def _of_decision(decision: Decision, case: Case) -> dict[str, Any]:
    judged = decision.judgement
    judgement = {**asdict(judged), "mood": judged.mood} if judged else {}
    return {
        "outcome": "escalation" if decision.reason else "reply",
        "reason": decision.reason,
        "draft": decision.draft,
        "citations": [asdict(one) for one in decision.citations],
        "support": decision.support,
        "confidence": decision.confidence,
        "judgement": judgement,
        "models": list(decision.models),
        "prompt_versions": list(decision.prompt_versions),
        "notes": [*decision.notes, *workflow.left_out(case)],
        "input_tokens": decision.input_tokens,
        "output_tokens": decision.output_tokens,
        "cost_usd": f"{decision.cost_usd:.6f}",
    }


def _lines(decision: dict[str, Any]) -> str:
    """One value a line, so that a difference names it."""
    return json.dumps(decision, sort_keys=True, ensure_ascii=False, indent=1)
