"""`If-Match`: a write is done when the thing is still as it was read, and refused with 412 when it is not."""

import threading
from typing import Any

import pytest
from fastapi.testclient import TestClient

from accounts.permissions import Role
from deskfleet.web import create_app
from ingestion import intake
from runtime.database import transaction
from tests.api.whole_desk import staff
from tests.jobs import CollectedJobs
from tests.samples import a_message

ARTICLE = {"title": "Tents", "body": "A tent is waterproof to 3,000 mm.", "language": "en"}
TEMPLATE = {"kind": "resolution", "name": "Done", "text": "Dear {{customer_name}}, it is done."}


@pytest.fixture
def carol(run_jobs: CollectedJobs) -> TestClient:
    return staff(Role.ADMIN, app=create_app())


def a_ticket(carol: TestClient) -> str:
    with transaction() as session:
        public_id = intake.receive(session, a_message(text="Where is it?")).public_id
    return f"/api/v1/tickets/{public_id}"


def tag(carol: TestClient, path: str) -> dict[str, str]:
    return {"If-Match": carol.get(path).headers["etag"]}


@pytest.mark.parametrize(
    ("method", "step", "body"),
    [
        ("PUT", "status", {"status": "resolved"}),
        ("PUT", "assign", {"assignee": None}),
        ("PUT", "judgement", {"priority": "high"}),
        ("POST", "snooze", {"until": "2027-01-01T09:00:00Z"}),
        ("POST", "split", {"seq": 1}),
        ("POST", "hand-back", {}),
    ],
)
def test_a_ticket_that_has_changed_since_is_not_changed(
    carol: TestClient, method: str, step: str, body: dict[str, Any]
) -> None:
    path = a_ticket(carol)
    old = tag(carol, path)
    assert carol.put(f"{path}/judgement", json={"category": "shipping"}).status_code == 200
    before = carol.get(path).json()
    refused = carol.request(method, f"{path}/{step}", json=body, headers=old)
    assert (refused.status_code, refused.json()["field"]) == (412, "If-Match")
    assert refused.headers["content-type"] == "application/problem+json"
    assert carol.get(path).json() == before


def test_a_ticket_that_is_as_it_was_read_is_changed(carol: TestClient) -> None:
    path = a_ticket(carol)
    for given in ("{}", "*", '"other", {}'):
        headers = {"If-Match": given.format(tag(carol, path)["If-Match"])}
        assert carol.put(f"{path}/judgement", json={"priority": "high"}, headers=headers).status_code == 200
    done = carol.put(f"{path}/status", json={"status": "resolved"}, headers=tag(carol, path))
    assert done.status_code == 200


def test_a_template_is_changed_and_withdrawn_only_as_it_was_read(carol: TestClient) -> None:
    made = carol.post("/api/v1/templates", json=TEMPLATE).json()
    path = f"/api/v1/templates/{made['template_id']}"
    assert carol.get(path).json() == made
    old = tag(carol, path)
    changed = TEMPLATE | {"text": "It is done."}
    assert carol.put(path, json=changed, headers=old).status_code == 200
    assert carol.put(path, json=TEMPLATE, headers=old).status_code == 412
    assert carol.delete(path, headers=old).status_code == 412
    assert carol.get(path).json()["text"] == "It is done."
    assert carol.delete(path, headers=tag(carol, path)).status_code == 204
    assert carol.get(path).status_code == 404


def test_an_article_is_changed_and_withdrawn_only_as_it_was_read(carol: TestClient) -> None:
    made = carol.post("/api/v1/knowledge/articles", json=ARTICLE).json()
    path = f"/api/v1/knowledge/articles/{made['article_id']}"
    old = tag(carol, path)
    changed = ARTICLE | {"body": "A tent is waterproof to 5,000 mm.", "seen_version": 1}
    assert carol.put(path, json=changed, headers=old).status_code == 200
    assert carol.put(path, json=changed | {"seen_version": 2}, headers=old).status_code == 412
    assert carol.delete(path, headers=old).status_code == 412
    assert carol.delete(path, headers=tag(carol, path)).status_code == 204


def test_of_two_who_write_with_the_same_tag_one_is_refused(carol: TestClient) -> None:
    made = carol.post("/api/v1/templates", json=TEMPLATE).json()
    path = f"/api/v1/templates/{made['template_id']}"
    old, ready, statuses = tag(carol, path), threading.Barrier(2), []

    def write(text: str) -> None:
        ready.wait(60)
        statuses.append(carol.put(path, json=TEMPLATE | {"text": text}, headers=old).status_code)

    threads = [threading.Thread(target=write, args=(text,)) for text in ("One.", "Two.")]
    for one in threads:
        one.start()
    for one in threads:
        one.join(60)
    assert sorted(statuses) == [200, 412]
