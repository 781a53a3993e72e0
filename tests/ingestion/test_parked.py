import pytest
from sqlalchemy import text

from ingestion import parked
from ingestion.mailboxes import Position
from runtime.database import transaction
from runtime.errors import NotFound

_AT = Position("desk", 7, 3)


def _park(at: Position = _AT, *, reason: str = "first", raw: bytes = b"\x00raw", whole: bool = True) -> None:
    with transaction() as session:
        parked.park(session, at, reason=reason, raw=raw, whole=whole)


def _all() -> list[parked.Parked]:
    with transaction() as session:
        return parked.list_parked(session, with_retried=True)


def test_a_mail_is_parked_once_with_its_source(database: str) -> None:
    for reason in ("first", "second"):
        _park(reason=reason)
    [row] = _all()
    assert (row.at, row.reason, row.head, row.size, row.whole) == (_AT, "first", b"\x00raw", 4, True)


def test_a_mail_that_comes_again_under_other_uids_is_the_same_parked_mail(database: str) -> None:
    _park()
    _park(Position("desk", 7, 4))
    for uid in (1, 2, 2):
        _park(Position("desk", 8, uid))
    assert [row.at.uid_validity for row in _all()] == [8, 8]
    _park(Position("other", 9, 1))
    assert len(_all()) == 3


def test_mails_without_a_source_are_never_taken_for_one_another(database: str) -> None:
    _park(raw=b"", whole=False)
    _park(Position("desk", 8, 1), raw=b"", whole=False)
    assert len(_all()) == 2
    with transaction() as session:
        assert parked.partial_uids(session, "desk", 7) == {3}


def test_what_was_received_waits_no_more(database: str) -> None:
    _park()
    _park(Position("desk", 7, 4), raw=b"other")
    with transaction() as session:
        session.execute(text("update parked_mails set parked_at = now() - interval '1 hour' where uid = 4"))
        waiting = parked.count_waiting(session, "desk")
        assert (waiting.count, round(waiting.oldest_s / 60)) == (2, 60)
        parked.note_received(session, 2, "TKT-20261110-ABCDEFGH")
        assert parked.count_waiting(session, "desk").count == 1
        assert [row.id for row in parked.list_parked(session)] == [1]
        assert parked.count_waiting(session, "other") == parked.Waiting(0, 0.0)
    assert [(row.id, row.ticket) for row in _all()] == [(2, "TKT-20261110-ABCDEFGH"), (1, "")]


def test_what_is_dropped_is_gone_and_what_never_was_is_not_found(database: str) -> None:
    _park()
    with transaction() as session:
        parked.drop(session, 1)
    assert _all() == []
    for ask in (parked.drop, parked.read_parked):
        with pytest.raises(NotFound, match="no parked mail 1"), transaction() as session:
            ask(session, 1)
