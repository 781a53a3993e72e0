import pytest

from ingestion.mail.addresses import addresses, is_mail_system, is_no_reply, own_address, recipients
from ingestion.mail.fields import Fields

_OURS = ("support@example.com", "sales@example.com", "desk+eu@example.com")


def _fields(**values: str) -> Fields:
    return tuple((name.lower().replace("_", "-"), value) for name, value in values.items())


def test_the_desk_is_told_from_those_in_copy() -> None:
    found = recipients(
        _fields(
            To='"Support, Desk" <Support@Example.com>, Bob <bob@example.net>',
            Cc="carol@example.org; Bob <BOB@example.net>, alice@example.org",
        ),
        mailboxes=_OURS,
        sender="Alice@example.org",
    )
    assert found.desk == "support@example.com"
    assert found.token == ""
    assert found.copied == ("bob@example.net", "carol@example.org")


def test_what_stands_after_the_plus_of_our_address_is_a_token() -> None:
    found = recipients(
        _fields(To="Desk <support+TKT-abc.XYZ@example.com>"), mailboxes=_OURS, sender="a@example.org"
    )
    assert (found.desk, found.token) == ("support@example.com", "TKT-abc.XYZ")
    assert found.copied == ()


def test_an_address_of_ours_with_a_plus_of_its_own_is_kept_whole() -> None:
    assert own_address("desk+eu@example.com", _OURS) == ("desk+eu@example.com", "")
    assert own_address("desk+eu+t1@example.com", _OURS) == ("desk+eu@example.com", "t1")
    assert own_address("supporter@example.com", _OURS) is None
    assert own_address("support@example.com.evil.example", _OURS) is None
    assert own_address("", _OURS) is None


def test_a_mail_in_blind_copy_came_to_where_it_was_delivered() -> None:
    fields = _fields(To="undisclosed-recipients:;", Delivered_To="sales+t2@example.com")
    found = recipients(fields, mailboxes=_OURS, sender="a@example.org")
    assert (found.desk, found.token, found.copied) == ("sales@example.com", "t2", ())


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("support@example.com <thief@example.net>", ("thief@example.net",)),
        ('"bob@example.net" <a@example.org>', ("a@example.org",)),
        ("a@example.org (Alice), <b@example.net>", ("a@example.org", "b@example.net")),
        ("Friends: a@example.org, b@example.net;", ("a@example.org", "b@example.net")),
        ("A@example.org, a@EXAMPLE.org", ("A@example.org",)),
        ("nobody, <>, @example.org", ()),
    ],
)
def test_addresses_are_found_in_every_spelling(value: str, found: tuple[str, ...]) -> None:
    assert addresses([value]) == found


@pytest.mark.parametrize(
    "local",
    ["noreply", "no-reply", "No_Reply", "noreply-orders", "orders.noreply", "donotreply", "do-not-reply", "noreply+x",
     "please-do-not-reply", "nepasrepondre", "nicht-antworten", "no-responder", "noresponder", "naoresponda"],
)  # fmt: skip
def test_addresses_that_nobody_reads_are_known(local: str) -> None:
    assert is_no_reply(f"{local}@example.com")


@pytest.mark.parametrize(
    "local", ["norbert", "alice.noreen", "reply", "replies", "noble.response", "snoreply"]
)
def test_people_are_not_taken_for_them(local: str) -> None:
    assert not is_no_reply(f"{local}@example.com")


def test_mail_systems_are_known_by_name() -> None:
    assert all(is_mail_system(f"{local}@x.example") for local in ("MAILER-DAEMON", "postmaster", "bounces"))
    assert is_mail_system("mailer-daemon")
    assert not is_mail_system("master@example.com")
