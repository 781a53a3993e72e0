"""The REST doors for reading, and the staff who use them."""

from fastapi import FastAPI
from fastapi.testclient import TestClient

from accounts import tokens, users
from accounts.permissions import Role
from api import corrections, customers, files, tickets
from ingestion import intake
from runtime import web
from runtime.database import transaction
from tests.samples import a_message
from tickets.contracts import Receipt


def desk_app() -> FastAPI:
    app = FastAPI()
    web.install(app)
    for door in (tickets, corrections, files, customers):
        app.include_router(door.router)
    return app


def staff(role: Role) -> TestClient:
    """One of the staff with a token; only their own client knows it."""
    with transaction() as session:
        user = users.create_user(
            session, f"{role}@desk.example", name="Bob", role=role, password="correct horse battery"
        )
        token = tokens.start(session, user).access_token
    headers = {"Authorization": f"Bearer {token}"}
    return TestClient(desk_app(), headers=headers, raise_server_exceptions=False)


def receive(**message: object) -> Receipt:
    with transaction() as session:
        return intake.receive(session, a_message(**message))
