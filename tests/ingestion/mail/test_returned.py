from ingestion.mail.mime import read_mail
from ingestion.mail.returned import outer_parts, returned_fields
from tests.ingestion.mail.letters import with_parts

_MAIL = "Content-Type: message/rfc822\n\nMessage-ID: <a@example.com>\nSubject: one\n\nHi"


def _id(*parts: str) -> str:
    return dict(returned_fields(read_mail(with_parts("report", *parts))[0])).get("message-id", "")


def test_the_mail_that_came_back_is_found_as_a_mail_as_headers_or_bare() -> None:
    assert _id("Content-Type: text/plain\n\nx", _MAIL) == "<a@example.com>"
    assert _id("Content-Type: text/rfc822-headers\n\nMessage-ID: <b@example.com>\n") == "<b@example.com>"
    assert _id("Content-Type: message/partial\n\n\nMessage-ID: <c@example.com>\n") == "<c@example.com>"
    assert _id("Received: by mx\nMessage-ID: <d@example.com>\nSubject: x\n\nHi") == "<d@example.com>"
    assert _id("Content-Type: text/plain\n\nx") == ""


def test_parts_of_a_mail_within_are_not_its_own() -> None:
    mail, _ = read_mail(with_parts("mixed", _MAIL))
    assert [part.kind for part in outer_parts(mail)] == ["multipart/mixed", "message/rfc822"]
