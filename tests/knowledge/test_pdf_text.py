"""PDFs become articles, and none of them can exhaust whoever reads it."""

import io
import time
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter

from knowledge import pdf_text
from knowledge.pdf_text import Heading, Limits, as_markdown, title_of
from runtime.errors import InvalidInput, TooLarge
from tests.knowledge import pdf_files
from tests.knowledge.pdf_files import a_pdf


def _file(folder: Path, content: bytes, name: str = "handbook.pdf") -> Path:
    file = folder / name
    file.write_bytes(content)
    return file


def encrypted(content: bytes, password: str) -> bytes:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(content)))
    writer.encrypt(password, owner_password="owner", algorithm="AES-256")
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def test_the_text_of_all_pages_is_read_with_title_language_and_the_outline_as_headings(
    tmp_path: Path,
) -> None:
    pages = [
        ["1. Delivery", "We deliver in three days to all coun-", "tries (also abroad).", "Ask us."],
        ["2. Returns", "Send it back", "within a month."],
    ]
    made = a_pdf(
        pages,
        title="The Handbook",
        language="en-GB",
        outline=[("Delivery", 0), ("2. Returns", 1), ("Gone", 1)],
    )
    stated, body = pdf_text.convert(_file(tmp_path, made))
    assert stated == {"title": "The Handbook", "language": "en-GB"}
    assert body == (
        "## 1. Delivery\n\nWe deliver in three days to all countries (also abroad).\nAsk us.\n\n"
        "## 2. Returns\n\nSend it back within a month."
    )


def test_lines_that_only_frame_the_pages_are_left_out() -> None:
    pages = [
        f"Handbook\n\nText {word}.\nAll rights reserved\nPage {page} of 3"
        for page, word in enumerate(["a", "b", "c"], 1)
    ]
    assert as_markdown(pages, []) == "Text a.\n\nText b.\n\nText c."
    assert as_markdown(["Step 1\nDo it.", "Step 2\nDo that.", "Step 3\nDone."], []).count("Step") == 3


def test_words_that_would_be_marks_stay_words() -> None:
    page = "# no heading\n> no quote\n---\nType <name> here\nA\\b\n\x00\x07Bell\ud800"
    assert as_markdown([page], []) == (
        "\\# no heading\n\\> no quote\n\\---\nType \\<name> here\nA\\\\b\nBell"
    )


def test_an_entry_of_the_outline_is_a_heading_once_and_only_where_it_stands() -> None:
    body = as_markdown(["Costs\nten\nCosts"], [Heading(0, 1, "COSTS"), Heading(0, 9, "Elsewhere")])
    assert body == "## Costs\n\nten\nCosts"


@pytest.mark.parametrize(
    "stated", ["", "untitled", "Microsoft Word - manual_v3.docx", "manual.pdf", "Document1"]
)
def test_a_title_that_a_program_gave_is_replaced_by_the_first_line(stated: str) -> None:
    assert title_of(stated, ["\n \n", "  The   guide\nText"]) == "The guide"


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (encrypted(a_pdf([["secret"]]), "a password"), "is encrypted: save it without a password"),
        (a_pdf([[], []]), "holds no text: it seems to be scanned"),
        (b"%PDF-1.7\n" + bytes(range(256)) * 50, "is broken"),
        (a_pdf([["x"]])[:300], "is broken"),
        (a_pdf([["x"]] * 4).rpartition(b"8 0 obj")[0], "is broken"),
    ],
    ids=["encrypted", "scanned", "garbage", "cut off", "pages missing"],
)
def test_a_pdf_without_a_text_to_read_is_named_with_the_reason(
    tmp_path: Path, content: bytes, complaint: str
) -> None:
    with pytest.raises(InvalidInput, match=rf"handbook\.pdf {complaint}"):
        pdf_text.convert(_file(tmp_path, content))


def test_a_pdf_that_only_its_changes_are_locked_of_is_read(tmp_path: Path) -> None:
    assert pdf_text.convert(_file(tmp_path, encrypted(a_pdf([["Open."]]), "")))[1] == "Open."


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (pdf_files.unpacks_to(300_000_000), "is packed or nested more than can be read"),
        (pdf_files.contains_itself(), "is broken"),
        (pdf_files.is_deep(20_000), "is packed or nested"),
        (pdf_files.repeats_a_page(100_000, 2_000), "takes longer than 2 seconds"),
        (pdf_files.repeats_a_page(5, 500, "word " * 200), "holds more than 2,000,000 characters"),
    ],
    ids=["packed twice", "cyclic tree", "deep tree", "endless", "long"],
)
def test_a_pdf_that_was_made_to_exhaust_its_reader_ends_in_bounded_time(
    tmp_path: Path, content: bytes, complaint: str
) -> None:
    seconds = 30 if "characters" in complaint else 2
    with pytest.raises((InvalidInput, TooLarge), match=rf"handbook\.pdf {complaint}"):
        pdf_text.convert(_file(tmp_path, content), limits=Limits(seconds=seconds))


def test_a_page_of_very_many_lines_and_headings_takes_no_longer_than_several_pages() -> None:
    lines = [f"Line {number}" for number in range(100_000)]
    started = time.monotonic()
    body = as_markdown(["\n".join(lines)], [Heading(0, 1, f"Part {number}") for number in range(5_000)])
    assert len(body.splitlines()) == 100_000
    assert time.monotonic() - started < 20


def test_memory_is_bounded(tmp_path: Path) -> None:
    file = _file(tmp_path, pdf_files.unpacks_to(70_000_000))
    with pytest.raises(TooLarge, match="is packed or nested more than can be read"):
        pdf_text.convert(file, limits=Limits(memory_bytes=150_000_000))
