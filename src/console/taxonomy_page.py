"""The categories: renamed, retired and added by admins."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from console.settings_pages import REFUSALS, Changing, Managing, Refused, Version, page, save
from runtime import desk_settings
from runtime.database import transaction
from runtime.desk_settings import Document
from runtime.errors import Conflict, InvalidInput
from tickets import categories, staff_queues
from tickets.categories import FALLBACK, GROUPS
from tickets.staff_queue_models import StaffQueue

router = APIRouter()
_TAB = Document.TAXONOMY
_Line = Annotated[str, Form(max_length=500)]
_Name = Annotated[str, Form(max_length=60)]


@router.get("/settings/taxonomy")
def show_categories(request: Request, viewer: Managing) -> HTMLResponse:
    return _page(request, viewer)


@router.post("/settings/taxonomy")
def change_category(  # noqa: PLR0913, PLR0917  # one argument for each field of the form
    request: Request,
    viewer: Changing,
    seen: Version,
    name: _Name = "",
    title: _Line = "",
    description: _Line = "",
    group: _Name = "",
    queue: _Name = "",
    retired: Annotated[str, Form(max_length=1)] = "",
    is_new: Annotated[str, Form(max_length=1)] = "",
) -> Response:
    """One category: a new one, or one that there is with other words."""
    entry = {
        "title": title.strip(),
        "description": description.strip(),
        "group": group,
        "queue": queue,
        "retired": bool(retired),
    }
    try:
        if bool(is_new) == (name in categories.known()):
            raise Conflict(
                f"There is a category {name} already." if is_new else "There is no such category.",
                field="name",
            )
        document = _changed() | {name.strip(): entry}
        categories.check(document)
        _check_queue(queue)
        return save(viewer, _TAB, document, seen=seen)
    except REFUSALS as error:
        return _page(request, viewer, refused=Refused(error, seen), typed={"name": name, **entry})


def _changed() -> dict[str, Any]:
    """What admins made of the categories so far."""
    with transaction() as session:
        present = desk_settings.newest(session, _TAB)
    return dict(present.value or {}) if present else {}


def _check_queue(name: str) -> None:
    with transaction() as session:
        known = [one.name for one in staff_queues.list_queues(session)]
    if name and name not in known:
        raise InvalidInput(f"There is no staff queue {name}.", field="queue")


def _page(
    request: Request, viewer: Managing, *, refused: Refused | None = None, typed: dict[str, Any] | None = None
) -> HTMLResponse:
    with transaction() as session:
        queues = staff_queues.list_queues(session)
    in_use = categories.categories()
    return page(
        request,
        viewer,
        _TAB,
        refused=refused,
        found=categories.known().values(),
        in_use=in_use,
        groups=GROUPS,
        fallback=FALLBACK,
        built_in=categories.built_in(),
        queue_names=[one.name for one in queues],
        queues={name: _taking(queues, one.queue, name) for name, one in categories.known().items()},
        typed=typed or {},
    )


def _taking(queues: Sequence[StaffQueue], own: str, category: str) -> list[str]:
    """The staff queues that may get its tickets: its own, or those that ask for it or for nothing."""
    if own in {one.name for one in queues}:
        return [own]
    return [one.name for one in queues if not one.categories or category in one.categories]
