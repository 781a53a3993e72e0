"""API keys: made within one's own rights, rotated with an overlap, revoked, counted."""

import pytest
from sqlalchemy import text

from accounts import access, api_keys, audit, credentials
from accounts.api_keys import MadeKey, NewKey
from accounts.permissions import Permission
from runtime.database import transaction
from runtime.errors import Conflict, Forbidden, NotAuthenticated, NotFound


def made(*, alert: int | None = None, days: int | None = 30) -> MadeKey:
    with transaction() as session:
        return api_keys.create(session, NewKey("shop", ["tickets:read"], days, alert), by="AGENT-1")


def opens(secret: str) -> bool:
    try:
        with transaction() as session:
            credentials.by_bearer(session, secret)
    except NotAuthenticated:
        return False
    return True


def states() -> dict[str, str]:
    with transaction() as session:
        return {api_keys.public_id(one.key): one.state for one in api_keys.list_keys(session)}


def test_a_rotated_key_opens_beside_its_successor_until_the_overlap_is_over(database: str) -> None:
    old = made()
    with transaction() as session:
        new = api_keys.rotate(session, "KEY-1", by="AGENT-1", overlap_h=2)
    assert (opens(old.secret), opens(new.secret)) == (True, True)
    assert (new.key.name, new.key.scopes) == ("shop", ["tickets:read"])
    assert states() == {"KEY-1": "replaced", "KEY-2": "valid"}
    with transaction() as session:
        hours = session.scalar(
            text("select round(extract(epoch from expires_at - now()) / 3600) from api_keys where id = 1")
        )
        days = session.scalar(
            text("select round(extract(epoch from expires_at - now()) / 86400) from api_keys where id = 2")
        )
        session.execute(text("update api_keys set expires_at = now() - interval '1 s' where id = 1"))
    assert (hours, days) == (2, 30)
    assert (opens(old.secret), opens(new.secret)) == (False, True)


def test_a_key_is_rotated_once_and_not_after_its_end(database: str) -> None:
    made()
    with transaction() as session:
        api_keys.rotate(session, "KEY-1", by="AGENT-1")
        api_keys.revoke(session, "KEY-2", by="AGENT-1")
    for name in ("KEY-1", "KEY-2"):
        with pytest.raises(Conflict), transaction() as session:
            api_keys.rotate(session, name, by="AGENT-1")


def test_a_revoked_key_opens_nothing_and_is_told_in_the_log_once(database: str) -> None:
    key = made()
    for _ in range(2):
        with transaction() as session:
            api_keys.revoke(session, "key-1", by="AGENT-1")
    assert not opens(key.secret)
    assert states() == {"KEY-1": "revoked"}
    with transaction() as session:
        assert [one.action for one in audit.entries(session, target="KEY-1")] == [
            "key.revoked",
            "key.created",
        ]


def test_nobody_gives_more_than_they_may_do(database: str) -> None:
    made()
    wanted = NewKey("shop", ["tickets:read", "users:manage"])
    with pytest.raises(Forbidden, match="users:manage"), transaction() as session:
        api_keys.create(session, wanted, by="KEY-9", may={Permission.READ_TICKETS, Permission.MANAGE_KEYS})
    with pytest.raises(Forbidden, match="tickets:read"), transaction() as session:
        api_keys.rotate(session, "KEY-1", by="KEY-9", may={Permission.MANAGE_KEYS})
    assert states() == {"KEY-1": "valid"}


@pytest.mark.parametrize("wanted", ["KEY-2", "", "KEY-", "KEY-x", "KEY-²", "KEY-99999999999999999999"])
def test_a_key_that_is_not_there_is_not_found(database: str, wanted: str) -> None:
    made()
    with pytest.raises(NotFound), transaction() as session:
        api_keys.find(session, wanted)


def test_uses_are_counted_and_the_last_one_is_known(database: str) -> None:
    secret = made().secret
    assert api_keys_listed() == (None, 0)
    for _ in range(3):
        access.authenticate(secret)
    access.forget()
    access.authenticate(secret)  # Looked up anew, so what was counted is written.
    last, used = api_keys_listed()
    assert last is not None
    assert used == 4


def api_keys_listed() -> tuple[object, int]:
    with transaction() as session:
        [one] = api_keys.list_keys(session)
    return one.key.last_used_at, one.used_today


def test_a_key_over_its_threshold_is_found(database: str) -> None:
    busy, calm = made(alert=2).secret, made(alert=100).secret
    made()
    for secret in (busy, calm):
        for _ in range(3):
            access.authenticate(secret)
    access.forget()
    access.authenticate(calm)
    with transaction() as session:
        assert [(api_keys.public_id(key), used) for key, used in api_keys.over_threshold(session)] == [
            ("KEY-1", 3)
        ]
