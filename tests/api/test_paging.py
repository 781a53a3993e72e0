"""Lists come in pages that neither repeat nor skip, whatever comes and goes meanwhile."""

from typing import Any

import pytest

from accounts.permissions import Permission, Role
from api.paging import page_of
from deskfleet.web import create_app
from runtime.database import transaction
from runtime.errors import InvalidInput
from tests.api.whole_desk import key, staff
from tests.jobs import CollectedJobs
from tickets import alerts, outgoing_webhooks, templates
from tickets.alerts import AlertKind
from tickets.outgoing_webhooks import HookKind
from tickets.templates import Steps, TemplateKind, Written


def test_every_one_is_shown_once_though_others_come_and_go() -> None:
    there = [f"n{number:02}" for number in range(10)]
    shown, cursor = page_of(there, lambda one: [one], limit=4, cursor="")
    assert shown == there[:4]
    assert cursor is not None
    changed = ["a", *there[:3], *there[4:6], "n05b", *there[6:]]  # The very last one that was shown is gone.
    second, cursor = page_of(changed, lambda one: [one], limit=4, cursor=cursor)
    assert second == ["n04", "n05", "n05b", "n06"]
    third, cursor = page_of(changed, lambda one: [one], limit=4, cursor=cursor or "")
    assert (third, cursor) == (["n07", "n08", "n09"], None)


@pytest.mark.parametrize("cursor", ["x", "bm9wZQ", "WzFd", "\ud7ff", "e30", "W1tdXQ"])
def test_a_foreign_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidInput):
        page_of(["a", "b"], lambda one: [one], limit=1, cursor=cursor)


def test_every_list_of_the_interface_has_pages(run_jobs: CollectedJobs) -> None:
    app = create_app()
    carol = staff(app=app)
    for name in ("Bob", "Eve"):
        staff(Role.AGENT, app=app, name=name)
    for _ in range(3):
        key([Permission.READ_TICKETS])
    with transaction() as session:
        for number in range(3):
            alerts.raise_alert(session, AlertKind.KEY_BUSY, f"KEY-{number}", "Busy.")
            written = Written(TemplateKind.RESOLUTION, f"T{number}", "Done.", "", [], [], Steps())
            templates.add(session, written, by="AGENT-1")
            outgoing_webhooks.add(
                session, HookKind.MAIL, f"team{number}@example.com", ["rated"], by="AGENT-1"
            )
    for number in range(3):
        assert carol.post("/api/v1/views", json={"name": f"V{number}", "query": "q=x"}).status_code == 201
    for path, name in (
        ("users", "users"), ("sessions?all=true", "sessions"), ("keys", "keys"), ("alerts", "alerts"),
        ("templates", "templates"), ("webhooks", "webhooks"), ("views", "views"),
    ):  # fmt: skip
        joined = f"/api/v1/{path}{'&' if '?' in path else '?'}"
        whole = carol.get(f"{joined}limit=200").json()
        assert (len(whole[name]), whole["next_cursor"]) == (3, None), path
        seen: list[Any] = []
        cursor = ""
        while True:
            page = carol.get(f"{joined}limit=2&cursor={cursor}").json()
            seen += page[name]
            cursor = page["next_cursor"]
            if not cursor:
                break
        assert seen == whole[name], path
        assert carol.get(f"{joined}cursor=nonsense").status_code == 422, path
