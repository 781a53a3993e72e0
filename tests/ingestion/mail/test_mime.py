import base64

import pytest

from ingestion.mail.mime import Part, read_mail
from tests.ingestion.mail.letters import a_mail, with_parts

_PLAIN = "Content-Type: text/plain\n\nplain words"
_HTML = "Content-Type: text/html\n\n<p>html words</p>"


def _kinds(part: Part) -> list[str]:
    return [one.kind for one in part.walk()]


def _words(raw: bytes) -> list[str]:
    return [part.content.decode() for part in read_mail(raw)[0].walk() if part.kind.startswith("text/")]


@pytest.mark.parametrize("newline", [b"\n", b"\r\n", b"\r", b"\r\r\n"])
def test_every_way_to_end_a_line_is_read(newline: bytes) -> None:
    raw = with_parts("mixed", _PLAIN, _HTML).replace(b"\r\n", b"\n").replace(b"\n", newline)
    mail, defects = read_mail(raw)
    assert _kinds(mail) == ["multipart/mixed", "text/plain", "text/html"]
    assert mail.parts[0].content == b"plain words"
    assert defects == []


def test_lines_before_the_header_are_left_out() -> None:
    mail, _ = read_mail(b"\xef\xbb\xbf  \r\n\r\n" + a_mail("words"))
    assert mail.first("from") == "Alice Miller <alice@example.org>"


@pytest.mark.parametrize(
    ("stated", "kind"),
    [
        ("text", "text/plain"),
        ("", "text/plain"),
        ("text/plain charset=utf-8", "text/plain"),
        ("application/plain", "text/plain"),
        ("html", "text/html"),
        ("text/htm", "text/html"),
        ("multipart; boundary=x", "multipart/mixed"),
        ("/; x", "text/plain"),
        ("IMAGE/PNG", "image/png"),
    ],
)
def test_broken_types_are_read_as_they_are_meant(stated: str, kind: str) -> None:
    assert read_mail(a_mail(Content_Type=stated or ";"))[0].kind == kind


def test_a_missing_end_and_trailing_spaces_are_no_matter() -> None:
    raw = a_mail("--b  \n" + _PLAIN + "\n--b\t\n" + _HTML, Content_Type="multipart/mixed; boundary=b")
    assert [words.strip() for words in _words(raw)] == ["plain words", "<p>html words</p>"]


def test_a_boundary_that_begins_like_another_is_not_that_one() -> None:
    inner = (
        'Content-Type: multipart/alternative; boundary="cut-here-2"\n\n--cut-here-2\n'
        + _PLAIN
        + "\n--cut-here-2--"
    )
    assert _kinds(read_mail(with_parts("mixed", inner, _HTML))[0]) == [
        "multipart/mixed", "multipart/alternative", "text/plain", "text/html",
    ]  # fmt: skip


def test_a_part_with_the_boundary_of_its_parent_owns_what_follows() -> None:
    body = f"--b\nContent-Type: multipart/alternative; boundary=b\n\n--b\n{_PLAIN}\n--b\n{_HTML}\n--b--\n" \
        "--b\nContent-Type: image/gif\n\nGIF\n--b--"  # fmt: skip
    mail, _ = read_mail(a_mail(body, Content_Type="multipart/mixed; boundary=b"))
    assert [part.kind for part in mail.parts] == ["multipart/alternative", "image/gif"]
    assert [part.kind for part in mail.parts[0].parts] == ["text/plain", "text/html"]


@pytest.mark.parametrize("stated", ["multipart/mixed; boundary=other", "multipart/mixed", ""])
def test_a_boundary_that_is_wrong_or_not_stated_is_found_in_the_text(stated: str) -> None:
    raw = a_mail(f"--real\n{_PLAIN}\n--real\n{_HTML}\n--real--", Content_Type=stated)
    assert _kinds(read_mail(raw)[0]) == ["multipart/mixed", "text/plain", "text/html"]


def test_the_boundary_of_a_mail_that_is_only_quoted_is_not_taken() -> None:
    quoted = f"Look:\n\nContent-Type: multipart/mixed; boundary=real\n\n--real\n{_PLAIN}\n--real--"
    mail, _ = read_mail(a_mail(quoted, Content_Type=""))
    assert mail.parts == []
    assert mail.content.startswith(b"Look:")


def test_a_multipart_without_any_boundary_is_one_text() -> None:
    mail, defects = read_mail(a_mail("just words", Content_Type="multipart/mixed; boundary=nowhere"))
    assert mail.content.strip() == b"just words"
    assert defects == ["a multipart without its boundary"]


@pytest.mark.parametrize("encoding", ["7bit", "base64"])
def test_a_mail_within_a_mail_is_a_part_and_a_file(encoding: str) -> None:
    inner = b"From: Bob <bob@example.net>\nSubject: Shoes\n\nMy shoes broke."
    content = base64.encodebytes(inner) if encoding == "base64" else inner
    part = f"Content-Type: message/rfc822\nContent-Transfer-Encoding: {encoding}\n\n{content.decode()}"
    mail, _ = read_mail(with_parts("mixed", part))
    assert mail.parts[0].content.strip().replace(b"\r\n", b"\n") == inner
    assert mail.parts[0].parts[0].first("subject") == "Shoes"


def test_the_parts_of_a_digest_are_mails() -> None:
    mail, _ = read_mail(with_parts("digest", "\nFrom: a@example.org\nSubject: one\n\nfirst", _PLAIN))
    assert [part.kind for part in mail.parts] == ["message/rfc822", "text/plain"]
    assert mail.parts[0].parts[0].first("subject") == "one"


def test_parts_beyond_any_sense_are_not_read() -> None:
    mail, defects = read_mail(a_mail("--b\n\nx\n" * 5_000, Content_Type="multipart/mixed; boundary=b"))
    assert len(mail.parts) == 1_000
    assert defects == ["more parts than are read"]


def test_depth_beyond_any_sense_is_not_read() -> None:
    part = "Content-Type: multipart/mixed; boundary=b{0}\n\n--b{0}\n"
    for deep in (
        "".join(part.format(number) for number in range(3_000)),
        "Content-Type: message/rfc822\n\n" * 3_000,
    ):
        mail, defects = read_mail(b"From: a@example.org\n" + deep.encode())
        assert len(_kinds(mail)) < 40
        assert defects == ["more parts than are read"]
