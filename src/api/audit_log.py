"""REST for admins: the audit log, and the hours in which somebody was unlike themselves."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime, BaseModel, Field

from accounts import anomalies, audit
from accounts.access import allowed
from accounts.audit import Narrowing
from accounts.models import AuditEntry
from accounts.permissions import Permission, Principal
from runtime.database import transaction

router = APIRouter(prefix="/api/v1/audit", tags=["audit"])

Admin = Annotated[Principal, Depends(allowed(Permission.READ_AUDIT))]
_MOST_ID = 2**63 - 1


class EntryView(BaseModel):
    """`data` names kinds and counts, never what was seen."""

    id: int
    at: datetime
    actor: Annotated[str, Field(examples=["AGENT-7Q4K2M9X"])]
    action: Annotated[str, Field(examples=["request.view"])]
    target: Annotated[str, Field(examples=["TKT-20261121-7Q4K2M9X"])]
    address: Annotated[str, Field(examples=["203.0.113.7"])]
    correlation_id: str
    data: Annotated[dict[str, Any], Field(examples=[{"method": "GET", "status": 200}])]


class EntryPage(BaseModel):
    entries: list[EntryView]
    next_cursor: Annotated[int | None, Field(examples=[4711])]


class ScoreView(BaseModel):
    """`score`: -log10 of how probable such an hour was for this actor; `signs` says by which counts."""

    actor: Annotated[str, Field(examples=["KEY-7"])]
    hour: datetime
    score: Annotated[float, Field(examples=[7.4])]
    signs: Annotated[dict[str, Any], Field(examples=[{"views": {"score": 7.4, "count": 400, "usual": 12.0}}])]


class Scores(BaseModel):
    scores: list[ScoreView]


class Wanted(BaseModel):
    """What is left out does not narrow."""

    actor: Annotated[str, Field(max_length=80, examples=["AGENT-7Q4K2M9X"])] = ""
    target: Annotated[str, Field(max_length=80, examples=["CUST-7Q4K2M9X"])] = ""
    action: Annotated[str, Field(max_length=40, description="Or its beginning, such as `login`.")] = ""
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50
    cursor: Annotated[int | None, Field(ge=1, le=_MOST_ID)] = None


@router.get("", summary="Read the audit log")
def list_entries(_admin: Admin, wanted: Annotated[Wanted, Query()]) -> EntryPage:
    """Newest first; `next_cursor` leads to the next page."""
    narrowing = Narrowing(
        wanted.target, wanted.actor, wanted.action, wanted.since, wanted.until, wanted.cursor
    )
    with transaction() as session:
        found = audit.find(session, narrowing, limit=wanted.limit + 1)
    shown = found[: wanted.limit]
    more = len(found) > wanted.limit
    return EntryPage(entries=[_entry(one) for one in shown], next_cursor=shown[-1].id if more else None)


@router.get("/scores", summary="Hours in which somebody was unlike themselves")
def list_scores(_admin: Admin, least: Annotated[float, Query(ge=0, le=100)] = 1.0) -> Scores:
    """Newest first. From 6 on an alert is raised."""
    with transaction() as session:
        found = anomalies.newest_scores(session, least=least)
    return Scores(
        scores=[ScoreView(actor=one.actor, hour=one.hour, score=one.score, signs=one.signs) for one in found]
    )


def _entry(entry: AuditEntry) -> EntryView:
    return EntryView(
        id=entry.id,
        at=entry.at,
        actor=entry.actor,
        action=entry.action,
        target=entry.target,
        address=entry.address,
        correlation_id=entry.correlation_id,
        data=entry.data,
    )
