"""Similar tickets by REST."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from accounts import credentials
from accounts.permissions import Permission
from api import similar
from ingestion import intake
from knowledge.articles import learn_now
from runtime import web
from runtime.database import transaction
from tests.jobs import CollectedJobs
from tests.knowledge.test_learning import ANSWER, QUESTION, resolved
from tests.knowledge.test_similar import public_id_of
from tests.samples import a_message


@pytest.fixture
def client(database: str) -> Iterator[TestClient]:
    app = FastAPI()
    web.install(app)
    app.include_router(similar.router)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def use_key(client: TestClient, *scopes: Permission) -> None:
    with transaction() as session:
        key = credentials.create_api_key(session, "Bob's program", scopes=[str(one) for one in scopes])
    client.headers["Authorization"] = f"Bearer {key}"


def test_similar_tickets_are_read_with_their_resolutions(client: TestClient, run_jobs: CollectedJobs) -> None:
    resolved()
    learn_now()
    with transaction() as session:
        new = intake.receive(session, a_message(text="How can I descale my kettle?")).ticket_id
    use_key(client, Permission.READ_TICKETS)
    address = f"/api/v1/tickets/{public_id_of(new)}/similar"
    (found,) = client.get(address).json()["tickets"]
    assert (found["question"], found["resolution"]) == (QUESTION, ANSWER)
    assert found["ticket_id"].startswith("TKT-")
    assert client.get(address, params={"before": "2020-01-01T00:00:00Z"}).json() == {"tickets": []}


def test_what_is_wrong_with_a_request_is_named(client: TestClient) -> None:
    assert client.get("/api/v1/tickets/TKT-1/similar").status_code == 401
    use_key(client, Permission.READ_TICKETS)
    assert client.get("/api/v1/tickets/TKT-1/similar").status_code == 404
    problem = client.get("/api/v1/tickets/TKT-1/similar", params={"limit": 0})
    assert problem.status_code == 422
    assert "limit" in problem.text
