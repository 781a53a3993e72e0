"""The whole product over HTTP, and clients of it: staff with a token, programs with a key."""

from collections.abc import Collection

from fastapi import FastAPI
from fastapi.testclient import TestClient

from accounts import api_keys, tokens, users
from accounts.api_keys import NewKey
from accounts.permissions import Permission, Role
from deskfleet.web import create_app
from runtime.database import transaction

PASSWORD = "correct horse battery"


def staff(role: Role = Role.ADMIN, *, app: FastAPI | None = None, name: str = "Carol") -> TestClient:
    with transaction() as session:
        user = users.create_user(
            session, f"{name.lower()}@example.com", name=name, role=role, password=PASSWORD
        )
        token = tokens.start(session, user).access_token
    return client(app, Authorization=f"Bearer {token}")


def program(*scopes: Permission, app: FastAPI | None = None) -> TestClient:
    return client(app, **{"X-API-Key": key(scopes)})


def key(scopes: Collection[Permission]) -> str:
    with transaction() as session:
        new = NewKey("shop", [str(one) for one in scopes])
        return api_keys.create(session, new, by="command").secret


def client(app: FastAPI | None = None, **headers: str) -> TestClient:
    return TestClient(
        app or create_app(), headers=headers, raise_server_exceptions=False, client=("127.0.0.1", 5000)
    )
