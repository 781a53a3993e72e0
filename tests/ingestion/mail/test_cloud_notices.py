import json

from ingestion.mail.cloud_notices import find_notice


def _notice(kind: str, **about: object) -> str:
    told = {
        "notificationType": kind,
        kind.lower(): about,
        "mail": {"commonHeaders": {"messageId": "<m1@example.com>"}},
    }
    return json.dumps({"Type": "Notification", "Message": json.dumps(told)})


def test_a_bounce_is_read() -> None:
    recipient = {
        "emailAddress": "bob@example.net",
        "action": "failed",
        "status": "5.1.1",
        "diagnosticCode": "550 no",
    }
    found = find_notice(_notice("Bounce", bouncedRecipients=[recipient]) + "\n--\nTo stop this …")
    assert found is not None
    assert (found.kind, found.recipient, found.status, found.action) == (
        "bounce",
        "bob@example.net",
        "5.1.1",
        "failed",
    )
    assert (found.message_id, found.diagnostic) == ("m1@example.com", "550 no")


def test_a_complaint_and_a_delivery_are_told_apart() -> None:
    complaint = find_notice(_notice("Complaint", complainedRecipients=[{"emailAddress": "bob@example.net"}]))
    assert complaint is not None
    assert (complaint.kind, complaint.recipient) == ("complaint", "bob@example.net")
    delivery = find_notice(_notice("Delivery", recipients=["bob@example.net"], smtpResponse="250 ok"))
    assert delivery is not None
    assert (delivery.kind, delivery.action, delivery.recipient) == ("bounce", "delivered", "bob@example.net")


def test_a_line_that_a_server_has_wrapped_is_read() -> None:
    wrapped = _notice("Bounce", bouncedRecipients=[{"emailAddress": "bob@example.net"}]).replace(
        "Type", "Ty\n pe", 1
    )
    assert find_notice(wrapped) is not None


def test_letters_that_cannot_be_stored_are_left_out() -> None:
    found = find_notice(_notice("Bounce", bouncedRecipients=[{"emailAddress": "b\x00\ud800@x", "status": 5}]))
    assert found is not None
    assert (found.recipient, found.status) == ("b?@x", "")


def test_the_json_of_a_person_is_no_notice() -> None:
    for text in (
        '{"error": 500}',
        "{",
        "[1]",
        '{"a":' * 50_000,
        '{"notificationType": "Bounce"}',
        "Hello {name}",
    ):
        assert find_notice(text) is None
