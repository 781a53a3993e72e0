"""Experiments on customers: start, watch, stop, promote, roll back; every change stands in the audit log.

`agent_core.arms` brings a candidate into use, `experiment_tests` does the arithmetic.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from math import ceil
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from accounts import audit
from analytics import experiment_tests
from analytics.experiment_models import Experiment
from analytics.experiment_tests import CANDIDATE, CONTROL, Outcome
from runtime.errors import Conflict, InvalidInput, NotFound

_PAST = timedelta(days=28)
_MOST_DAYS = 36_500  # Whatever takes longer takes for ever.
_LEAST_PAST = 50  # Customers; with fewer their share is a guess, and the size is reckoned from one half.
# A customer counts once, with the first ticket that was decided in the experiment: only so are they independent.
_OUTCOMES = text("""
select is_candidate, alone from (
    select distinct on (t.customer_id) d.id, d.notes @> array[cast(:candidate as text)] as is_candidate,
        d.outcome = 'reply' and not exists (
            select 1 from ticket_events e where e.ticket_id = t.id and e.kind = 'escalated') as alone
    from agent_decisions d join tickets t on t.id = d.ticket_id
    where d.at >= :since and d.notes && array[cast(:candidate as text), cast(:control as text)]
    order by t.customer_id, d.id) as customers
order by id
""")
_JUDGED = text("""
select v.verdict = 'right' from agent_decisions d
join lateral (select verdict from answer_verdicts where decision_id = d.id order by at desc limit 1) v on true
where d.at >= :since and d.notes @> array[cast(:candidate as text)] and d.draft <> ''
order by d.id
""")
_BASELINE = text("""
select count(*), count(*) filter (where alone) from (
    select distinct on (t.customer_id) d.outcome = 'reply' and not exists (
        select 1 from ticket_events e where e.ticket_id = t.id and e.kind = 'escalated') as alone
    from agent_decisions d join tickets t on t.id = d.ticket_id where d.at >= :since
    order by t.customer_id, d.id) as customers
""")


class State(StrEnum):
    RUNNING = "running"
    STOPPED = "stopped"
    PROMOTED = "promoted"
    ROLLED_BACK = "rolled_back"


@dataclass(frozen=True)
class Plan:
    """`effect`: the least change of the share answered alone that matters. `most_wrong`: the guardrail."""

    share: float = 0.5
    effect: float = 0.05
    most_wrong: float = 0.05

    def __post_init__(self) -> None:
        if not 0 < self.share < 1:
            raise InvalidInput("The share of customers lies between 0 and 1.", field="share")
        if not 0 < self.most_wrong < 1:
            raise InvalidInput("The guardrail lies between 0 and 1.", field="most_wrong")


@dataclass(frozen=True)
class Size:
    """What an experiment needs: customers in each arm, to tell a change from `baseline`.

    `days`: how long that takes if as many customers write as in the last four weeks; None: nobody wrote.
    """

    baseline: float
    needed: int
    days: int | None


@dataclass(frozen=True)
class Standing:
    """An experiment as it stands. `judged` and `wrong` are of the candidate's answers, as staff called them."""

    experiment: Experiment
    outcome: Outcome
    control: int
    candidate: int
    judged: int
    wrong: int
    is_harmful: bool


def note_of(public_id: str, arm: str) -> str:
    """What a decision's record says of the arm that it was made in."""
    return f"experiment {public_id}: {arm}"


def size(session: Session, plan: Plan) -> Size:
    """From the share of customers answered alone in four weeks; one half where there are too few to tell."""
    whole, alone = session.execute(_BASELINE, {"since": datetime.now(UTC) - _PAST}).one()
    before = alone / whole if whole >= _LEAST_PAST else 0.5
    needed = experiment_tests.needed_size(before, plan.effect)
    in_smaller_arm = max(whole / _PAST.days * min(plan.share, 1 - plan.share), needed / _MOST_DAYS)
    return Size(before, needed, ceil(needed / in_smaller_arm) if whole else None)


def check(candidate: Mapping[str, Any]) -> None:
    """Raises InvalidInput for what an experiment cannot change."""
    if candidate.get("rules") or candidate.get("knowledge"):
        raise InvalidInput(
            "An experiment is on prompts, models and thresholds; rules and knowledge can be replayed.",
            field="candidate",
        )
    if not any(candidate.get(part) for part in ("agent", "models", "prompts")):
        raise InvalidInput("The candidate changes nothing: both arms would be the same.", field="candidate")


