"""The audit log: appended, never changed."""

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError

from accounts import audit
from accounts.audit import Action
from accounts.models import AuditEntry
from runtime import correlation
from runtime.database import transaction


def an_entry(target: str = "message:1", *, actor: str = "AGENT-1") -> None:
    with transaction() as session:
        audit.record(
            session,
            Action.VIEW_ORIGINAL,
            actor=actor,
            target=target,
            address="192.0.2.1",
            data={"kinds": ["CREDIT_CARD"]},
        )


def test_an_entry_says_who_did_what_to_what_from_where(database: str) -> None:
    with correlation.correlate("request-0001"):
        an_entry()
    with transaction() as session:
        entry = session.scalars(select(AuditEntry)).one()
    assert (entry.actor, entry.action, entry.target) == ("AGENT-1", "original.viewed", "message:1")
    assert (entry.address, entry.correlation_id) == ("192.0.2.1", "request-0001")
    assert entry.data == {"kinds": ["CREDIT_CARD"]}
    assert entry.at.tzinfo is not None


def test_entries_are_listed_newest_first_and_narrowed(database: str) -> None:
    an_entry("message:1")
    an_entry("message:2", actor="AGENT-2")
    with transaction() as session:
        assert [one.target for one in audit.entries(session)] == ["message:2", "message:1"]
        assert [one.actor for one in audit.entries(session, target="message:1")] == ["AGENT-1"]
        assert [one.target for one in audit.entries(session, actor="AGENT-2")] == ["message:2"]
        assert len(audit.entries(session, limit=1)) == 1


@pytest.mark.parametrize(
    "change",
    [update(AuditEntry).values(actor="nobody"), delete(AuditEntry), text("delete from audit_entries")],
)
def test_the_database_refuses_to_change_or_delete_one(database: str, change: object) -> None:
    an_entry()
    with pytest.raises(DBAPIError) as caught, transaction() as session:
        session.execute(change)  # type: ignore[call-overload]  # three kinds of statements
    assert getattr(caught.value.orig, "sqlstate", "") == "42501"
    with transaction() as session:
        assert session.scalars(select(AuditEntry.actor)).one() == "AGENT-1"


def test_an_entry_of_work_that_is_undone_is_undone_with_it(database: str) -> None:
    with pytest.raises(RuntimeError), transaction() as session:
        audit.record(session, Action.VIEW_ORIGINAL, actor="AGENT-1")
        raise RuntimeError
    with transaction() as session:
        assert audit.entries(session) == []
