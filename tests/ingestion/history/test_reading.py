"""Files are opened whatever they are packed and encoded in, and what is damaged is told."""

import gzip
from pathlib import Path

import pytest

from ingestion.history import reading
from ingestion.history.reading import Damaged, encoding_of, lines, opened, sample
from runtime.errors import InvalidInput
from tests.ingestion.history.exports import put


def read(path: Path, encoding: str = "utf-8") -> list[tuple[int, str]]:
    with opened(path, encoding=encoding) as tape:
        return [(line.number, line.text) for line in lines(tape.text)]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
def test_lines_end_with_whatever_the_writer_ends_them(tmp_path: Path, end: str) -> None:
    path = put(tmp_path, "a.csv", f"one{end}two{end}{end}three")
    assert read(path) == [(1, f"one{end}"), (2, f"two{end}"), (3, end), (4, "three")]


def test_a_line_without_an_end_is_read_in_bounded_pieces(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "MOST_CHARACTERS", 10)
    path = put(tmp_path, "a.csv", "short\n" + "x" * 95 + "\nafter\n")
    with opened(path, encoding="utf-8") as tape:
        found = list(lines(tape.text))
    assert [(line.number, line.whole) for line in found] == [(1, True), (2, False), (3, True)]
    assert (found[1].text, found[2].text) == ("x" * 10, "after\n")


def test_a_packed_file_is_read_like_a_plain_one_and_tells_how_far_it_is(tmp_path: Path) -> None:
    path = put(tmp_path, "a.csv.gz", gzip.compress(b"one\ntwo\n"))
    with opened(path, encoding="utf-8") as tape:
        assert [line.text for line in lines(tape.text)] == ["one\n", "two\n"]
        assert tape.bytes_read == path.stat().st_size


def test_a_packed_file_that_is_cut_off_gives_what_it_has_and_then_says_so(tmp_path: Path) -> None:
    whole = gzip.compress("".join(f"line {n} {n * 7919}\n" for n in range(50_000)).encode())
    path = put(tmp_path, "a.csv.gz", whole[: len(whole) // 2])
    found = []
    with opened(path, encoding="utf-8") as tape, pytest.raises(Damaged, match="cut off or damaged"):
        for line in lines(tape.text):
            found.append(line.text)
    assert len(found) > 10_000
    assert sample(path).startswith(b"line 0 0\n")


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        ("größer".encode(), "utf-8"),
        ("größer".encode("cp1252"), "cp1252"),
        ("größer".encode("utf-16"), "utf-16"),
        ("größer".encode("utf-8-sig"), "utf-8-sig"),
        (b"plain", "utf-8"),
        ("größer ".encode() * 9 + b"\xff", "utf-8"),
    ],
)
def test_the_encoding_is_told_by_the_bytes(content: bytes, encoding: str) -> None:
    assert encoding_of(content) == encoding


def test_a_sample_that_ends_within_a_letter_is_still_utf_8() -> None:
    assert encoding_of("日本語".encode()[:-1]) == "utf-8"


def test_what_cannot_be_opened_is_named(tmp_path: Path) -> None:
    with (
        pytest.raises(InvalidInput, match=r"nowhere\.csv does not exist\."),
        opened(tmp_path / "nowhere.csv", encoding="utf-8"),
    ):
        pass
    with pytest.raises(InvalidInput, match=r"is no file\."):
        sample(tmp_path)
