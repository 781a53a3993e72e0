import pytest

from ingestion.mail.kinds import MailKind
from ingestion.mail.parse import parse, to_incoming
from tests.ingestion.mail.letters import DESK, a_mail


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({}, MailKind.MESSAGE),
        ({"Auto_Submitted": "no"}, MailKind.MESSAGE),
        ({"Return_Path": "<alice@example.org>"}, MailKind.MESSAGE),
        ({"X_Auto_Response_Suppress": "All"}, MailKind.MESSAGE),
        ({"From": "Bob <postmaster@example.org>"}, MailKind.MESSAGE),
        ({"Auto_Submitted": "auto-replied (vacation)"}, MailKind.AUTO_REPLY),
        ({"Auto_Submitted": "auto-generated"}, MailKind.AUTO_REPLY),
        ({"Auto_Submitted": "auto-replied", "Return_Path": "<>"}, MailKind.AUTO_REPLY),
        ({"Precedence": "auto_reply"}, MailKind.AUTO_REPLY),
        ({"X_Autoreply": "yes"}, MailKind.AUTO_REPLY),
        ({"X_Autorespond": "away"}, MailKind.AUTO_REPLY),
        ({"X_Apple_Action": "VACATION"}, MailKind.AUTO_REPLY),
        ({"Content_Type": "multipart/report; report-type=disposition-notification"}, MailKind.AUTO_REPLY),
        ({"Content_Type": 'multipart/report; report-type="delivery-status"; boundary=b'}, MailKind.BOUNCE),
        ({"Content_Type": "multipart/report; report-type=feedback-report"}, MailKind.COMPLAINT),
        ({"Return_Path": "<>"}, MailKind.BOUNCE),
        ({"From": "Mail Delivery <MAILER-DAEMON@mx.example.net>"}, MailKind.BOUNCE),
        ({"X_Failed_Recipients": "bob@example.net"}, MailKind.BOUNCE),
        ({"List_Id": "<news.example.net>"}, MailKind.MAILING_LIST),
        ({"List_Unsubscribe": "<https://example.net/u>"}, MailKind.MAILING_LIST),
        ({"Precedence": "bulk"}, MailKind.MAILING_LIST),
        ({"From": f"Desk <{DESK.upper()}>"}, MailKind.OWN_MAIL),
        ({"From": "Desk <support+t1@example.com>"}, MailKind.OWN_MAIL),
        ({"From": "Desk <sales@example.com>"}, MailKind.OWN_MAIL),
    ],
)
def test_what_must_not_be_answered_is_known_by_its_headers(headers: dict[str, str], kind: MailKind) -> None:
    parsed = parse(a_mail(**headers), mailboxes=(DESK, "sales@example.com"))
    assert parsed.kind is kind
    assert parsed.answerable == (kind is MailKind.MESSAGE)
    assert to_incoming(parsed).automatic == ("" if kind is MailKind.MESSAGE else kind)


def test_the_names_are_those_that_the_desk_stores() -> None:
    assert [str(kind) for kind in MailKind] == [
        "message", "auto_reply", "bounce", "complaint", "mailing_list", "own_mail",
    ]  # fmt: skip


@pytest.mark.parametrize("sender", ["noreply@shop.example", "Shop <do-not-reply@shop.example>"])
def test_an_address_that_nobody_reads_is_not_answered(sender: str) -> None:
    parsed = parse(a_mail(From=sender), mailbox=DESK)
    assert parsed.kind is MailKind.MESSAGE
    assert not parsed.answerable
    assert to_incoming(parsed).automatic == "no_reply"


def test_the_group_that_passes_customers_on_to_the_desk_is_no_mailing_list() -> None:
    for header in ({"List_Id": "<support.example.com>"}, {"List_Post": f"<mailto:{DESK}>"}):
        raw = a_mail(Precedence="list", List_Unsubscribe="<https://example.com/u>", **header)
        assert parse(raw, mailbox=DESK).answerable


def test_a_bounce_from_nobody_is_kept_and_a_mail_from_nobody_is_not_taken_in() -> None:
    bounce = parse(
        a_mail("Could not be delivered to <bob@example.net>", From="MAILER-DAEMON <>"), mailbox=DESK
    )
    assert bounce.kind is MailKind.BOUNCE
    assert "no sender" in bounce.defects
    assert to_incoming(bounce).automatic == "bounce"
