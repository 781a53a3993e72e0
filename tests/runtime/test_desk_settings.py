"""What admins change holds in every process that follows, version by version."""

import time
from decimal import Decimal

import pytest

from runtime import desk_settings
from runtime.database import dispose, transaction
from runtime.desk_settings import Document
from runtime.errors import Conflict, NotFound
from runtime.settings import settings

ALICE = "AGENT-AL1CE000"


def write(document: Document, value: dict[str, object] | None, *, seen: int = 0) -> int:
    with transaction() as session:
        return desk_settings.write(session, document, value, by=ALICE, seen=seen).id


def test_a_process_that_does_not_follow_knows_nothing_of_the_table(database: str) -> None:
    write(Document.AGENT, {"enabled": False})
    assert desk_settings.current(Document.AGENT) is None
    assert settings().agent.enabled


def test_a_change_holds_at_once_where_it_was_made(database: str) -> None:
    desk_settings.follow()
    assert settings().agent.enabled
    first = write(Document.AGENT, {"enabled": False})
    assert not settings().agent.enabled
    assert settings() is settings(), "it is not put together anew for every question"
    write(Document.BUDGETS, {"budget_day_usd": "2.5"})
    assert settings().llm.budget_day_usd == Decimal("2.5")
    write(Document.AGENT, None, seen=first)
    assert settings().agent.enabled


def test_another_process_has_it_when_what_it_knows_is_old(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk_settings.follow()
    assert desk_settings.current(Document.RULES) is None
    monkeypatch.setattr(desk_settings, "_look_again", lambda: None)  # As if another one had written it.
    write(Document.RULES, {"text": ""})
    assert desk_settings.current(Document.RULES) is None
    clock = time.monotonic() + desk_settings.KNOWN_S + 1
    monkeypatch.setattr(time, "monotonic", lambda: clock)
    assert desk_settings.current(Document.RULES) == '{"text": ""}'


def test_of_two_who_change_the_same_version_the_second_is_told(database: str) -> None:
    first = write(Document.HOURS, {"zone": "Europe/Berlin"})
    with pytest.raises(Conflict, match="Somebody changed this meanwhile"):
        write(Document.HOURS, {"zone": "Europe/Paris"}, seen=0)
    write(Document.RULES, {"text": ""})
    write(Document.HOURS, {"zone": "Europe/Paris"}, seen=first)


def test_an_earlier_version_is_restored_as_a_new_one(database: str) -> None:
    desk_settings.follow()
    first = write(Document.AGENT, {"enabled": False})
    second = write(Document.AGENT, {"enabled": True}, seen=first)
    with transaction() as session:
        third = desk_settings.restore(session, Document.AGENT, first, by=ALICE, seen=second).id
    assert not settings().agent.enabled
    with transaction() as session:
        desk_settings.restore(session, Document.AGENT, 0, by=ALICE, seen=third)
    assert settings().agent.enabled
    with transaction() as session:
        assert [one.value for one in desk_settings.versions(session, Document.AGENT)] == [
            None,
            {"enabled": False},
            {"enabled": True},
            {"enabled": False},
        ]


def test_a_version_of_another_document_is_not_restored(database: str) -> None:
    rules = write(Document.RULES, {"text": ""})
    with transaction() as session, pytest.raises(NotFound):
        desk_settings.restore(session, Document.AGENT, rules, by=ALICE, seen=0)
    with transaction() as session, pytest.raises(NotFound):
        desk_settings.restore(session, Document.AGENT, 4711, by=ALICE, seen=0)


def test_without_a_database_what_was_known_holds_on(database: str, monkeypatch: pytest.MonkeyPatch) -> None:
    desk_settings.follow()
    write(Document.AGENT, {"enabled": False})
    assert not settings().agent.enabled
    dispose()
    monkeypatch.setenv("DESKFLEET_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    settings.cache_clear()
    desk_settings._look_again()
    assert not settings().agent.enabled
    dispose()
