"""Knowledge gaps: what customers ask and no article answers. Their drafts are edited, published or dismissed here."""

import re
from dataclasses import dataclass, replace
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from console import queue
from console.articles import Reading, Writing, led_to, show_page
from console.markdown import as_html
from console.sessions import Viewer
from console.text_changes import changes
from knowledge import gaps
from knowledge.articles import Audience
from knowledge.gaps import GapState, OpenedGap, Text
from runtime.database import transaction
from runtime.errors import Conflict, DeskfleetError, InvalidInput, Unavailable

router = APIRouter()
PAGE = 50
ADDRESS = "/console/gaps"
MOST_CHARACTERS = 200_000
_MOST_PAGES = 1_000
_PREVIEW, _PUBLISH = "preview", "publish"
STATES = {
    GapState.OPEN: "Open",
    GapState.PUBLISHED: "Published",
    GapState.DISMISSED: "Dismissed",
}
_DONE = {
    "saved": "Saved. Customers do not see it before it is published.",
    "back": "It is back on the list.",
}
_STATUSES: dict[type[DeskfleetError], int] = {Conflict: 409, InvalidInput: 422, Unavailable: 503}

_GAP = re.compile(r"GAP-[0-9A-F]{8}")
GapId = Annotated[str, Path(pattern=f"^{_GAP.pattern}$")]


@dataclass(frozen=True)
class Typed:
    """What stands in the fields of a draft, and the revision that its editor has before their eyes."""

    title: str = ""
    body: str = ""
    audience: str = Audience.PUBLIC
    category: str = ""
    seen_revision: int = 0
    then: str = ""

    @property
    def text(self) -> Text:
        return Text(self.title, self.body, self.seen_revision)


def _typed(  # one argument for each field
    title: Annotated[str, Form(max_length=1_000)] = "",
    body: Annotated[str, Form(max_length=MOST_CHARACTERS)] = "",
    audience: Annotated[str, Form(max_length=20)] = "",
    category: Annotated[str, Form(max_length=200)] = "",
    seen_revision: Annotated[int, Form(ge=0, lt=2**31)] = 0,
    then: Annotated[str, Form(max_length=20)] = "",
) -> Typed:
    plain = [value.replace("\r\n", "\n").replace("\x00", "") for value in (title, body, category)]
    chosen = audience if audience in list(Audience) else Audience.PUBLIC
    return Typed(plain[0].strip(), plain[1], chosen, plain[2].strip(), seen_revision, then)


@router.get("/gaps")
def list_gaps(
    request: Request,
    viewer: Reading,
    state: Annotated[str, Query(max_length=20)] = "",
    page: Annotated[str, Query(max_length=10)] = "",
    dismissed: Annotated[str, Query(max_length=20)] = "",
) -> HTMLResponse:
    """The gaps in a state, those that most ask about first. `dismissed`: the one that just was."""
    wanted = GapState(state) if state in list(GapState) else GapState.OPEN
    number = min(max(int(page) if page.isascii() and page.isdecimal() else 1, 1), _MOST_PAGES)
    with transaction() as session:
        found = gaps.list_gaps(session, wanted)
    first = (number - 1) * PAGE
    shown = {
        "states": STATES,
        "state": wanted,
        "found": found[first : first + PAGE],
        "dismissed": dismissed if _GAP.fullmatch(dismissed) else "",
        "page": number,
        "earlier": _address(wanted, number - 1) if number > 1 else "",
        "later": _address(wanted, number + 1) if len(found) > first + PAGE else "",
    }
    return show_page(request, viewer, "gaps.html", shown)


def _address(state: GapState, page: int) -> str:
    return f"{ADDRESS}?{urlencode({'state': state, 'page': page})}"


@router.get("/gaps/{public_id}")
def show_gap(
    request: Request, viewer: Reading, public_id: GapId, done: Annotated[str, Query(max_length=20)] = ""
) -> HTMLResponse:
    opened = _read(public_id)
    return _page(request, viewer, opened, _typed_before(opened), notice=_DONE.get(done, ""))


@router.post("/gaps/{public_id}")
def save(
    request: Request, viewer: Writing, public_id: GapId, typed: Annotated[Typed, Depends(_typed)]
) -> Response:
    """Save the draft, show a preview of it, or publish it. What is refused is shown with what was typed."""
    if typed.then == _PREVIEW:
        return _page(request, viewer, _read(public_id), typed)
    by = viewer.principal.public_id
    try:
        if typed.then == _PUBLISH:
            added = gaps.publish(
                public_id, typed.text, by=by, audience=Audience(typed.audience), category=typed.category
            )
            return led_to(added.public_id, done="written")
        with transaction() as session:
            gaps.edit(session, public_id, typed.text, by=by)
    except (Conflict, InvalidInput, Unavailable) as error:
        return _page(request, viewer, _read(public_id), typed, error=error)
    return RedirectResponse(f"{ADDRESS}/{public_id}?done=saved", status_code=303)


@router.post("/gaps/{public_id}/dismiss")
def dismiss(viewer: Writing, public_id: GapId) -> Response:
    with transaction() as session:
        gaps.dismiss(session, public_id, by=viewer.principal.public_id)
    return RedirectResponse(f"{ADDRESS}?dismissed={public_id}", status_code=303)


@router.post("/gaps/{public_id}/take-back")
def take_back(_viewer: Writing, public_id: GapId) -> Response:
    """Undo a dismissal."""
    with transaction() as session:
        gaps.take_back(session, public_id)
    return RedirectResponse(f"{ADDRESS}/{public_id}?done=back", status_code=303)


def _read(public_id: str) -> OpenedGap:
    with transaction() as session:
        return gaps.read_gap(session, public_id)


def _typed_before(opened: OpenedGap) -> Typed:
    gap = opened.gap
    return Typed(gap.title, gap.body, Audience.PUBLIC, gap.category, gap.revision)


def _page(
    request: Request,
    viewer: Viewer,
    opened: OpenedGap,
    typed: Typed,
    *,
    notice: str = "",
    error: DeskfleetError | None = None,
) -> HTMLResponse:
    """The gap with its draft; above it a preview, or what is wrong and what somebody else saved."""
    collides = isinstance(error, Conflict) and opened.gap.revision != typed.seen_revision
    with transaction() as session:
        names = queue.names_of_staff(session)
    shown = {
        "opened": opened,
        "gap": opened.gap,
        # Whoever saves again has seen what is there now.
        "typed": replace(typed, seen_revision=opened.gap.revision) if collides else typed,
        "preview": as_html(typed.body, title=typed.title) if typed.then == _PREVIEW else None,
        "changed": changes(opened.gap.body, typed.body) if collides else None,
        "collides": collides,
        "notice": notice,
        "error": error,
        "names": names,
        "most": MOST_CHARACTERS,
    }
    return show_page(request, viewer, "gap.html", shown, status=_status(error))


def _status(error: DeskfleetError | None) -> int:
    if error is None:
        return 200
    return next(status for kind, status in _STATUSES.items() if isinstance(error, kind))
