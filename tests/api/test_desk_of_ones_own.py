"""Saved views and notifications over REST: one's own, and nobody else's."""

from accounts.permissions import Role
from deskfleet.web import create_app
from ingestion import intake
from runtime.database import transaction
from tests.api.whole_desk import staff
from tests.jobs import CollectedJobs
from tests.samples import a_message
from tickets import notifications
from tickets.notifications import NotificationKind


def test_a_view_is_kept_replaced_and_removed_by_its_owner_alone(database: str) -> None:
    app = create_app()
    bob, carol = staff(Role.AGENT, app=app, name="Bob"), staff(app=app)
    made = bob.post("/api/v1/views", json={"name": " Mine  now ", "query": "view=mine"})
    assert (made.status_code, made.json()["name"]) == (201, "Mine now")
    again = bob.post("/api/v1/views", json={"name": "Mine now", "query": "view=all"}).json()
    assert (again["view_id"], again["query"]) == (made.json()["view_id"], "view=all")
    assert carol.get("/api/v1/views").json()["views"] == []
    assert carol.delete(f"/api/v1/views/{again['view_id']}").status_code == 204
    assert [one["name"] for one in bob.get("/api/v1/views").json()["views"]] == ["Mine now"]
    assert bob.delete(f"/api/v1/views/{again['view_id']}").status_code == 204
    assert bob.get("/api/v1/views").json()["views"] == []
    assert bob.post("/api/v1/views", json={"name": "x", "query": "a\x00b"}).status_code == 422


def test_notifications_are_read_in_pages_and_marked_as_seen(run_jobs: CollectedJobs) -> None:
    app = create_app()
    bob, carol = staff(Role.AGENT, app=app, name="Bob"), staff(app=app)
    me = bob.get("/auth/me").json()["id"]
    with transaction() as session:
        ticket = intake.receive(session, a_message())
        for number in range(3):
            notifications.notify(
                session, me, NotificationKind.MENTION, f"N{number}", ticket_id=ticket.ticket_id
            )
        notifications.notify(session, me, NotificationKind.CRITICAL, "Without a ticket")
    first = bob.get("/api/v1/notifications?limit=3").json()
    assert [one["text"] for one in first["notifications"]] == ["Without a ticket", "N2", "N1"]
    assert (first["unseen"], first["notifications"][1]["ticket_id"]) == (4, ticket.public_id)
    second = bob.get(f"/api/v1/notifications?limit=3&cursor={first['next_cursor']}").json()
    assert ([one["text"] for one in second["notifications"]], second["next_cursor"]) == (["N0"], None)
    assert carol.get("/api/v1/notifications").json()["notifications"] == []
    assert carol.post("/api/v1/notifications/seen", json={}).json() == {"unseen": 0}
    assert bob.post("/api/v1/notifications/seen", json={"ticket_id": ticket.public_id}).json() == {
        "unseen": 1
    }
    assert bob.post("/api/v1/notifications/seen", json={}).json() == {"unseen": 0}
    assert bob.post("/api/v1/notifications/seen", json={"ticket_id": "TKT-0"}).status_code == 404
