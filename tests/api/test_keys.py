"""API keys over REST: from the making to the revocation."""

from typing import Any

from accounts import audit
from accounts.permissions import Permission, Role
from runtime.database import transaction
from tests.api.whole_desk import client, program, staff

WANTED: dict[str, Any] = {
    "name": "web shop",
    "scopes": ["tickets:read"],
    "valid_days": 30,
    "alert_per_hour": 100,
}


def test_a_key_is_made_used_rotated_and_revoked(database: str) -> None:
    carol = staff()
    made = carol.post("/api/v1/keys", json=WANTED)
    assert made.status_code == 201
    first = made.json()
    shop = client(**{"X-API-Key": first["secret"]})
    assert shop.get("/api/v1/tickets").status_code == 200
    assert shop.get("/api/v1/keys").status_code == 403
    second = carol.post(f"/api/v1/keys/{first['key_id']}/rotate", json={"overlap_hours": 1}).json()
    assert second["scopes"] == ["tickets:read"]
    assert shop.get("/api/v1/tickets").status_code == 200
    assert client(**{"X-API-Key": second["secret"]}).get("/api/v1/tickets").status_code == 200
    for key_id in (first["key_id"], second["key_id"]):
        assert carol.delete(f"/api/v1/keys/{key_id}").status_code == 204
    assert shop.get("/api/v1/tickets").status_code == 401
    listed = carol.get("/api/v1/keys").json()["keys"]
    assert [(one["key_id"], one["state"]) for one in listed] == [("KEY-2", "revoked"), ("KEY-1", "revoked")]
    assert all("secret" not in one for one in listed)
    assert listed[1]["last_used_at"] is not None
    assert listed[1]["replaced_by"] == "KEY-2"
    with transaction() as session:
        told = [(one.action, one.target) for one in audit.entries(session) if one.action.startswith("key.")]
    assert told == [
        ("key.revoked", "KEY-2"),
        ("key.revoked", "KEY-1"),
        ("key.rotated", "KEY-1"),
        ("key.created", "KEY-1"),
    ]


def test_a_key_gives_no_more_than_it_has(database: str) -> None:
    robot = program(Permission.MANAGE_KEYS)
    refused = robot.post("/api/v1/keys", json=WANTED)
    assert (refused.status_code, refused.json()["field"]) == (403, "scopes")
    assert robot.post("/api/v1/keys", json=WANTED | {"scopes": ["keys:manage"]}).status_code == 201


def test_what_is_wrong_is_named(database: str) -> None:
    carol = staff()
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"scopes": []}, "scopes"),
        ({"scopes": ["tickets:burn"]}, "scopes.0"),
        ({"name": ""}, "name"),
        ({"valid_days": 0}, "valid_days"),
        ({"colour": "red"}, "colour"),
    ]
    for changes, field in wrong:
        refused = carol.post("/api/v1/keys", json=WANTED | changes)
        assert (refused.status_code, refused.json()["field"]) == (422, field)
    assert carol.delete("/api/v1/keys/KEY-77").status_code == 404
    assert carol.delete("/api/v1/keys/77").status_code == 422


def test_managers_make_no_keys(database: str) -> None:
    assert staff(Role.MANAGER).post("/api/v1/keys", json=WANTED).status_code == 403
