"""API keys of programs: made, rotated, revoked. For admins."""

from collections.abc import Callable, Mapping
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy.orm import Session

from accounts import access, api_keys
from accounts.api_keys import MadeKey, NewKey
from accounts.permissions import Permission
from console import queue, shown_once
from console.rendering import render
from console.sessions import Looking, Posting, Viewer
from runtime.database import transaction
from runtime.errors import Conflict, DeskfleetError, InvalidInput

router = APIRouter()
ADDRESS = "/console/keys"
KeyId = Annotated[str, Path(pattern=r"^KEY-[0-9]{1,18}$")]
_USUAL = (Permission.CREATE_TICKETS, Permission.READ_TICKETS)


def _manager(viewer: Looking) -> Viewer:
    viewer.principal.require(Permission.MANAGE_KEYS)
    return viewer


def _changer(viewer: Posting) -> Viewer:
    viewer.principal.require(Permission.MANAGE_KEYS)
    return viewer


Managing = Annotated[Viewer, Depends(_manager)]
Changing = Annotated[Viewer, Depends(_changer)]


@router.get("/keys")
def list_keys(request: Request, viewer: Managing) -> HTMLResponse:
    made = shown_once.take(request)
    shown = _page(request, viewer, made=made)
    if made:
        shown_once.forget(shown, path=ADDRESS)
    return shown


@router.post("/keys")
def create_key(
    request: Request,
    viewer: Changing,
    name: Annotated[str, Form(max_length=100)] = "",
    scopes: Annotated[tuple[Permission, ...], Form()] = (),
    valid_days: Annotated[int, Form(ge=1, le=3650)] = 365,
    alert_per_hour: Annotated[str, Form(pattern=r"^[0-9]{0,9}$")] = "",
) -> Response:
    alert = int(alert_per_hour or 0) or None
    new = NewKey(name.strip() or "unnamed", [str(one) for one in scopes], valid_days, alert)
    by, may = viewer.principal.public_id, viewer.principal.permissions
    return _made(request, viewer, lambda session: api_keys.create(session, new, by=by, may=may))


@router.post("/keys/{key_id}/rotate")
def rotate_key(request: Request, viewer: Changing, key_id: KeyId) -> Response:
    """The old secret opens for a day more."""
    by, may = viewer.principal.public_id, viewer.principal.permissions
    return _made(request, viewer, lambda session: api_keys.rotate(session, key_id, by=by, may=may))


@router.post("/keys/{key_id}/revoke")
def revoke_key(viewer: Changing, key_id: KeyId) -> Response:
    with transaction() as session:
        api_keys.revoke(session, key_id, by=viewer.principal.public_id)
    access.forget()
    return RedirectResponse(ADDRESS, status_code=303)


def _made(request: Request, viewer: Viewer, make: Callable[[Session], MadeKey]) -> Response:
    """Leads to the list, which shows the secret once: to load that again makes no second key."""
    try:
        with transaction() as session:
            made = make(session)
    except (InvalidInput, Conflict) as error:
        return _page(request, viewer, error=error)
    answer = RedirectResponse(ADDRESS, status_code=303)
    told = {"id": api_keys.public_id(made.key), "name": made.key.name, "secret": made.secret}
    shown_once.hand_over(request, answer, told, path=ADDRESS)
    return answer


def _page(
    request: Request,
    viewer: Viewer,
    *,
    made: Mapping[str, str] | None = None,
    error: DeskfleetError | None = None,
) -> HTMLResponse:
    with transaction() as session:
        counts = queue.count_views(session, viewer.principal.public_id)
        names = queue.names_of_staff(session)
        found = api_keys.list_keys(session)
    return render(
        request,
        "keys.html",
        viewer=viewer,
        status=422 if error else 200,
        views=queue.VIEWS,
        counts=counts,
        names=names,
        found=found,
        scopes=list(Permission),
        usual=_USUAL,
        made=made,
        error=error.detail if error else "",
    )
