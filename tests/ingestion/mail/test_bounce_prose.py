import time

import pytest

from ingestion.mail import bounce_prose


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("550 5.1.1 no such user", "5.1.1"),
        ("host mx.example.net[192.0.2.1] said: 552 quota exceeded", "5.2.2"),
        ("452 mailbox is full", "4.2.2"),
        ("Host unknown", "5.1.2"),
        ("550 we do not want it", "5.0.0"),
        ("421 later", "4.0.0"),
        ("(#5.4.4)", "5.4.4"),
        ("from 5.1.1.1 at 10:55:00", ""),
        ("", ""),
    ],
)
def test_the_code_is_read_or_made_of_the_words(text: str, status: str) -> None:
    assert bounce_prose.status_in(text) == status


def test_the_recipient_is_the_one_that_the_mail_was_for_before_any_other() -> None:
    text = "We at help@mx.example.net could not deliver to <bob@example.net>, ask carol@example.org"
    assert bounce_prose.failed_recipient(text, likely=["Bob@example.net"], never=[]) == "bob@example.net"
    assert bounce_prose.failed_recipient(text, likely=[], never=[]) == "bob@example.net"
    assert bounce_prose.failed_recipient("nobody", likely=["bob@example.net"], never=[]) == "bob@example.net"
    assert bounce_prose.failed_recipient("<us@example.com>:", likely=[], never=["us@example.com"]) == ""


def test_a_warning_is_told_from_a_failure() -> None:
    assert bounce_prose.still_tries("", "THIS IS A WARNING MESSAGE ONLY")
    assert bounce_prose.still_tries("Delayed Mail (still being retried)", "")
    assert not bounce_prose.still_tries("Returned mail", "This is a permanent error. I gave up.")


def test_hostile_texts_are_read_in_little_time() -> None:
    started = time.perf_counter()
    for text in ("a@b.c <" * 50_000, "delivery to x " * 50_000, "sent to: " * 50_000, "address:" + " " * 400_000,
                 "5.1." * 100_000, "--" * 200_000, "message-id: <" * 30_000):  # fmt: skip
        bounce_prose.signs_of_a_bounce(text)
        bounce_prose.failed_recipient(text, likely=[], never=[])
        bounce_prose.status_in(text)
        bounce_prose.diagnostic_in(text)
        bounce_prose.returned_message_id(text)
        bounce_prose.names_a_bounce(text[:500])
    assert time.perf_counter() - started < 10
