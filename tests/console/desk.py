"""A desk for the tests of the console: the application, its staff, and tickets that wait for them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response

from accounts import credentials, users
from accounts.permissions import Role
from console import pages
from console.mailing import Mailing
from console.parking import Parking
from console.reaching import Reaching
from console.ruling import Ruling
from console.sessions import COOKIE
from ingestion import intake
from runtime import web
from runtime.database import transaction
from tests.samples import a_decision, a_message, claimed_case
from tickets import lifecycle
from tickets.contracts import Reason

PASSWORD = "a password of twenty letters"


def console_app(
    parking: Parking | None = None,
    *,
    ruling: Ruling | None = None,
    reaching: Reaching | None = None,
    mailing: Mailing | None = None,
) -> FastAPI:
    app = FastAPI()
    web.install(app)
    pages.install(app, parking=parking, ruling=ruling, reaching=reaching, mailing=mailing)
    return app


@dataclass(frozen=True)
class Member:
    """One of the staff, logged in."""

    public_id: str
    name: str
    email: str
    client: TestClient
    csrf: str

    def post(self, path: str, **fields: str | int) -> Response:
        return self.client.post(path, data={"csrf": self.csrf, **fields}, follow_redirects=False)


def member(name: str = "Carol", *, role: Role = Role.AGENT, app: FastAPI | None = None) -> Member:
    """A new account and a browser that is logged in to it."""
    email = f"{name.split()[0].lower()}@example.com"
    with transaction() as session:
        user = users.create_user(session, email, name=name, role=role, password=PASSWORD)
        secret = credentials.start_session(session, user)
    client = TestClient(app or console_app(), raise_server_exceptions=False, cookies={COOKIE: secret})
    return Member(user.public_id, user.name, email, client, credentials.csrf_token(secret))


def receive(**message: object) -> str:
    """A message from a customer; the public id of its ticket."""
    with transaction() as session:
        return intake.receive(session, a_message(**message)).public_id


def escalated(
    reason: Reason = Reason.ASKS_FOR_PERSON, *, decision: Mapping[str, Any] | None = None, **message: object
) -> str:
    """A ticket that the agent handed to staff; its public id."""
    public_id = receive(**message)
    case = claimed_case()
    with transaction() as session:
        assert lifecycle.escalate(session, case, a_decision(reason=reason, **(decision or {})))
    return public_id
