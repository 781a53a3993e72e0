"""Staff write to a customer first."""

from pathlib import Path

import pytest
from sqlalchemy import select

from accounts.permissions import Role
from deskfleet.workers import load_jobs
from ingestion import intake
from runtime.database import transaction
from runtime.settings import settings
from tests.console.desk import Member, member
from tests.jobs import CollectedJobs
from tests.samples import a_message
from tickets import queries
from tickets.contracts import Channel, MailHeaders
from tickets.models import Message, Ticket


@pytest.fixture
def anna(run_jobs: CollectedJobs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Member:
    monkeypatch.setenv("DESKFLEET_DATA", str(tmp_path))
    monkeypatch.setenv("DESKFLEET_CONSOLE_UNDO_SEND_S", "0")
    settings.cache_clear()
    load_jobs()
    return member()


FIELDS = {"to": "Bob@Example.com", "name": "Bob", "subject": "Your order", "text": "Dear Bob,\r\nit is here."}


def test_the_ticket_is_opened_and_its_mail_leaves_without_an_answer_mark(
    anna: Member, run_jobs: CollectedJobs, tmp_path: Path
) -> None:
    response = anna.post("/console/new", **FIELDS, priority="high", category="shipping")
    assert response.status_code == 303
    run_jobs()
    [mail] = [path.read_text() for path in (tmp_path / "mail" / "out").iterdir() if path.is_file()]
    assert 'To: "Bob" <bob@example.com>' in mail
    assert "Subject: Your order\n" in mail
    assert "In-Reply-To" not in mail
    page = anna.client.get(response.headers["location"]).text
    assert "Opened. Your message is on its way." in page
    public_id = response.headers["location"].split("/")[-1].partition("?")[0]
    with transaction() as session:
        ticket = queries.find_ticket(session, public_id)
    assert (ticket.status, ticket.owner, ticket.priority, ticket.category) == (
        "waiting_customer", "staff", "high", "shipping",
    )  # fmt: skip
    assert ticket.assignee == anna.public_id


def test_the_customers_answer_comes_to_the_same_ticket_and_to_staff(
    anna: Member, run_jobs: CollectedJobs
) -> None:
    anna.post("/console/new", **FIELDS)
    with transaction() as session:
        sent = session.scalars(select(Message.mail_id)).one()
    headers = MailHeaders("answer@customers.example.com", in_reply_to=sent)
    with transaction() as session:
        intake.receive(
            session, a_message(channel=Channel.MAIL, identity="bob@example.com", mail=headers, text="Thanks?")
        )
    with transaction() as session:
        ticket = session.scalars(select(Ticket)).one()
    assert (ticket.status, ticket.owner, ticket.last_seq) == ("escalated", "staff", 2)


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("to", "bob", "is not a mail address"),
        ("to", "a@example.com, b@example.com", "is not a mail address"),
        ("to", "bob@example.com\nBcc: x@example.com", "is not a mail address"),
        ("subject", " ", "A subject has 1 to"),
        ("text", " ", "The message is empty."),
        ("text", "Dear {{customer_name}}", "Fill in {{customer_name}} first."),
        ("priority", "7", "Choose a priority."),
        ("category", "nonsense", "There is no category"),
    ],
)
def test_what_is_wrong_is_told_and_nothing_typed_is_lost(
    anna: Member, field: str, value: str, why: str
) -> None:
    response = anna.post("/console/new", **(FIELDS | {field: value}))
    assert response.status_code == 422
    assert why in response.text.replace("&#39;", "'")
    kept = FIELDS["text"] if field == "subject" else FIELDS["subject"]
    assert kept.replace("\r\n", "\n") in response.text
    with transaction() as session:
        assert session.scalars(select(Ticket)).all() == []


def test_who_may_only_read_opens_nothing(anna: Member) -> None:
    dave = member("Dave", role=Role.READONLY)
    assert dave.client.get("/console/new").status_code == 403
    assert dave.post("/console/new", **FIELDS).status_code == 403
