"""The staff queue: what waits, nearest deadline first; views, filters, search; and the same as a fragment."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from accounts import users
from console import words
from console.rendering import render
from console.sessions import Looking
from runtime.database import transaction
from tickets import queries
from tickets.contracts import Priority, Status
from tickets.models import Ticket
from tickets.queries import Filters, Row, waits_for_staff

router = APIRouter()
_PAGE = 50
_MOST_WAITING = 200
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
class Wanted:
    """What the address asks for. An unknown value of a filter narrows nothing."""

    view: View
    q: str
    status: Status | None
    priority: Priority | None
    category: str
    after: str

    def address(self, page: str = "/console/queue", **changed: str) -> str:
        kept = {name: str(value) for name, value in vars(self).items() if value} | changed
        return f"{page}?{urlencode({name: value for name, value in kept.items() if value})}"

    @property
    def narrowed(self) -> bool:
        return bool(self.q or self.status or self.priority or self.category)


def _wanted(
    view: Annotated[str, Query(max_length=20)] = "",
    q: Annotated[str, Query(max_length=200)] = "",
    status: Annotated[str, Query(max_length=20)] = "",
    priority: Annotated[str, Query(max_length=20)] = "",
    category: Annotated[str, Query(max_length=80)] = "",
    after: Annotated[str, Query(max_length=200)] = "",
) -> Wanted:
    return Wanted(
        view=View(view) if view in list(View) else View.WAITING,
        q=q.replace("\x00", "").strip(),
        status=Status(status) if status in list(Status) else None,
        priority=Priority(priority) if priority in list(Priority) else None,
        category=category.replace("\x00", ""),
        after=after,
    )


WantedByAddress = Annotated[Wanted, Depends(_wanted)]


def count_views(session: Session, me: str) -> dict[View, str]:
    """How many tickets each view holds, as people read it: `1000+` rather than a long count."""
    waiting = waits_for_staff()
    row = session.execute(
        select(
            func.count(),
            func.count().filter(Ticket.assignee == me),
            func.count().filter(Ticket.assignee.is_(None)),
        ).where(waiting)
    ).one()
    some = select(Ticket.id).limit(_MOST_COUNTED + 1).subquery()
    everything = session.scalar(select(func.count()).select_from(some)) or 0
    counted = dict(zip(View, (*row, everything), strict=True))
    return {
        view: f"{_MOST_COUNTED}+" if count > _MOST_COUNTED else str(count) for view, count in counted.items()
    }


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
    )
    if wanted.view is View.ALL:
        page = queries.list_tickets(session, filters, limit=_PAGE, cursor=wanted.after)
        return page.rows, page.next_cursor
    return queries.list_staff_queue(session, filters, limit=_MOST_WAITING), None


def _shown(wanted: Wanted, me: str) -> dict[str, Any]:
    with transaction() as session:
        rows, next_cursor = _list(session, wanted, me)
        counts = count_views(session, me)
        names = names_of_staff(session)
    categories = sorted(
        {row.ticket.category for row in rows if row.ticket.category} | {wanted.category} - {""}
    )
    return {
        "wanted": wanted,
        "rows": rows,
        "more": wanted.address(after=next_cursor) if next_cursor else None,
        "cut": len(rows) == _MOST_WAITING,
        "views": VIEWS,
        "counts": counts,
        "names": names,
        "categories": categories,
        "statuses": words.STATUSES,
        "priorities": words.PRIORITIES,
    }


@router.get("/queue")
def show_queue(request: Request, viewer: Looking, wanted: WantedByAddress) -> HTMLResponse:
    return render(request, "queue.html", viewer=viewer, **_shown(wanted, viewer.principal.public_id))


@router.get("/queue/list")
def show_list(request: Request, viewer: Looking, wanted: WantedByAddress) -> HTMLResponse:
    """The list alone, with the new counts beside it: what the page fetches when something happened."""
    response = render(request, "queue_list.html", viewer=viewer, **_shown(wanted, viewer.principal.public_id))
    response.headers["HX-Replace-Url"] = wanted.address()
    return response


@router.get("/queue/views")
def show_views(request: Request, viewer: Looking) -> HTMLResponse:
    """The views with their counts: what a ticket's page keeps current beside the ticket."""
    with transaction() as session:
        counts = count_views(session, viewer.principal.public_id)
    return render(request, "views.html", viewer=viewer, views=VIEWS, counts=counts)
