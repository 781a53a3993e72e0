"""The audit log over REST: pages, filters, and who may read it."""

from datetime import UTC, datetime, timedelta

from accounts import audit
from accounts.models import AuditScore
from accounts.permissions import Permission, Role
from runtime.database import transaction
from tests.api.whole_desk import program, staff


def test_the_log_is_read_in_pages_and_narrowed(database: str) -> None:
    with transaction() as session:
        for number in range(5):
            audit.record(session, audit.Action.VIEW, actor=f"AGENT-{number % 2}", target=f"CUST-{number}")
        audit.record(session, audit.Action.LOG_IN, actor="AGENT-1")
    carol = staff()
    first = carol.get("/api/v1/audit?limit=4").json()
    second = carol.get(f"/api/v1/audit?limit=4&cursor={first['next_cursor']}").json()
    assert [one["target"] for one in first["entries"] + second["entries"]] == [
        "", "CUST-4", "CUST-3", "CUST-2", "CUST-1", "CUST-0",
    ]  # fmt: skip
    assert second["next_cursor"] is None
    narrowed = carol.get("/api/v1/audit?actor=AGENT-1&action=request").json()["entries"]
    assert [one["target"] for one in narrowed] == ["CUST-3", "CUST-1"]
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    assert carol.get("/api/v1/audit", params={"since": later}).json()["entries"] == []


def test_scores_are_shown_with_their_signs(database: str) -> None:
    with transaction() as session:
        signs = {"views": {"score": 7.5, "count": 400, "usual": 12.0}}
        hour = datetime(2026, 11, 21, 10, tzinfo=UTC)
        session.add(AuditScore(actor="KEY-7", hour=hour, score=7.5, signs=signs))
    [one] = program(Permission.READ_AUDIT).get("/api/v1/audit/scores").json()["scores"]
    assert (one["actor"], one["score"], one["signs"]) == ("KEY-7", 7.5, signs)


def test_managers_do_not_read_it(database: str) -> None:
    assert staff(Role.MANAGER).get("/api/v1/audit").status_code == 403
