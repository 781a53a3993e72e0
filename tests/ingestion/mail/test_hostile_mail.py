"""Mails that are built to harm: each is read in bounded time and memory, and nothing is unpacked."""

import base64
import io
import time
import tracemalloc
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ingestion.mail.parse import parse, to_incoming
from tests.ingestion.mail.letters import DESK, a_mail, with_parts

_MEGABYTE = 1_048_576


@contextmanager
def _within(*, seconds: float, megabytes: int) -> Iterator[None]:
    tracemalloc.start()
    started = time.perf_counter()
    try:
        yield
        assert time.perf_counter() - started < seconds
        assert tracemalloc.get_traced_memory()[1] < megabytes * _MEGABYTE
    finally:
        tracemalloc.stop()


def test_a_mail_of_fifty_megabytes_keeps_its_text_and_its_file() -> None:
    content = bytes(range(256)) * 4 * 36_000
    file = (
        b"Content-Type: application/pdf; name=x.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes(content)
    )
    raw = with_parts("mixed", "Content-Type: text/plain\n\nSee the file.", "@").replace(
        b"@\r\n--", file + b"\r\n--"
    )
    assert len(raw) > 49_000_000
    with _within(seconds=20, megabytes=300):
        parsed = parse(raw, mailbox=DESK)
    assert parsed.text == "See the file."
    assert parsed.attachments[0].content == content


@pytest.mark.parametrize("kind", ["text/plain", "text/html"])
def test_a_text_of_fifty_megabytes_is_cut_and_says_so(kind: str) -> None:
    raw = a_mail("@", Content_Type=kind).replace(b"@", b"<p>Where is my order?</p>\n" * 2_000_000)
    with _within(seconds=60, megabytes=400):
        parsed = parse(raw, mailbox=DESK)
    assert parsed.text.startswith(("Where", "<p>Where"))
    assert len(parsed.text) <= 500_000
    assert any("cut" in defect or "not read" in defect for defect in parsed.defects)


def test_a_zip_bomb_is_kept_as_it_came_and_never_unpacked() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros", bytes(200 * _MEGABYTE))
    bomb = packed.getvalue()
    part = "Content-Type: application/zip; name=a.zip\nContent-Transfer-Encoding: base64\n\n"
    raw = with_parts("mixed", part + base64.encodebytes(bomb).decode())
    with _within(seconds=5, megabytes=20):
        incoming = to_incoming(parse(raw, mailbox=DESK))
    (file,) = parse(raw, mailbox=DESK).attachments
    assert (file.name, file.content) == ("a.zip", bomb)
    assert len(incoming.attachments) == 1


@pytest.mark.parametrize("part", ["Content-Type: text/plain\n\nword", "Content-Type: text/html\n\n<p>word</p>",
                                  "Content-Type: image/png\n\nx"])  # fmt: skip
@pytest.mark.parametrize("kind", ["mixed", "alternative"])
def test_a_mail_of_five_thousand_parts_is_read_as_far_as_makes_sense(kind: str, part: str) -> None:
    raw = with_parts(kind, *[part] * 5_000)
    with _within(seconds=30, megabytes=60):
        parsed = parse(raw, mailbox=DESK)
    assert "more parts than are read" in parsed.defects
    assert len(parsed.attachments) <= 1_000


def test_a_header_of_a_megabyte_hides_neither_sender_nor_text() -> None:
    for header in (
        "x" * 1_000_000,
        "=?utf-8?q?a" * 90_000,
        '"\\' * 500_000,
        "<" * 1_000_000,
        "a@b.c, " * 140_000,
    ):
        with _within(seconds=10, megabytes=60):
            parsed = parse(a_mail("Where is it?", Cc=header, References=header, X_Other=header), mailbox=DESK)
        assert (parsed.sender, parsed.text) == ("alice@example.org", "Where is it?")


def test_parts_nested_thousands_deep_are_read_as_far_as_makes_sense() -> None:
    part = "Content-Type: multipart/mixed; boundary=b{0}\n\n--b{0}\n"
    raw = b"From: a@example.org\n" + "".join(part.format(number) for number in range(3_000)).encode()
    with _within(seconds=5, megabytes=40):
        assert parse(raw, mailbox=DESK).defects == ("more parts than are read",)


def test_mails_within_mails_are_not_copied_again_and_again() -> None:
    nested = b"Content-Type: message/rfc822\n\n" * 25 + b"Subject: x\n\n" + b"some words\n" * 1_000_000
    with _within(seconds=20, megabytes=120):
        parsed = parse(b"From: a@example.org\n" + nested, mailbox=DESK)
    assert len(parsed.attachments) == 1
    assert "some words" in parsed.text


def test_lines_that_look_like_boundaries_cost_little() -> None:
    body = b"--b" * 3_000_000 + b"\n--bx" * 2_000_000
    raw = a_mail("@", Content_Type="multipart/mixed; boundary=b").replace(b"@", body)
    with _within(seconds=20, megabytes=200):
        parse(raw, mailbox=DESK)
