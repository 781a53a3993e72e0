import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import OperationalError, ProgrammingError

from ingestion import mailboxes
from ingestion.mail.receiving import Fate, park_mail, receive_mail
from ingestion.mailboxes import Position
from runtime import correlation, database
from runtime.database import transaction
from runtime.settings import settings
from tests.ingestion.mail.desk import Configure, counts, parked_reasons, refusing, without_table
from tests.ingestion.mail.letters import DESK, a_mail
from tests.jobs import CollectedJobs
from tickets.models import Message, ReceivedMessage, Ticket

_AT = Position("desk", 7, 1)


def _last_uid() -> int | None:
    with transaction() as session:
        cursor = mailboxes.read_cursor(session, "desk")
    return cursor.last_uid if cursor else None


def test_a_mail_opens_a_ticket_and_moves_the_cursor(run_jobs: CollectedJobs) -> None:
    raw = a_mail("Where is it?\n-- \nAlice", Message_ID="<m@example.org>")
    assert receive_mail(raw, _AT) is Fate.RECEIVED
    with transaction() as session:
        ticket, message = session.execute(select(Ticket, Message).join(Message)).one()
    assert (ticket.channel, ticket.subject) == ("mail", "Delivery")
    assert (message.text, message.quoted_text, message.mail_id) == (
        "Where is it?",
        "--\nAlice",
        "m@example.org",
    )
    assert len(message.correlation_id) == 32
    assert _last_uid() == 1
    assert run_jobs.names() == ["agent_core.tasks.answer_next"]


def test_each_mail_has_a_correlation_id_of_its_own(run_jobs: CollectedJobs) -> None:
    receive_mail(a_mail(), _AT)
    receive_mail(a_mail(), Position("desk", 7, 2))
    with transaction() as session:
        assert session.scalar(select(func.count(func.distinct(Message.correlation_id)))) == 2
    assert correlation.current() == ""


def test_the_same_mail_again_is_one_message(run_jobs: CollectedJobs) -> None:
    raw = a_mail()
    assert receive_mail(raw, _AT) is Fate.RECEIVED
    assert receive_mail(raw, Position("desk", 7, 2)) is Fate.DUPLICATE
    assert counts() == (1, 1, 0)
    assert _last_uid() == 2


def test_a_mail_without_an_id_is_known_again(run_jobs: CollectedJobs) -> None:
    raw = a_mail(Message_ID="")
    receive_mail(raw, _AT)
    assert receive_mail(raw, Position("desk", 8, 1)) is Fate.DUPLICATE


def test_another_mail_under_a_known_id_is_not_lost(run_jobs: CollectedJobs) -> None:
    receive_mail(a_mail("first", Message_ID="<same@example.org>"), _AT)
    other = a_mail("second", Message_ID="<same@example.org>", Date="Wed, 11 Nov 2026 10:00:00 +0100")
    assert receive_mail(other, Position("desk", 7, 2)) is Fate.PARKED
    assert parked_reasons() == ["Another mail of another sender or date had the same Message-ID."]
    assert _last_uid() == 2


@pytest.mark.parametrize(
    ("headers", "reason"),
    [
        ({"Auto_Submitted": "auto-replied"}, "not answered: auto_reply"),
        ({"Return_Path": "<>"}, "not answered: bounce"),
        ({"List_Id": "<news.example.org>"}, "not answered: mailing_list"),
        ({"From": DESK}, "not answered: own_mail"),
        ({"From": ""}, "The mail has no From address."),
    ],
)
def test_what_is_not_answered_is_parked_with_its_source(
    run_jobs: CollectedJobs, headers: dict[str, str], reason: str
) -> None:
    assert receive_mail(a_mail(**headers), _AT) is Fate.PARKED
    assert parked_reasons() == [reason]
    assert counts() == (0, 0, 1)
    assert run_jobs.names() == []
    assert _last_uid() == 1


def test_a_mail_that_the_database_refuses_is_parked_and_its_text_not_logged(
    run_jobs: CollectedJobs, caplog: pytest.LogCaptureFixture
) -> None:
    with refusing("my secret"):
        assert receive_mail(a_mail("my secret"), _AT) is Fate.PARKED
    assert parked_reasons() == ["IntegrityError while it was handled"]
    assert counts() == (0, 0, 1)
    assert _last_uid() == 1
    assert "my secret" not in caplog.text


def test_while_the_database_is_away_nothing_is_parked_and_the_cursor_stays(
    run_jobs: CollectedJobs, configure: Configure
) -> None:
    database.dispose()
    here = settings().runtime.database_url
    configure(DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing")
    with pytest.raises(OperationalError):
        receive_mail(a_mail(), _AT)
    database.dispose()
    configure(DATABASE_URL=here)
    assert counts() == (0, 0, 0)
    assert _last_uid() is None


def test_a_statement_that_loses_its_connection_parks_nothing(run_jobs: CollectedJobs) -> None:
    with transaction() as session:
        session.execute(
            text(
                "create function hang_up() returns trigger language plpgsql as "
                "$$ begin perform pg_terminate_backend(pg_backend_pid()); return new; end $$"
            )
        )
        session.execute(
            text("create trigger gone before insert on messages for each row execute function hang_up()")
        )
    try:
        with pytest.raises(OperationalError):
            receive_mail(a_mail(), _AT)
    finally:
        with transaction() as session:
            session.execute(text("drop function hang_up cascade"))
    assert counts() == (0, 0, 0)
    assert receive_mail(a_mail(), _AT) is Fate.RECEIVED


def test_the_ticket_and_the_cursor_are_stored_together_or_not_at_all(run_jobs: CollectedJobs) -> None:
    with without_table("mailbox_cursors"), pytest.raises(ProgrammingError, match="mailbox_cursors"):
        receive_mail(a_mail(), _AT)
    assert counts() == (0, 0, 0)
    with transaction() as session:
        assert session.scalars(select(ReceivedMessage)).all() == []


def test_parking_needs_no_cursor(run_jobs: CollectedJobs) -> None:
    assert park_mail(b"raw", _AT, "too large", with_cursor=False) is Fate.PARKED
    assert parked_reasons() == ["too large"]
    assert _last_uid() is None
