"""One ASGI application from the doors."""

from fastapi import FastAPI
from fastapi.responses import RedirectResponse

from accounts.trail import Trail
from api import (
    actions,
    alerts,
    audit_log,
    auth,
    calibration,
    corrections,
    customers,
    dial,
    docs,
    experiments,
    files,
    forecast,
    health,
    keys,
    knowledge,
    notifications,
    predictions,
    replays,
    similar,
    stats,
    summaries,
    templates,
    ticket_moves,
    users,
    vault,
    views,
    volume_events,
)
from api import privacy as api_privacy
from api import tickets as api_tickets
from api import webhooks as api_webhooks
from api.etags import ETags
from api.idempotency import Idempotency
from console import pages
from deskfleet import candidate_desk, mail_desk, parked_desk, privacy, rule_desk, ways
from ingestion import (
    chat,
    chat_files,
    confirmations,
    help_centre,
    ratings,
    rest,
    rest_files,
    rest_messages,
    webhooks,
)
from runtime import web
from runtime.settings import settings


def create_app() -> FastAPI:
    """The whole product's HTTP side."""
    app = FastAPI(
        title="deskfleet", version=health.VERSION, docs_url=None, redoc_url=None, telemetry=web.NO_TELEMETRY
    )
    web.install(
        app,
        larger_bodies={
            rest_files.PATH: settings().files.max_request_bytes,
            chat_files.PATH: chat_files.most_request_bytes(),
        },
    )
    for router in (
        rest.router,  # First, because routes are tried in turn and nothing is called as often.
        health.router,
        auth.router,
        rest_messages.router,
        api_tickets.router,
        corrections.router,
        rest_files.router,
        files.router,
        customers.router,
        vault.router,
        users.router,
        keys.router,
        knowledge.router,
        audit_log.router,
        alerts.router,
        similar.router,
        forecast.router,
        volume_events.router,
        stats.router,
        calibration.router,
        predictions.router,
        replays.router,
        dial.router,
        experiments.router,
        summaries.router,
        ticket_moves.router,
        api_webhooks.router,
        templates.router,
        views.router,
        notifications.router,
        actions.router,
        chat.router,
        help_centre.router,
        confirmations.router,
        ratings.router,
        webhooks.router,
    ):
        app.include_router(router)
    api_privacy.install(app, privacy)
    app.state.candidates = candidate_desk
    for layer in (ETags, Idempotency, Trail):  # The last one is the outermost.
        app.add_middleware(layer)
    docs.install(app)
    pages.install(app, parking=parked_desk, ruling=rule_desk, reaching=ways, mailing=mail_desk)

    @app.get("/", include_in_schema=False)
    def home() -> RedirectResponse:
        return RedirectResponse("/console/queue")

    return app
