"""What the probes are told of Pinecone; the rest of the health pages is in test_tickets."""

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api import health
from knowledge.retrieval import search
from runtime import web
from tests.knowledge.pinecone_desk import desk_with_pinecone
from tests.stubs.pinecone_stub import Trouble


@pytest.fixture
def client() -> TestClient:
    app = FastAPI()
    web.install(app)
    app.include_router(health.router)
    return TestClient(app)


def test_pinecone_is_no_part_of_a_desk_that_does_not_use_it(database: str, client: TestClient) -> None:
    assert "pinecone" not in client.get("/health/ready").json()["parts"]


def test_a_desk_without_pinecones_answers_is_ready_and_degraded(
    database: str, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with desk_with_pinecone(monkeypatch) as stub:
        assert client.get("/health/ready").json()["parts"]["pinecone"] == "up"
        stub.then(*[Trouble(401)] * 3)
        for _ in range(3):
            search("How long does the delivery take?")
        shown = client.get("/health/ready")
    assert (shown.status_code, shown.json()["status"]) == (200, "ready")
    assert shown.json()["degraded"] == ["pinecone"]
