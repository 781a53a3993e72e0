"""The staff queue: what waits, nearest deadline first; views, filters, search; and the same as a fragment."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from accounts import users
from console import words
from console.rendering import render
from console.sessions import Looking, local_path
from runtime.database import transaction
from tickets import queries, saved_views, staff_queues
from tickets.categories import categories
from tickets.contracts import Priority, Status
from tickets.desk_models import SavedView
from tickets.models import Ticket
from tickets.queries import Filters, Row

router = APIRouter()
_PAGE = 50
_MOST_COUNTED = 1000


class View(StrEnum):
    WAITING = "waiting"
    MINE = "mine"
    UNASSIGNED = "unassigned"
    ALL = "all"


VIEWS: dict[View, str] = {
    View.WAITING: "Waiting for staff",
    View.MINE: "Mine",
    View.UNASSIGNED: "Unassigned",
    View.ALL: "All tickets",
}


@dataclass(frozen=True)
class Shelf:
    """A staff queue as the rail shows it."""

    id: int
    name: str
    count: str


@dataclass(frozen=True)
class Beside:
    """What the rail of every page shows: tickets by view and by staff queue, and whether the viewer is given some.

    `is_present` is None for who works no staff queue.
    """

    views: dict[View, str]
    queues: list[Shelf]
    is_present: bool | None
    saved: list[SavedView]


@dataclass(frozen=True)
class Wanted:
    """What the address asks for. An unknown value of a filter narrows nothing."""

    view: View
    q: str
    status: Status | None
    priority: Priority | None
    category: str
    after: str
    queue: int | None = None

    def address(self, page: str = "/console/queue", **changed: str) -> str:
        kept = {name: str(value) for name, value in vars(self).items() if value} | changed
        return f"{page}?{urlencode({name: value for name, value in kept.items() if value})}"

    @property
    def narrowed(self) -> bool:
        return bool(self.q or self.status or self.priority or self.category)


def wanted_by_address(  # noqa: PLR0913, PLR0917  # one argument for each part of the address
    view: Annotated[str, Query(max_length=20)] = "",
    q: Annotated[str, Query(max_length=200)] = "",
    status: Annotated[str, Query(max_length=20)] = "",
    priority: Annotated[str, Query(max_length=20)] = "",
    category: Annotated[str, Query(max_length=80)] = "",
    after: Annotated[str, Query(max_length=200)] = "",
    queue: Annotated[str, Query(max_length=18)] = "",
) -> Wanted:
    return Wanted(
        view=View(view) if view in list(View) else View.WAITING,
        q=q.replace("\x00", "").strip(),
        status=Status(status) if status in list(Status) else None,
        priority=Priority(priority) if priority in list(Priority) else None,
        category=category.replace("\x00", ""),
        after=after,
        queue=int(queue) if queue.isascii() and queue.isdecimal() else None,
    )


WantedByAddress = Annotated[Wanted, Depends(wanted_by_address)]


def count_views(session: Session, me: str) -> Beside:
    """How many tickets each view and each staff queue holds, as people read it: `1000+` rather than a long count."""
    asked = {
        View.WAITING: Filters(waiting_for_staff=True),
        View.MINE: Filters(waiting_for_staff=True, assignee=me),
        View.UNASSIGNED: Filters(waiting_for_staff=True, unassigned=True),
        View.ALL: Filters(),
    }
    counts = dict(
        zip(asked, queries.count_up_to(session, list(asked.values()), most=_MOST_COUNTED), strict=True)
    )
    queues = staff_queues.list_queues(session)
    by_queue = staff_queues.count_waiting(session) if queues else {}
    return Beside(
        views={view: _read_out(count) for view, count in counts.items()},
        queues=[Shelf(one.id, one.name, _read_out(by_queue.get(one.id, 0))) for one in queues],
        is_present=staff_queues.is_present(session, me) if queues else None,
        saved=saved_views.list_views(session, me),
    )


def _read_out(count: int) -> str:
    return f"{_MOST_COUNTED}+" if count > _MOST_COUNTED else str(count)


def next_waiting(session: Session, ticket: Ticket) -> str | None:
    """The public id of the most urgent waiting ticket besides this one."""
    rows = queries.list_staff_queue(session, Filters(waiting_for_staff=True), limit=2)
    return next((row.ticket.public_id for row in rows if row.ticket.id != ticket.id), None)


def names_of_staff(session: Session) -> dict[str, str]:
    return {user.public_id: user.name for user in users.list_users(session)}


def _list(session: Session, wanted: Wanted, me: str) -> tuple[list[Row], str | None]:
    filters = Filters(
        status=wanted.status,
        priority=wanted.priority,
        category=wanted.category or None,
        assignee=me if wanted.view is View.MINE else None,
        unassigned=wanted.view is View.UNASSIGNED,
        waiting_for_staff=wanted.view is not View.ALL,
        text=wanted.q,
        queue_id=wanted.queue,
    )
    read = queries.list_tickets if wanted.view is View.ALL else queries.page_of_queue
    page = read(session, filters, limit=_PAGE, cursor=wanted.after)
    return page.rows, page.next_cursor


def shown(wanted: Wanted, me: str) -> dict[str, Any]:
    """What the list's templates need."""
    with transaction() as session:
        counts = count_views(session, me)
        headings = {queue.id: queue.name for queue in counts.queues}
        if wanted.queue not in headings:  # It may have been removed since the link was made.
            wanted = replace(wanted, queue=None)
        rows, next_cursor = _list(session, wanted, me)
        names = names_of_staff(session)
        workers = users.may_be_assigned(session)
    chosen = (
        {wanted.category} - set(categories()) - {""}
    )  # A category that is not used any more, from an old link.
    return {
        "wanted": wanted,
        "heading": headings[wanted.queue] if wanted.queue else VIEWS[wanted.view],
        "rows": rows,
        "more": wanted.address(after=next_cursor) if next_cursor else None,
        "views": VIEWS,
        "counts": counts,
        "names": names,
        "categories": [*categories(), *chosen],
        "workers": {user.public_id: user.name for user in workers},
        "note": "",
        "refused": [],
        "statuses": words.STATUSES,
        "priorities": words.PRIORITIES,
    }


@router.get("/queue")
def show_queue(request: Request, viewer: Looking, wanted: WantedByAddress) -> HTMLResponse:
    return render(request, "queue.html", viewer=viewer, **shown(wanted, viewer.principal.public_id))


@router.get("/queue/list")
def show_list(request: Request, viewer: Looking, wanted: WantedByAddress) -> HTMLResponse:
    """The list alone, with the new counts beside it: what the page fetches when something happened."""
    response = render(request, "queue_list.html", viewer=viewer, **shown(wanted, viewer.principal.public_id))
    response.headers["HX-Replace-Url"] = wanted.address()
    return response


@router.get("/queue/views")
def show_views(
    request: Request, viewer: Looking, at: Annotated[str, Query(max_length=500)] = ""
) -> HTMLResponse:
    """The views with their counts: what a ticket's page keeps current beside the ticket; `at` is that page."""
    with transaction() as session:
        counts = count_views(session, viewer.principal.public_id)
    return render(request, "views.html", viewer=viewer, path=local_path(at), views=VIEWS, counts=counts)
