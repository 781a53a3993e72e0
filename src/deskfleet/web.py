"""One ASGI application from the doors."""

from fastapi import FastAPI
from fastapi.responses import RedirectResponse

from api import actions, alerts, auth, corrections, customers, docs, files, health, similar, vault
from api import tickets as api_tickets
from console import pages
from deskfleet import parked_desk
from ingestion import chat, chat_files, confirmations, help_centre, rest, rest_files, rest_messages, webhooks
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
        alerts.router,
        similar.router,
        actions.router,
        chat.router,
        help_centre.router,
        confirmations.router,
        webhooks.router,
    ):
        app.include_router(router)
    docs.install(app)
    pages.install(app, parking=parked_desk)

    @app.get("/", include_in_schema=False)
    def home() -> RedirectResponse:
        return RedirectResponse("/console/queue")

    return app
