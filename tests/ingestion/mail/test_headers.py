from datetime import UTC, datetime

import pytest

from ingestion.mail import headers
from ingestion.mail.fields import Fields, read_fields


def _fields(raw: bytes) -> Fields:
    return read_fields(raw, 0, len(raw))[0]


def test_a_header_in_plain_eight_bit_bytes_is_read() -> None:
    assert headers.text_value(_fields(b"Subject: Gr\xc3\xbc\xc3\x9fe\n\n"), "Subject") == "Grüße"
    assert headers.text_value(_fields(b"Subject: Gr\xfc\xdfe\n\n"), "Subject") == "Grüße"


def test_a_folded_header_becomes_one_line() -> None:
    assert (
        headers.text_value(_fields(b"Subject: one\r\n two\r\n\tthree\r\n\r\n"), "Subject") == "one two three"
    )


@pytest.mark.parametrize(
    ("value", "address", "name"),
    [
        ("alice@example.org", "alice@example.org", ""),
        ("Alice <alice@example.org>", "alice@example.org", "Alice"),
        ('"Miller, Alice" <alice@example.org>', "alice@example.org", "Miller, Alice"),
        ("Miller, Alice <alice@example.org>", "alice@example.org", "Miller, Alice"),
        ("=?utf-8?q?M=C3=BCller?= <m@example.org>", "m@example.org", "Müller"),
        ("alice@example.org (Alice)", "alice@example.org", "Alice"),
        ("alice@example.org bob@example.net", "alice@example.org", ""),
        ("Alice <alice@example(comment). org>", "alice@example.org", "Alice"),
        ("ceo@bank.example <thief@example.net>", "thief@example.net", "ceo@bank.example"),
        (
            "=?utf-8?q?=3Cceo=40bank.example=3E?= <thief@example.net>",
            "thief@example.net",
            "<ceo@bank.example>",
        ),
    ],
)
def test_the_sender_is_found_in_every_spelling(value: str, address: str, name: str) -> None:
    assert headers.sender(_fields(f"From: {value}\n\n".encode())) == (address, name)


@pytest.mark.parametrize("value", ["", "Alice", "undisclosed-recipients:;", "<>", "@example.org", "alice@"])
def test_no_address_is_no_sender(value: str) -> None:
    assert headers.sender(_fields(f"From: {value}\nSubject: x\n\n".encode())) is None


def test_references_are_unbracketed_unique_and_bounded() -> None:
    ids = [f"<{number}@example.org>" for number in range(100)]
    found = headers.message_ids(_fields(f"References: {' '.join([*ids, ids[5]])}\n\n".encode()), "References")
    assert found[0] == "0@example.org"
    assert found[-1] == "99@example.org"
    assert len(found) == 31


def test_ids_that_could_not_stand_in_a_header_again_are_left_out() -> None:
    raw = b"References: <" + b"x" * 300 + b"@a> <\xc3\xa9@a> <ok@a>\n\n"
    assert headers.message_ids(_fields(raw), "References") == ("ok@a",)


def test_an_id_with_spaces_and_comments_is_read_and_half_an_id_is_not() -> None:
    assert headers.message_ids(_fields(b"Message-ID: <1 @ a(b) .example>\n\n"), "Message-ID") == (
        "1@a.example",
    )
    assert headers.message_ids(_fields(b"Message-ID: <1@a\n\n"), "Message-ID") == ()


def test_the_date_is_utc_or_unknown() -> None:
    dated = _fields(b"Date: Tue, 10 Nov 2026 10:00:00 +0100\n\n")
    assert headers.date(dated) == datetime(2026, 11, 10, 9, tzinfo=UTC)
    for broken in (b"yesterday", b"Mon, 99 Foo 9999 99:99:99 +9999", b""):
        assert headers.date(_fields(b"Date: " + broken + b"\n\n")) is None
