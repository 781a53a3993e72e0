"""The mailboxes: how each fares, and adding, changing, trying, pausing and removing those of the console."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, Response

from console import mailing
from console.mailing import Kept, Mailing, Tried
from console.sessions import Viewer
from console.settings_pages import REFUSALS, Changing, Managing, Refused, Version, page, save
from runtime import desk_settings
from runtime.database import transaction
from runtime.desk_settings import Document
from runtime.errors import InvalidInput, NotFound


@dataclass(frozen=True)
class _Trial:
    """What both servers of a mailbox said; `name` is empty for the one in the form."""

    said: tuple[Tried, ...] = ()
    name: str = ""

    @property
    def works(self) -> bool:
        return all(one.works for one in self.said)


router = APIRouter()
_NOT_TRIED = _Trial()
_TAB = Document.MAILBOXES
_ADDRESS = f"/settings/{_TAB.value}"
_Line = Annotated[str, Form(max_length=300)]
_Word = Annotated[str, Form(max_length=20)]
_Name = Annotated[str, Form(max_length=60)]
_SECRETS = ("imap_password", "smtp_password")
_SERVERS = {"imap": "Incoming", "smtp": "Outgoing"}


def _mailing(request: Request) -> Mailing:
    known = mailing.use(request)
    if known is None:
        raise NotFound("The mailboxes are not in this process.")
    return known


Known = Annotated[Mailing, Depends(_mailing)]


def _typed(  # noqa: PLR0913, PLR0917  # one argument for each field of the form
    name: _Name = "",
    is_new: _Word = "",
    address: _Line = "",
    sender_name: _Line = "",
    imap_host: _Line = "",
    imap_port: _Word = "",
    imap_encryption: _Word = "",
    imap_user: _Line = "",
    imap_password: _Line = "",
    folder: _Line = "",
    after: _Word = "",
    first_read: _Word = "",
    smtp_host: _Line = "",
    smtp_port: _Word = "",
    smtp_encryption: _Word = "",
    smtp_login: _Word = "",
    smtp_user: _Line = "",
    smtp_password: _Line = "",
) -> dict[str, str]:
    return dict(locals())


@router.get(_ADDRESS)
def list_mailboxes(
    request: Request, viewer: Managing, known: Known, edit: Annotated[str, Query(max_length=60)] = ""
) -> HTMLResponse:
    kept = _present()
    return _page(request, viewer, known, form=known.form_of(kept, edit))


@router.post(_ADDRESS)
def change_mailbox(
    request: Request,
    viewer: Changing,
    known: Known,
    seen: Version,
    typed: Annotated[dict[str, str], Depends(_typed)],
    untried: _Word = "",
) -> Response:
    """It is kept when both servers let us in, or when the admin wants it although they do not (yet)."""
    kept, trial = _present(), _NOT_TRIED
    try:
        document = known.changed(kept, typed)
        if not untried:
            trial = _Trial(tuple(known.try_mailbox(document, typed["name"].strip())))
            if not trial.works:
                raise InvalidInput("Nothing was kept: a server does not let us in. Passwords are typed anew.")
        return save(viewer, _TAB, document, seen=seen)
    except REFUSALS as error:
        form = {name: said for name, said in typed.items() if name not in _SECRETS}
        return _page(request, viewer, known, form=form, refused=Refused(error, seen), trial=trial)


@router.post(f"{_ADDRESS}/test")
def try_mailbox(request: Request, viewer: Changing, known: Known, name: _Name = "") -> HTMLResponse:
    """No transaction is open while the servers are asked."""
    kept = _present()
    trial = _Trial(tuple(known.try_mailbox(kept, name)), name)
    return _page(request, viewer, known, form=known.form_of(None, ""), trial=trial)


@router.post(f"{_ADDRESS}/pause")
def pause_mailbox(
    request: Request, viewer: Changing, known: Known, seen: Version, name: _Name = "", paused: _Word = ""
) -> Response:
    kept = _present()
    return _kept(request, viewer, known, known.paused(kept, name, is_paused=bool(paused)), seen)


@router.post(f"{_ADDRESS}/remove")
def remove_mailbox(
    request: Request, viewer: Changing, known: Known, seen: Version, name: _Name = ""
) -> Response:
    """Its tickets stay; what is to be sent of them leaves by another mailbox."""
    return _kept(request, viewer, known, known.without(_present(), name), seen)


def _kept(
    request: Request, viewer: Viewer, known: Mailing, document: Mapping[str, Any], seen: int
) -> Response:
    try:
        return save(viewer, _TAB, document, seen=seen)
    except REFUSALS as error:
        form = known.form_of(None, "")
        return _page(request, viewer, known, form=form, refused=Refused(error, seen))


def _present() -> Kept:
    with transaction() as session:
        newest = desk_settings.newest(session, _TAB)
        return newest.value if newest else None


def _page(
    request: Request,
    viewer: Viewer,
    known: Mailing,
    *,
    form: Mapping[str, str],
    refused: Refused | None = None,
    trial: _Trial = _NOT_TRIED,
) -> HTMLResponse:
    return page(
        request,
        viewer,
        _TAB,
        refused=refused,
        found=known.list_mailboxes(_present()),
        form=form,
        trial=trial,
        wrong_field=refused.error.field if refused else None,
        servers=_SERVERS,
    )
