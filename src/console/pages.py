"""The staff console as one router, and what an application that mounts it has to install."""

from fastapi import APIRouter, FastAPI
from fastapi.responses import RedirectResponse

from console import (
    account_page,
    actions,
    agent_page,
    alerts,
    answers_panel,
    approvals,
    article_form,
    articles,
    assets,
    audit_page,
    budgets_page,
    bulk,
    calibration_page,
    channels_page,
    corrections,
    dial_page,
    errors,
    events_page,
    experiments_page,
    figures,
    files,
    gaps,
    hours_page,
    impact,
    keys,
    live,
    login,
    login_company,
    login_invitation,
    login_password,
    mailboxes_page,
    new_ticket,
    notifications,
    originals,
    parked,
    prediction_panel,
    presence,
    privacy_page,
    queue,
    replays_page,
    rules_page,
    saved_views,
    sessions_page,
    settings_pages,
    sources_page,
    taxonomy_page,
    template_pages,
    ticket,
    ticket_work,
    translations,
    users,
)
from console.mailing import Mailing
from console.parking import Parking
from console.reaching import Reaching
from console.ruling import Ruling

PREFIX = "/console"

router = APIRouter(include_in_schema=False)
_PARTS = (
    login,
    login_company,
    login_invitation,
    login_password,
    account_page,
    privacy_page,
    users,
    keys,
    audit_page,
    figures,
    calibration_page,
    dial_page,
    events_page,
    experiments_page,
    replays_page,
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
    prediction_panel,
    corrections,
    files,
    originals,
    translations,
    parked,
    approvals,
    alerts,
    template_pages,
    article_form,  # Before the articles: `new` and `sources` are the names of none.
    sources_page,
    articles,
    gaps,
    impact,
    settings_pages,
    hours_page,
    taxonomy_page,
    rules_page,
    agent_page,
    budgets_page,
    channels_page,
    mailboxes_page,
    live,
)
for part in _PARTS:
    router.include_router(part.router)


@router.get("")
@router.get("/")
def open_console() -> RedirectResponse:
    return RedirectResponse("/console/queue", status_code=303)


def install(
    app: FastAPI,
    *,
    parking: Parking | None = None,
    ruling: Ruling | None = None,
    reaching: Reaching | None = None,
    mailing: Mailing | None = None,
) -> None:
    """Everything below /console: pages, static files, errors as pages. Call it after `runtime.web.install`.

    Without a `parking` there is no page of parked mails, without a `ruling` none of rules, without a `reaching` none
    of channels, without a `mailing` none of mailboxes.
    """
    app.state.parking, app.state.ruling, app.state.reaching = parking, ruling, reaching
    app.state.mailing = mailing
    app.include_router(router, prefix=PREFIX)
    app.mount(assets.URL, assets.Assets(), name="console-static")
    errors.show_as_pages(app)
