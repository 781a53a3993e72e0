import base64
import binascii
import time

import pytest

from ingestion.mail.transfer import take_files, undo

_TEXT = b"How long does delivery take?\n" * 5
_ENCODED = base64.encodebytes(_TEXT)


@pytest.mark.parametrize(
    "data",
    [
        _ENCODED,
        _ENCODED.replace(b"\n", b"\r\n"),
        _ENCODED.rstrip(b"=\n"),
        b"\n\n" + _ENCODED + b"\n\n",
        _ENCODED.replace(b"\n", b" \n"),
        _ENCODED + b"\n-- \nThis mail was looked at by a scanner. It is clean.\n",
        base64.b64encode(_TEXT[:29])
        + b"\n"
        + base64.b64encode(_TEXT[29:]),  # Two runs, the first one padded.
    ],
)
def test_broken_base64_is_read(data: bytes) -> None:
    assert undo(data, "base64") == _TEXT


def test_text_that_is_only_called_base64_stays_as_it_is() -> None:
    assert undo(b"Where is my order?\nBob", " BASE64 ") == b"Where is my order?\nBob"


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (b"Gr=C3=BC=C3=9Fe", "Grüße".encode()),
        (b"Gr=c3=bc=\r\nx", "Grüx".encode()),
        (b"one =  \r\ntwo", b"one two"),
        (b"100% =sure =ZZ =", b"100% =sure =ZZ "),
    ],
)
def test_broken_quoted_printable_is_read(data: bytes, text: bytes) -> None:
    for encoding in ("quoted-printable", "Quoted Printable", "quoted_printable"):
        assert undo(data, encoding) == text


@pytest.mark.parametrize("encoding", ["", "7bit", "8bits", "binary", "plain", "no-such-thing"])
def test_other_encodings_change_nothing(encoding: str) -> None:
    assert undo(b"a=3D", encoding) == b"a=3D"


def _uuencoded(content: bytes, name: str = "photo.jpg") -> bytes:
    lines = [binascii.b2a_uu(content[at : at + 45]) for at in range(0, len(content), 45)]
    return b"begin 644 " + name.encode() + b"\n" + b"".join(lines) + b"`\nend\n"


def test_uuencoded_files_are_taken_out_of_the_text() -> None:
    content = bytes(range(200))
    taken = take_files(b"Here it is:\n" + _uuencoded(content) + b"Bob\n" + _uuencoded(b"x" * 50, "b.txt"))
    assert taken.text == b"Here it is:\nBob\n"
    assert [(one.name, one.content) for one in taken.files] == [
        (b"photo.jpg", content),
        (b"b.txt", b"x" * 50),
    ]
    assert undo(_uuencoded(content), "x-uuencode") == content


def test_an_uuencoded_file_without_its_end_is_still_one_and_a_sentence_is_none() -> None:
    content = bytes(range(200))
    cut = b"\n".join(_uuencoded(content).split(b"\n")[:4])
    assert take_files(cut).files[0].content == content[:135]
    said = b"begin 644 times, they said\nand I did.\n"
    assert take_files(said).text == said


def test_yenc_is_dropped() -> None:
    raw = b"See below\n=ybegin line=128 size=3 name=x.bin\nabc\n=yend size=3\nBob"
    assert take_files(raw).text == b"See below\nBob"


def test_large_and_hostile_data_are_read_in_little_time() -> None:
    started = time.perf_counter()
    large = base64.encodebytes(bytes(5_000_000))
    assert len(undo(large, "base64")) == 5_000_000
    assert len(undo(b"!" + large, "base64")) >= 4_999_000
    take_files(b"begin 644 x\n" * 200_000)
    take_files(b"=ybegin x\n" * 200_000)
    assert time.perf_counter() - started < 10
