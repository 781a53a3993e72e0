"""The parked mails: seen, received after all, or dropped by those who work on tickets.

Their source never went through intake, so what the vault would take out is taken out here before it is shown.
"""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from accounts.permissions import Permission
from console import parking, queue
from console.parking import ParkedMail, Parking
from console.rendering import render
from console.sessions import Looking, Viewer, Working
from runtime.database import transaction
from runtime.errors import NotFound
from tickets import vault

router = APIRouter()
_MOST = 100
_MOST_TEXT = 50_000
MailId = Annotated[int, Path(ge=1, lt=2**63)]


def _works(viewer: Looking) -> Viewer:
    viewer.principal.require(Permission.WORK_TICKETS)
    return viewer


def _parking(request: Request) -> Parking:
    kept = parking.use(request)
    if kept is None:
        raise NotFound("No mails are parked here.")
    return kept


Workers = Annotated[Viewer, Depends(_works)]
Kept = Annotated[Parking, Depends(_parking)]


@router.get("/parked")
def list_mails(
    request: Request, viewer: Workers, kept: Kept, done: Annotated[str, Query(max_length=20)] = ""
) -> HTMLResponse:
    mails = [_safe(mail) for mail in kept.list_waiting(_MOST)]
    return _page(
        request, viewer, "parked.html", mails=mails, cut=len(mails) == _MOST, dropped=done == "dropped"
    )


@router.get("/parked/{mail_id}")
def show_mail(
    request: Request, viewer: Workers, kept: Kept, mail_id: MailId, tried: Annotated[bool, Query()] = False
) -> HTMLResponse:
    """`tried`: it was just tried, and waits still."""
    opened = kept.read_mail(mail_id)
    protected = vault.protect(opened.text[:_MOST_TEXT])
    shown = {
        "mail": _safe(opened.mail),
        "headers": [(name, vault.protect(value).text) for name, value in opened.headers],
        "automatic": opened.automatic,
        "text": protected.text,
        "sealed": {secret.placeholder for secret in protected.secrets},
        "cut": len(opened.text) > _MOST_TEXT,
        "tried": tried,
    }
    return _page(request, viewer, "parked_mail.html", **shown)


@router.post("/parked/{mail_id}/receive")
def receive_mail(
    _viewer: Working, kept: Kept, mail_id: MailId, force: Annotated[bool, Form()] = False
) -> Response:
    tried = kept.receive_mail(mail_id, force=force)
    wanted = f"/console/tickets/{tried.ticket}" if tried.ticket else f"/console/parked/{mail_id}?tried=1"
    return RedirectResponse(wanted, status_code=303)


@router.post("/parked/{mail_id}/drop")
def drop_mail(_viewer: Working, kept: Kept, mail_id: MailId) -> Response:
    kept.drop_mail(mail_id)
    return RedirectResponse("/console/parked?done=dropped", status_code=303)


def _safe(mail: ParkedMail) -> ParkedMail:
    return replace(mail, subject=vault.protect(mail.subject).text)


def _page(request: Request, viewer: Viewer, template: str, **values: Any) -> HTMLResponse:  # noqa: ANN401  # whatever the template shows
    with transaction() as session:
        counts = queue.count_views(session, viewer.principal.public_id)
    return render(request, template, viewer=viewer, views=queue.VIEWS, counts=counts, **values)
