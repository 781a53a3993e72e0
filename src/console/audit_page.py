"""The audit log for admins, with filters; and the hours in which somebody was unlike themselves."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from accounts import anomalies, audit
from accounts.audit import Action, Narrowing
from accounts.permissions import Permission
from console import queue
from console.rendering import render
from console.sessions import Looking, Viewer
from runtime.database import transaction

router = APIRouter()
_PER_PAGE = 50
_SCORES_SHOWN = 5
_KINDS = sorted({action.partition(".")[0] for action in Action})


class Asked(BaseModel):
    """The filters as the address has them."""

    actor: Annotated[str, Field(max_length=80)] = ""
    target: Annotated[str, Field(max_length=80)] = ""
    kind: Annotated[str, Field(max_length=40)] = ""
    before: Annotated[int | None, Field(ge=1, lt=2**63)] = None

    def address(self, **changes: object) -> str:
        values = self.model_dump() | changes
        return f"/console/audit?{urlencode({name: one for name, one in values.items() if one})}"


def _reader(viewer: Looking) -> Viewer:
    viewer.principal.require(Permission.READ_AUDIT)
    return viewer


@router.get("/audit")
def read_audit(
    request: Request, viewer: Annotated[Viewer, Depends(_reader)], asked: Annotated[Asked, Query()]
) -> HTMLResponse:
    kind = asked.kind if asked.kind in _KINDS else ""
    wanted = Narrowing(
        asked.target.strip().replace("\0", ""),
        asked.actor.strip().replace("\0", ""),
        f"{kind}." if kind else "",
        before=asked.before,
    )
    with transaction() as session:
        counts = queue.count_views(session, viewer.principal.public_id)
        names = queue.names_of_staff(session)
        found = audit.find(session, wanted, limit=_PER_PAGE + 1)
        scores = anomalies.newest_scores(session, least=anomalies.ALERT_FROM, limit=_SCORES_SHOWN)
    shown = found[:_PER_PAGE]
    older = asked.address(before=shown[-1].id) if len(found) > _PER_PAGE else ""
    return render(
        request,
        "audit.html",
        viewer=viewer,
        views=queue.VIEWS,
        counts=counts,
        names=names,
        asked=asked,
        kinds=_KINDS,
        found=shown,
        older=older,
        scores=scores,
        say=anomalies.words,
    )
