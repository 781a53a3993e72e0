"""Where forecasts are kept between two refits. Reading them needs no statistics: the web process stays small."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from analytics.models import StoredForecast
from runtime import jobs

REFIT = "analytics.tasks.refit_forecasts"


class Kind(StrEnum):
    HOURLY = "hourly"
    DAILY = "daily"


@dataclass(frozen=True)
class Wanted:
    """The whole volume, or that of one channel or of one category."""

    kind: Kind
    channel: str = ""
    category: str = ""


def store(
    session: Session, wanted: Wanted, made_at: datetime, model: dict[str, Any], bins: list[dict[str, Any]]
) -> None:
    values = {"made_at": made_at, "model": model, "bins": bins}
    key = {"kind": wanted.kind, "channel": wanted.channel, "category": wanted.category}
    statement = insert(StoredForecast).values(**key, **values)
    session.execute(statement.on_conflict_do_update(index_elements=list(key), set_=values))


def newest(session: Session, wanted: Wanted) -> StoredForecast | None:
    return session.get(StoredForecast, (wanted.kind, wanted.channel, wanted.category))


def request_refit() -> None:
    """When there is none yet; the schedule asks every hour by itself."""
    jobs.request_now(REFIT)
