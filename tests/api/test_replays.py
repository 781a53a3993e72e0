"""Replays by REST: the numbers for whoever may read figures, the texts for those who may read tickets."""

from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from accounts.permissions import Permission
from agent_core import replay
from api import replays
from runtime import web
from tests.agent_core.past_desk import add_shipping, answered
from tests.agent_core.test_replay import QUESTION, begun
from tests.api.test_forecast import use_key
from tests.jobs import CollectedJobs
from tickets.contracts import Reason


@pytest.fixture
def client(run_jobs: CollectedJobs) -> Iterator[TestClient]:
    app = FastAPI()
    web.install(app)
    app.include_router(replays.router)
    with TestClient(app, raise_server_exceptions=False) as client:
        use_key(client, Permission.READ_FIGURES, Permission.READ_TICKETS)
        yield client


def test_a_replay_is_listed_and_compared(client: TestClient) -> None:
    assert client.get("/api/v1/replays").json() == {"replays": []}
    add_shipping()
    answered(QUESTION, reason=Reason.LOW_CONFIDENCE)
    chosen = begun({"name": "as now"})
    [listed] = client.get("/api/v1/replays").json()["replays"]
    assert (listed["name"], listed["progress"]["waiting"], listed["ended_at"]) == ("as now", 1, None)
    assert replay.work(replay.load(chosen.id))
    found = client.get(f"/api/v1/replays/{chosen.public_id}").json()
    assert found["progress"]["done"] == 1
    assert found["present"]["escalations"] == {"low_confidence": 1}
    assert found["candidate"]["automation"]["value"] == 1
    assert found["ended_at"] is not None
    assert "three days" in found["most_different"][0]["candidate"]["draft"]


def test_who_may_not_read_tickets_reads_no_text_of_theirs(client: TestClient) -> None:
    add_shipping()
    answered(QUESTION, reason=Reason.LOW_CONFIDENCE)
    chosen = begun()
    assert replay.work(replay.load(chosen.id))
    use_key(client, Permission.READ_FIGURES)
    [one] = client.get(f"/api/v1/replays/{chosen.public_id}").json()["most_different"]
    assert "draft" not in one["candidate"]
    assert "draft" not in one["present"]


def test_a_replay_that_is_not_there_and_a_key_without_the_right(client: TestClient) -> None:
    assert client.get("/api/v1/replays/RPL-NONE").status_code == 404
    use_key(client, Permission.READ_TICKETS)
    assert client.get("/api/v1/replays").status_code == 403
