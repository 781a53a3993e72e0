"""The composer says who gets the reply, by the rule by which the mail is composed."""

import pytest

from console import recipients
from ingestion.mail.compose import compose
from runtime.database import transaction
from runtime.settings import settings
from tests.console.desk import Member, escalated, member
from tickets import deliveries, queries
from tickets.contracts import Channel
from tickets.recipients import Recipients


@pytest.fixture
def anna(database: str) -> Member:
    return member()


def of_reply(public_id: str) -> Recipients | None:
    with transaction() as session:
        return recipients.of_reply(queries.read_ticket(session, public_id))


def test_only_a_reply_by_mail_has_recipients(database: str) -> None:
    assert of_reply(escalated(channel=Channel.API)) is None
    assert of_reply(escalated(channel=Channel.WEB_CHAT, identity="visitor", thread="t")) is None


def test_the_customer_gets_it_where_they_want_it(database: str) -> None:
    assert of_reply(escalated(channel=Channel.MAIL)) == Recipients("alice@example.com", False, ())
    elsewhere = escalated(channel=Channel.MAIL, reply_to="office@example.com")
    assert of_reply(elsewhere) == Recipients("office@example.com", True, ())


def test_the_composer_names_exactly_who_the_mail_is_addressed_to(
    anna: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKFLEET_CONSOLE_UNDO_SEND_S", "0")
    settings.cache_clear()
    copied = (
        "Bob@example.com",
        "support@example.com",
        "bob@example.com",
        "ALICE@example.com",
        "carol@example.com",
    )
    public_id = escalated(
        channel=Channel.MAIL,
        copied=copied,
        reply_to="office@example.com",
        desk_address="support@example.com",
    )
    announced = of_reply(public_id)
    assert announced == Recipients("office@example.com", True, ("Bob@example.com", "carol@example.com"))
    anna.post(f"/console/tickets/{public_id}/reply", text="My answer.", seen_seq=1)
    with transaction() as session:
        details = queries.read_ticket(session, public_id)
        assert details.reply is not None
        outgoing = deliveries.read_outgoing(session, details.reply.id)
    mail = compose(outgoing, address="support@example.com", name="Desk")
    assert announced.to in str(mail["To"])
    assert tuple(str(mail["Cc"]).split(", ")) == announced.copied


def test_no_more_are_named_than_get_it(database: str) -> None:
    copied = tuple(f"person{number}@example.com" for number in range(40))
    announced = of_reply(escalated(channel=Channel.MAIL, copied=copied))
    assert announced is not None
    assert announced.copied == copied[:20]
