"""Runs past tickets through a candidate in shadow: the next turn only, knowing what was known then.

Nothing reaches a customer and no ticket's row is changed; what comes out stands in the replay's own rows, block by
block, so that a killed replay goes on where it was. `analytics.replays` compares.
"""

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pydantic import ValidationError
from sqlalchemy import text
from sqlalchemy.orm import Session

from agent_core import candidates, workflow
from agent_core.candidates import Candidate
from agent_core.fencing import fenced
from analytics import replay_rows, replay_truth
from analytics.replay_models import Replay
from analytics.replay_rows import Claimed, Result
from analytics.replay_truth import Past
from knowledge.retrieval import words_of
from knowledge.snapshot_reading import View
from knowledge.snapshot_reading import read as read_knowledge
from knowledge.snapshots import Question, Snapshot
from llm import shadow
from llm.choices import Choice
from llm.shadow import NotReproducible, Recorded
from runtime.database import transaction
from runtime.errors import DeskfleetError
from runtime.language import DEFAULT, LANGUAGES, language_of
from tickets.contracts import Case, Decision
from tickets.past_cases import Turns, build_past_cases

log = logging.getLogger(__name__)

_BLOCK = 50
_INPUTS = text("select decision_id, inputs from decision_inputs where decision_id = any(:decisions)")
_UNFIT = "What it would have answered does not fit the form of an answer."
_NO_ARTICLES = "Nothing was known then: there was no article yet."


@dataclass(frozen=True)
class Run:
    """A replay as a worker holds it."""

    replay_id: int
    candidate: Candidate
    knowledge: Snapshot
    is_live: bool


def load(replay_id: int) -> Run:
    """Read the candidate and the knowledge of its span: seconds, once per process."""
    with transaction() as session:
        replay = session.get_one(Replay, replay_id)
        candidate, since, is_live = candidates.checked(replay.candidate), replay.since, replay.is_live
    of_now = candidate.knowledge.articles == "now"
    view = View(since, articles_of_now=of_now, without=candidate.knowledge.without)
    return Run(replay_id, candidate, read_knowledge(view), is_live)


def work(run: Run, *, goes_on: Callable[[], bool] = lambda: True) -> bool:
    """Think about waiting cases, a block at a time; whether the whole replay is done then."""
    while goes_on():
        with transaction() as session:
            claimed = replay_rows.claim(session, run.replay_id, most=_BLOCK)
        if claimed is None:
            with transaction() as session:
                return replay_rows.end_if_done(session, run.replay_id)
        _work_block(run, claimed)
    return False


def _work_block(run: Run, claimed: Claimed) -> None:
    decided = [one for one in claimed.decisions.values() if one is not None]
    with transaction() as session:
        cases = build_past_cases(session, Turns(claimed.up_to))
        past = replay_truth.read_past(session, decided)
        recorded = _recorded(session, decided)
    run.knowledge.prime({_asked(case) for case in cases.values()})
    results = []
    for number, case in cases.items():
        decision = claimed.decisions[number]
        before = past.get(decision) if decision is not None else None
        said = shadow.Shadow(_lookup(recorded.get(decision or 0, {})), is_live=run.is_live)
        results.append(_result(run, case, before, said))
    gone = [_gone(number) for number in claimed.up_to if number not in cases]
    with transaction() as session:
        replay_rows.record(session, run.replay_id, claimed, results + gone)


def _result(run: Run, case: Case, past: Past | None, said: shadow.Shadow) -> Result:
    present = past.stored() if past else {}
    try:
        decision = think(run, case, said)
    except NotReproducible as error:
        return Result(case.ticket_id, "not_reproducible", present, {}, why=error.detail)
    except (DeskfleetError, ValidationError) as error:
        log.warning(
            "a case of a replay failed: %s", type(error).__name__, extra={"ticket_id": case.public_id}
        )
        why = error.detail if isinstance(error, DeskfleetError) else _UNFIT
        return Result(case.ticket_id, "failed", present, {}, why=why)
    outcome, reason = ("escalation" if decision.reason else "reply"), (decision.reason or "")
    told = {
        "outcome": outcome,
        "reason": reason,
        "category": decision.judgement.category if decision.judgement else "",
        "confidence": round(_confidence(decision), 4),
        "support": decision.support,
        "draft": decision.draft,
        "sources": [one.article for one in decision.citations],
        "is_right": replay_truth.judge(decision.draft, past) if past else None,
        "cost_usd": decision.cost_usd,
        "ms": decision.processing_ms,
        "note": _NO_ARTICLES if run.knowledge.is_empty_at(case.received_at) else "",
    }
    difference = replay_truth.difference(past, outcome, reason, decision.draft)
    return Result(case.ticket_id, "done", present, told, difference)


def think(run: Run, case: Case, said: shadow.Shadow) -> Decision:
    """What the candidate decides of a case of the past. Raises NotReproducible."""
    with ExitStack() as stack:
        stack.enter_context(candidates.in_use(run.candidate))
        stack.enter_context(shadow.cast(said))
        stack.enter_context(run.knowledge.at(case.received_at, ticket=case.public_id))
        return workflow.answer(case)


def _asked(case: Case) -> Question:
    """What will most likely be searched for; where it is something else, it is read then."""
    words = words_of(f"{fenced(case.subject)}\n{fenced(case.question)}")
    language = case.language or language_of(case.question)
    return words, language if language in LANGUAGES else DEFAULT


def _gone(number: int) -> Result:
    return Result(number, "failed", {}, {}, why="Its messages are not there any more.")


def _confidence(decision: Decision) -> float:
    return decision.judgement.confidence if decision.judgement else 0.0


def _recorded(session: Session, decisions: Sequence[int]) -> dict[int, dict[str, Recorded]]:
    """By decision and prompt: what models said then."""
    found: dict[int, dict[str, Recorded]] = {}
    for number, inputs in session.execute(_INPUTS, {"decisions": list(decisions)}):
        steps = json.loads(inputs).get("steps") or {}
        answers = [_triaged(steps.get("triage")), steps.get("draft")]
        found[number] = {one["prompt_key"]: _answer(one) for one in answers if one and one.get("prompt_key")}
    return found


def _triaged(step: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """As the model said it: its confidence is kept as it was claimed, beside what that was worth."""
    if not step:
        return None
    answer = step["answer"]
    return {**answer, "value": {**answer["value"], "confidence": step["claimed"]}}


def _answer(one: Mapping[str, Any]) -> Recorded:
    return Recorded(one["value"], one["provider"], one["model"], Decimal(str(one["cost_usd"])), one["ms"])


def _lookup(recorded: Mapping[str, Recorded]) -> shadow.Lookup:
    """An answer of another model than would be asked now is none."""

    def look(key: str, choices: Sequence[Choice]) -> Recorded | None:
        found = recorded.get(key)
        asked = {(one.provider.value, one.model) for one in choices}
        return found if found and (found.provider, found.model) in asked else None

    return look
