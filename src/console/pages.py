"""The staff console as one router, and what an application that mounts it has to install."""

from fastapi import APIRouter, FastAPI
from fastapi.responses import RedirectResponse

from console import (
    actions,
    alerts,
    answers_panel,
    approvals,
    article_form,
    articles,
    assets,
    audit_page,
    bulk,
    corrections,
    errors,
    figures,
    files,
    gaps,
    impact,
    keys,
    live,
    login,
    login_company,
    login_invitation,
    new_ticket,
    notifications,
    originals,
    parked,
    presence,
    queue,
    saved_views,
    sessions_page,
    template_pages,
    ticket,
    ticket_work,
    translations,
    users,
)
from console.parking import Parking

PREFIX = "/console"

router = APIRouter(include_in_schema=False)
_PARTS = (
    login,
    login_company,
    login_invitation,
    users,
    keys,
    audit_page,
    figures,
    sessions_page,
    queue,
    bulk,
    saved_views,
    new_ticket,
    notifications,
    presence,
    ticket,
    actions,
    ticket_work,
    answers_panel,
    corrections,
    files,
    originals,
    translations,
    parked,
    approvals,
    alerts,
    template_pages,
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