def start(session: Session, candidate: Mapping[str, Any], plan: Plan, *, by: str) -> Experiment:
    """Raises Conflict while another one runs, and InvalidInput for what an experiment cannot change."""
    check(candidate)
    if running := in_state(session, State.RUNNING):
        raise Conflict(f"The experiment {running.public_id} runs: stop or promote it first.")
    found = size(session, plan)
    experiment = Experiment(
        public_id=f"EXP-{secrets.token_hex(4).upper()}",
        name=str(candidate["name"]),
        candidate=dict(candidate),
        share=plan.share,
        baseline=found.baseline,
        effect=plan.effect,
        needed=found.needed,
        most_wrong=plan.most_wrong,
        state=State.RUNNING,
        started_by=by,
    )
    session.add(experiment)
    try:
        session.flush()
    except IntegrityError:  # The index knows of those that were started meanwhile.
        raise Conflict(
            "Another experiment was started at the same moment: stop or promote it first."
        ) from None
    _tell(session, experiment, "started", by=by)
    return experiment


def in_state(session: Session, state: State) -> Experiment | None:
    return session.scalars(select(Experiment).where(Experiment.state == state)).first()


def find(session: Session, public_id: str) -> Experiment:
    """Raises NotFound."""
    found = session.scalars(
        select(Experiment).where(Experiment.public_id == public_id).with_for_update()
    ).first()
    if found is None:
        raise NotFound(f"There is no experiment {public_id[:40]}.")
    return found


def newest(session: Session, *, limit: int = 50) -> list[Experiment]:
    return list(session.scalars(select(Experiment).order_by(Experiment.id.desc()).limit(limit)))


def stop(session: Session, public_id: str, *, by: str, why: str = "") -> Experiment:
    """All customers are answered as before. Stopping again changes nothing."""
    return _move(session, public_id, {State.RUNNING}, State.STOPPED, by=by, why=why)


def promote(session: Session, public_id: str, *, by: str) -> Experiment:
    """All customers meet the candidate from now on; what was promoted before is rolled back."""
    if (before := in_state(session, State.PROMOTED)) and before.public_id != public_id:
        why = f"{public_id} took its place"
        _move(session, before.public_id, {State.PROMOTED}, State.ROLLED_BACK, by=by, why=why)
    return _move(session, public_id, {State.RUNNING, State.STOPPED}, State.PROMOTED, by=by)


def roll_back(session: Session, public_id: str, *, by: str) -> Experiment:
    """What was promoted holds for nobody any more."""
    return _move(session, public_id, {State.PROMOTED}, State.ROLLED_BACK, by=by)


def _move(
    session: Session, public_id: str, before: set[State], after: State, *, by: str, why: str = ""
) -> Experiment:
    experiment = find(session, public_id)
    if experiment.state == after:
        return experiment
    if experiment.state not in before:
        raise Conflict(
            f"The experiment is {experiment.state.replace('_', ' ')}: it cannot become {after.value}."
        )
    experiment.state, experiment.changed_by, experiment.why = after, by, why
    experiment.changed_at = datetime.now(UTC)
    session.flush()
    _tell(session, experiment, after.value, by=by)
    return experiment


def _tell(session: Session, experiment: Experiment, what: str, *, by: str) -> None:
    audit.record(
        session,
        audit.Action.CHANGE_DESK,
        actor=by,
        target=experiment.public_id,
        data={"experiment": what, "name": experiment.name},
    )


def standing(session: Session, experiment: Experiment) -> Standing:
    given = {
        "since": experiment.started_at,
        "candidate": note_of(experiment.public_id, CANDIDATE),
        "control": note_of(experiment.public_id, CONTROL),
    }
    rows = session.execute(_OUTCOMES, given).all()
    control = [row.alone for row in rows if not row.is_candidate]
    candidate = [row.alone for row in rows if row.is_candidate]
    judged = list(session.scalars(_JUDGED, given))
    return Standing(
        experiment,
        experiment_tests.compare(control, candidate, experiment.needed),
        len(control),
        len(candidate),
        len(judged),
        judged.count(False),
        experiment_tests.is_harmful(judged, experiment.most_wrong),
    )


def guard(session: Session) -> Experiment | None:
    """Stops the running experiment when its guardrail is passed; the one that was stopped."""
    running = in_state(session, State.RUNNING)
    if running is None:
        return None
    found = standing(session, running)
    if not found.is_harmful:
        return None
    why = f"{found.wrong} of {found.judged} judged answers were wrong: more than {running.most_wrong:.0%} is proven"
    return stop(session, running.public_id, by="guardrail", why=why)
