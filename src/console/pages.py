"""The staff console as one router, and what an application that mounts it has to install."""

from fastapi import APIRouter, FastAPI
from fastapi.responses import RedirectResponse

from console import (
    actions,
    alerts,
    approvals,
    article_form,
    articles,
    assets,
    corrections,
    errors,
    files,
    gaps,
    impact,
    live,
    login,
    originals,
    parked,
    presence,
    queue,
    ticket,
    translations,
)
from console.parking import Parking

PREFIX = "/console"

router = APIRouter(include_in_schema=False)
_PARTS = (
    login,
    queue,
    presence,
    ticket,
    actions,
    corrections,
    files,
    originals,
    translations,
    parked,
    approvals,
    alerts,
    article_form,  # Before the articles: `new` is the name of none.
    articles,
    gaps,
    impact,
    live,
)
for part in _PARTS:
    router.include_router(part.router)


@router.get("")
@router.get("/")
def open_console() -> RedirectResponse:
    return RedirectResponse("/console/queue", status_code=303)


def install(app: FastAPI, *, parking: Parking | None = None) -> None:
    """Everything below /console: pages, static files, errors as pages. Call it after `runtime.web.install`.

    Without a `parking` there is no page of parked mails.
    """
    app.state.parking = parking
    app.include_router(router, prefix=PREFIX)
    app.mount(assets.URL, assets.Assets(), name="console-static")
    errors.show_as_pages(app)
