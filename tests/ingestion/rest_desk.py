"""A desk whose REST doors are open, and the programs that use them."""

from fastapi import FastAPI
from fastapi.testclient import TestClient

from accounts import credentials
from accounts.permissions import Permission
from api import customers, files, tickets
from ingestion import rest, rest_files, rest_messages
from runtime import web
from runtime.database import transaction
from runtime.settings import settings

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR of a damaged box"


def rest_app() -> FastAPI:
    app = FastAPI()
    web.install(app, larger_bodies={rest_files.PATH: settings().files.max_request_bytes})
    for door in (rest, rest_messages, rest_files, tickets, files, customers):
        app.include_router(door.router)
    return app


def api_key(*scopes: Permission) -> dict[str, str]:
    with transaction() as session:
        secret = credentials.create_api_key(session, "test", scopes=[str(scope) for scope in scopes])
    return {"Authorization": f"Bearer {secret}"}


def program(*scopes: Permission, app: FastAPI | None = None) -> TestClient:
    """A client with a key of its own."""
    return TestClient(app or rest_app(), headers=api_key(*scopes), raise_server_exceptions=False)


def upload(client: TestClient, content: bytes = PNG, name: str = "damage.png") -> str:
    response = client.post("/api/v1/files", files={"file": (name, content)})
    assert response.status_code == 201, response.text
    return str(response.json()[0]["file_id"])


def create_ticket(client: TestClient, **body: object) -> str:
    sent = {"description": "Where is my parcel?", "customer_email": "alice@example.com"} | body
    response = client.post("/api/v1/tickets", json=sent)
    assert response.status_code == 202, response.text
    return str(response.json()["ticket_id"])
