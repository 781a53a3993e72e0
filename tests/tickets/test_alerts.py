"""One alert of a kind about one thing, from the first who raises it until its cause is gone."""

import threading

import pytest

from runtime.database import transaction
from runtime.errors import NotFound
from tickets import alerts
from tickets.alerts import AlertKind

SILENT = AlertKind.MAILBOX_SILENT


def raised(about: str = "desk", text: str = "The mailbox is not read.") -> bool:
    with transaction() as session:
        return alerts.raise_alert(session, SILENT, about, text)


def still_open() -> list[tuple[str, str]]:
    with transaction() as session:
        return [(one.about, one.text) for one in alerts.list_alerts(session)]


def cleared(*, but: tuple[str, ...] = ()) -> int:
    with transaction() as session:
        return alerts.clear(session, SILENT, but=but)


def test_raised_again_it_is_one_with_the_newest_words(database: str) -> None:
    assert raised(text="first")
    assert not raised(text="second")
    assert still_open() == [("desk", "second")]


def test_raised_by_many_at_once_it_is_new_for_one(database: str) -> None:
    told: list[bool] = []
    threads = [threading.Thread(target=lambda: told.append(raised())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == [False] * 7 + [True]


def test_cleared_it_is_over_and_may_be_raised_anew(database: str) -> None:
    raised("desk")
    raised("billing")
    assert cleared(but=("billing",)) == 1
    assert [about for about, _text in still_open()] == ["billing"]
    assert raised("desk")
    with transaction() as session:
        assert len(alerts.list_alerts(session, is_open=False)) == 3


def test_who_acknowledged_it_first_is_kept_and_it_stays_open(database: str) -> None:
    raised()
    with transaction() as session:
        (one,) = alerts.unseen(session)
        alerts.acknowledge(session, one.public_id, by="AGENT-1")
    with transaction() as session:
        again = alerts.acknowledge(session, one.public_id, by="AGENT-2")
        assert again.acknowledged_by == "AGENT-1"
        assert alerts.unseen(session) == []
    assert len(still_open()) == 1


def test_an_alert_that_is_not_there_is_not_found(database: str) -> None:
    with transaction() as session, pytest.raises(NotFound, match="ALERT-NONE"):
        alerts.acknowledge(session, "ALERT-NONE", by="AGENT-1")
