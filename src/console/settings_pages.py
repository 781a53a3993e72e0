"""What admins change while the desk works: the frame of its pages, how a change is kept, and how it is taken back."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from accounts import audit
from accounts.permissions import Permission
from console import queue
from console.rendering import render
from console.sessions import Looking, Posting, Viewer
from runtime import desk_settings
from runtime.database import transaction
from runtime.desk_settings import Document
from runtime.errors import Conflict, DeskfleetError, InvalidInput

router = APIRouter()
ADDRESS = "/console/settings"
Version = Annotated[int, Form(ge=0, lt=2**63)]

# The pages, in the order of their tabs; the address is the name.
TABS: dict[str, str] = {
    "hours": "Deadlines",
    "taxonomy": "Categories",
    "rules": "Rules",
    "agent": "Agent",
    "budgets": "Budgets",
    "channels": "Channels",
    "mailboxes": "Mailboxes",
}


def _manager(viewer: Looking) -> Viewer:
    viewer.principal.require(Permission.MANAGE_DESK)
    return viewer


def _changer(viewer: Posting) -> Viewer:
    viewer.principal.require(Permission.MANAGE_DESK)
    return viewer


Managing = Annotated[Viewer, Depends(_manager)]
Changing = Annotated[Viewer, Depends(_changer)]
Kept = Annotated[Document, Path()]


@dataclass(frozen=True)
class Refused:
    """Why a form was not taken, and the version that it was filled in for."""

    error: DeskfleetError
    seen: int

    @property
    def status(self) -> int:
        return 409 if isinstance(self.error, Conflict) else 422


@router.get("/settings")
def open_settings(_viewer: Managing) -> Response:
    return RedirectResponse(f"{ADDRESS}/{next(iter(TABS))}", status_code=303)


@router.post("/settings/{document}/restore")
def restore(viewer: Changing, document: Kept, version: Version, seen: Version) -> Response:
    """An earlier version again; version 0 is what files and environment say."""
    with transaction() as session:
        made = desk_settings.restore(session, document, version, by=viewer.principal.public_id, seen=seen)
        _tell(session, viewer, document, {"version": made.id, "restored": version})
    return RedirectResponse(f"{ADDRESS}/{document}?done=1", status_code=303)


def save(viewer: Viewer, document: Document, value: Mapping[str, Any], *, seen: int) -> Response:
    """Raises Conflict when somebody else changed it meanwhile. What `value` holds was checked."""
    with transaction() as session:
        made = desk_settings.write(session, document, value, by=viewer.principal.public_id, seen=seen)
        _tell(session, viewer, document, {"version": made.id})
    return RedirectResponse(f"{ADDRESS}/{document}?done=1", status_code=303)


def _tell(session: Session, viewer: Viewer, document: Document, data: Mapping[str, int]) -> None:
    audit.record(
        session, audit.Action.CHANGE_DESK, actor=viewer.principal.public_id, target=document.value, data=data
    )


def page(
    request: Request,
    viewer: Viewer,
    tab: str,
    *,
    refused: Refused | None = None,
    **values: Any,  # noqa: ANN401  # whatever its template shows
) -> HTMLResponse:
    """A tab, with the earlier versions of its document, if it has one."""
    with transaction() as session:
        counts = queue.count_views(session, viewer.principal.public_id)
        names = queue.names_of_staff(session)
        versions = desk_settings.versions(session, Document(tab)) if tab in list(Document) else []
    present = versions[0].id if versions else 0
    return render(
        request,
        f"settings_{tab}.html",
        viewer=viewer,
        status=refused.status if refused else 200,
        views=queue.VIEWS,
        counts=counts,
        names=names,
        tabs=TABS,
        tab=tab,
        versions=versions,
        seen=refused.seen if refused else present,
        newest=present,
        version_texts={one.id: _said(one.value) for one in versions if one.value is not None},
        is_changed=bool(versions and versions[0].value is not None),
        error=refused.error.detail if refused else "",
        done=request.query_params.get("done") == "1" and not refused,
        **values,
    )


def _said(value: Mapping[str, Any]) -> str:
    """What a version says, without what is sealed in it."""
    return str(value["text"]) if "text" in value else json.dumps(_unsealed(value), indent=1, sort_keys=True)


def _unsealed(value: Any) -> Any:  # noqa: ANN401  # JSON
    if isinstance(value, list):
        return [_unsealed(one) for one in value]
    if not isinstance(value, Mapping):
        return value
    return {name: "…" if name == "sealed" and one else _unsealed(one) for name, one in value.items()}


REFUSALS = (Conflict, InvalidInput)
