"""Predictions of tickets from the desk's own history: fitted each night, kept as a row for each target."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Integer, Row, Select, cast, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from analytics.models import PredictionModel
from analytics.predictions import (
    Expected,
    Features,
    Risk,
    RiskFitted,
    Silent,
    Times,
    TimesFitted,
    expect,
    fit_risk,
    fit_times,
    risk,
)
from tickets.contracts import Status, mood_of
from tickets.models import Customer, Ticket, TicketEvent
from tickets.satisfaction import RATED

_MOST = 20_000  # The newest: a second of work.
_LOW_RATING = 2
_SATURDAY = 5


class Target(StrEnum):
    RESOLUTION_TIME = "resolution_time"
    ESCALATION = "escalation"
    LOW_SATISFACTION = "low_satisfaction"


@dataclass(frozen=True)
class Prediction:
    """None: nothing is said of it."""

    time: Expected | None = None
    escalation: float | None = None
    low_satisfaction: float | None = None


def refit(session: Session) -> dict[Target, TimesFitted | RiskFitted | Silent]:
    """All three anew, from the newest tickets; what is silent says why, and its former model goes."""
    found: dict[Target, TimesFitted | RiskFitted | Silent] = {
        Target.RESOLUTION_TIME: fit_times(
            [(_features(row), float(row.seconds)) for row in _read(session, Ticket.resolved_at.is_not(None))]
        ),
        Target.ESCALATION: fit_risk(
            [(_features(row), bool(row.escalated)) for row in _read(session, Ticket.category.is_not(None))]
        ),
        Target.LOW_SATISFACTION: fit_risk(
            [(_features(row), row.rating <= _LOW_RATING) for row in _read(session, _rating().is_not(None))]
        ),
    }
    for target, one in found.items():
        told = _told(one)
        row = insert(PredictionModel).values(target=target, **told)
        session.execute(row.on_conflict_do_update(index_elements=[PredictionModel.target], set_=told))
    return found


def _told(one: TimesFitted | RiskFitted | Silent) -> dict[str, Any]:
    if isinstance(one, Silent):
        return {"model": {}, "figures": {}, "silent": one.why, "fitted_at": func.now()}
    figures = {name: value for name, value in asdict(one).items() if name != "model"}
    return {"model": asdict(one.model), "figures": figures, "silent": "", "fitted_at": func.now()}


def models(session: Session) -> list[PredictionModel]:
    """As they were fitted last; none before the first night."""
    return list(session.scalars(select(PredictionModel).order_by(PredictionModel.target)))


def predict(session: Session, ticket_id: int) -> Prediction:
    """Of one ticket, as it stands now; empty where there is no model yet."""
    fitted = {Target(one.target): one.model for one in models(session) if one.model}
    row = session.execute(_query().where(Ticket.id == ticket_id)).first()
    if row is None or not fitted:
        return Prediction()
    features = _features(row)
    time = fitted.get(Target.RESOLUTION_TIME)
    return Prediction(
        time=expect(_times(time), features) if time else None,
        escalation=_risk_of(fitted.get(Target.ESCALATION), features),
        low_satisfaction=_risk_of(fitted.get(Target.LOW_SATISFACTION), features),
    )


def _times(kept: dict[str, Any]) -> Times:
    low, high = kept["errors"]
    return Times(kept["weights"], kept["offset"], (low, high))


def _risk_of(kept: dict[str, Any] | None, features: Features) -> float | None:
    return risk(Risk(kept["weights"], kept["offset"]), features) if kept else None


def _read(session: Session, known: ColumnElement[bool]) -> Sequence[Row[Any]]:
    """The newest of which the outcome is known, the oldest first."""
    found = session.execute(
        _query().where(Ticket.status != Status.MERGED, known).order_by(Ticket.created_at.desc()).limit(_MOST)
    )
    return list(reversed(found.all()))


def _query() -> Select[*tuple[Any, ...]]:
    return select(
        Ticket.channel,
        Ticket.category,
        Ticket.priority,
        Ticket.language,
        Ticket.sentiment,
        Ticket.created_at,
        Customer.tier,
        func.extract("epoch", Ticket.resolved_at - Ticket.created_at).label("seconds"),
        _escalated().label("escalated"),
        _rating().label("rating"),
    ).join(Customer, Customer.id == Ticket.customer_id)


def _escalated() -> ColumnElement[bool]:
    told = select(TicketEvent.id).where(TicketEvent.ticket_id == Ticket.id, TicketEvent.kind == "escalated")
    return told.correlate(Ticket).exists()


def _rating() -> ColumnElement[int]:
    """The newest."""
    return (
        select(cast(TicketEvent.data["rating"].astext, Integer))
        .where(TicketEvent.ticket_id == Ticket.id, TicketEvent.kind == RATED)
        .order_by(TicketEvent.id.desc())
        .limit(1)
        .correlate(Ticket)
        .scalar_subquery()
    )


def _features(row: Row[Any]) -> Features:
    """Nothing that is only known when the ticket is over: neither its owner nor its status."""
    began: datetime = row.created_at.astimezone(UTC)
    return {
        "channel": row.channel,
        "category": row.category or "",
        "priority": row.priority,
        "language": row.language,
        "tier": row.tier,
        "mood": mood_of(row.sentiment).value if row.sentiment is not None else "",
        "day": "weekend" if began.weekday() >= _SATURDAY else "weekday",
        "hours": str(began.hour // 6),
    }
