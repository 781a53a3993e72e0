"""One ASGI application from the doors."""

from fastapi import FastAPI
from fastapi.responses import RedirectResponse

from accounts.trail import Trail
from api import (
    actions,
    alerts,
    audit_log,
    auth,
    corrections,
    customers,
    docs,
    files,
    forecast,
    health,
    keys,
    knowledge,
    similar,
    stats,
    summaries,
    templates,
    ticket_moves,
    users,
    vault,
)
from api import privacy as api_privacy
from api import tickets as api_tickets
from api import webhooks as api_webhooks
from api.etags import ETags
from api.idempotency import Idempotency
from console import pages
from deskfleet import parked_desk, privacy
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
    app = FastAPI(title="deskfleet", version=health.VERSION, docs_url=None, redoc_url=None)
    web.install(
        app,
        larger_bodies={
            rest_files.PATH: settings().files.max_request_bytes,
            chat_files.PATH: chat_files.most_request_bytes(),
        },
    )
    for router in (
        health.router,
        auth.router,
        rest.router,
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
        stats.router,
        summaries.router,
        ticket_moves.router,
        api_webhooks.router,
        templates.router,
        actions.router,
        chat.router,
        help_centre.router,
        confirmations.router,
        ratings.router,
        webhooks.router,
    ):
        app.include_router(router)
    api_privacy.install(app, privacy)
    for layer in (ETags, Idempotency, Trail):  # The last one is the outermost.
        app.add_middleware(layer)
    docs.install(app)
    pages.install(app, parking=parked_desk)

    @app.get("/", include_in_schema=False)
    def home() -> RedirectResponse:
        return RedirectResponse("/console/queue")

    return app
