"""A POST that is repeated with its key is done once; ETags spare what is known already."""

import pytest
from sqlalchemy import func, select, text

from accounts.models import IdempotentAnswer
from accounts.permissions import Permission
from api import idempotency
from deskfleet.web import create_app
from ingestion import intake
from runtime.database import transaction
from tests.api.whole_desk import client, key, program, staff
from tests.jobs import CollectedJobs
from tests.samples import a_message
from tickets import alerts
from tickets.alerts import AlertKind


def an_alert() -> str:
    with transaction() as session:
        alerts.raise_alert(session, AlertKind.KEY_BUSY, "KEY-1", "Busy.")
        return alerts.list_alerts(session)[0].public_id


def test_a_repeated_request_gets_the_first_answer_and_is_not_done_again(database: str) -> None:
    carol = staff()
    path, headers = f"/api/v1/alerts/{an_alert()}/acknowledge", {"Idempotency-Key": "seen-1"}
    first = carol.post(path, headers=headers)
    with transaction() as session:
        session.execute(text("update alerts set text = 'Changed.'"))
    second = carol.post(path, headers=headers)
    assert (first.status_code, second.status_code) == (200, 200)
    assert second.json() == first.json()
    assert second.headers["idempotent-replayed"] == "true"
    assert "x-correlation-id" in second.headers
    assert carol.post(path).json()["text"] == "Changed."


def test_the_same_key_for_another_request_is_refused_and_of_another_caller_is_another(database: str) -> None:
    app = create_app()
    carol, bob = staff(app=app), staff(app=app, name="Bob")
    alert, headers = an_alert(), {"Idempotency-Key": "seen-1"}
    assert carol.post(f"/api/v1/alerts/{alert}/acknowledge", headers=headers).status_code == 200
    assert carol.post("/api/v1/alerts/ALERT-00000000/acknowledge", headers=headers).status_code == 422
    other = bob.post(f"/api/v1/alerts/{alert}/acknowledge", headers=headers)
    assert other.status_code == 200
    assert "idempotent-replayed" not in other.headers


def test_a_refused_caller_leaves_nothing_and_a_revoked_one_gets_nothing(database: str) -> None:
    app = create_app()
    alert, headers = an_alert(), {"Idempotency-Key": "seen-1"}
    path = f"/api/v1/alerts/{alert}/acknowledge"
    assert client(app).post(path, headers=headers).status_code == 401
    secret = key([Permission.WORK_TICKETS])
    robot = client(app, **{"X-API-Key": secret})
    assert robot.post(path, headers=headers).status_code == 200
    carol = staff(app=app)
    assert carol.delete("/api/v1/keys/KEY-1").status_code == 204
    assert robot.post(path, headers=headers).status_code == 401
    reader = program(Permission.READ_TICKETS, app=app)
    assert reader.post(path, headers=headers).status_code == 403
    with transaction() as session:
        assert session.scalar(select(func.count()).select_from(IdempotentAnswer)) == 1


def test_while_the_first_is_under_way_the_second_is_told_so_and_later_takes_over(database: str) -> None:
    carol = staff()
    path, headers = f"/api/v1/alerts/{an_alert()}/acknowledge", {"Idempotency-Key": "seen-1"}
    carol.post(path, headers=headers)
    with transaction() as session:
        session.execute(text("update idempotent_answers set status = null, content = null"))
    assert carol.post(path, headers=headers).status_code == 409
    with transaction() as session:
        session.execute(text("update idempotent_answers set created_at = now() - interval '3 minutes'"))
    assert carol.post(path, headers=headers).status_code == 200


def test_what_is_kept_is_sealed(database: str) -> None:
    staff().post(f"/api/v1/alerts/{an_alert()}/acknowledge", headers={"Idempotency-Key": "seen-1"})
    with transaction() as session:
        [kept] = session.scalars(select(IdempotentAnswer)).all()
    assert b"Busy." not in (kept.content or b"")
    assert kept.status == 200


@pytest.mark.parametrize("given", ["", "x" * 201])
def test_a_key_has_a_length(database: str, given: str) -> None:
    refused = staff().post("/api/v1/alerts/ALERT-1/acknowledge", headers={"Idempotency-Key": given})
    assert refused.status_code == 422


def test_who_has_it_already_is_told_so_without_the_content(run_jobs: CollectedJobs) -> None:
    carol = staff()
    with transaction() as session:
        ticket = intake.receive(session, a_message()).public_id
    first = carol.get(f"/api/v1/tickets/{ticket}")
    tag = first.headers["etag"]
    known = carol.get(f"/api/v1/tickets/{ticket}", headers={"If-None-Match": f'"other", {tag}'})
    assert (known.status_code, known.content, known.headers["etag"]) == (304, b"", tag)
    assert first.headers["cache-control"] == "private, no-cache"
    carol.put(f"/api/v1/tickets/{ticket}/status", json={"status": "in_progress"})
    changed = carol.get(f"/api/v1/tickets/{ticket}", headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed.headers["etag"] != tag


def test_an_erased_customer_is_not_told_again_and_nothing_is_done_twice(database: str) -> None:
    carol = staff()
    headers = {"Idempotency-Key": "seen-1"}
    first = an_alert()
    path = f"/api/v1/alerts/{first}/acknowledge"
    with transaction() as session:
        alerts.raise_alert(session, AlertKind.KEY_BUSY, "KEY-2", "Busy.")
        second = next(one.public_id for one in alerts.list_alerts(session) if one.about == "KEY-2")
    other = f"/api/v1/alerts/{second}/acknowledge"
    assert carol.post(path, headers=headers).status_code == 200
    assert carol.post(other, headers={"Idempotency-Key": "seen-2"}).status_code == 200
    with transaction() as session:
        assert idempotency.forget_answers(session, [first.lower()]) == 1
    again = carol.post(path, headers=headers)
    assert (again.status_code, first in again.text) == (410, False)
    assert again.headers["content-type"] == "application/problem+json"
    assert carol.post(other, headers={"Idempotency-Key": "seen-2"}).status_code == 200
