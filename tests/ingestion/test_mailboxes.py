from datetime import UTC, datetime

from ingestion import mailboxes
from ingestion.mailboxes import Cursor, Position, State
from runtime.database import transaction


def _cursor(mailbox: str = "desk") -> Cursor | None:
    with transaction() as session:
        return mailboxes.read_cursor(session, mailbox)


def _last(mailbox: str = "desk") -> tuple[int, int] | None:
    cursor = _cursor(mailbox)
    return (cursor.uid_validity, cursor.last_uid) if cursor else None


def _advance(uid_validity: int, uid: int) -> None:
    with transaction() as session:
        mailboxes.advance(session, Position("desk", uid_validity, uid))


def _state() -> State:
    with transaction() as session:
        return mailboxes.read_states(session, ["desk"])["desk"]


def test_a_new_mailbox_has_no_cursor_and_an_empty_one_has(database: str) -> None:
    assert _last() is None
    _advance(7, 0)
    assert _last() == (7, 0)


def test_the_cursor_goes_forward_and_never_back(database: str) -> None:
    _advance(7, 3)
    _advance(7, 2)
    assert _last() == (7, 3)
    assert _last("other") is None


def test_under_a_new_uidvalidity_uids_begin_anew(database: str) -> None:
    _advance(7, 30)
    _advance(8, 1)
    assert _last() == (8, 1)


def test_the_first_contact_is_kept_when_uids_begin_anew(database: str) -> None:
    met = datetime(2026, 11, 1, 12, tzinfo=UTC)
    for uid_validity, below in ((7, 30), (8, 5)):
        with transaction() as session:
            mailboxes.begin(
                session, Position("desk", uid_validity, 0), history_below=below, first_contact_at=met
            )
    _advance(8, 4)
    with transaction() as session:
        mailboxes.settle(session, Position("desk", 8, 3))
        mailboxes.settle(session, Position("desk", 7, 30))
    assert _cursor() == Cursor("desk", 8, last_uid=4, settled_uid=3, history_below=5, first_contact_at=met)


def test_failures_are_counted_from_the_first_and_ended_by_a_success(database: str) -> None:
    for error in ("first", "second"):
        with transaction() as session:
            mailboxes.note_failure(session, "desk", error)
    failing = _state()
    assert (failing.failures, failing.error, failing.fetched_at) == (2, "second", None)
    assert failing.failing_since is not None
    with transaction() as session:
        mailboxes.note_fetched(session, "desk", complaint="mails cannot be put away")
    well = _state()
    assert (well.failures, well.failing_since, well.error) == (0, None, "mails cannot be put away")
    assert well.fetched_at is not None
