"""What the process that parses a PDF finds in it."""

from pathlib import Path

from knowledge import pdf_process
from knowledge.pdf_text import Problem
from tests.knowledge.pdf_files import Pdf, a_pdf, lines
from tests.knowledge.test_pdf_text import encrypted


def _read(folder: Path, content: bytes) -> dict[str, object]:
    file = folder / "handbook.pdf"
    file.write_bytes(content)
    return pdf_process.read(str(file))


def test_pages_title_language_and_outline_are_found(tmp_path: Path) -> None:
    made = a_pdf([["One."], ["Two."]], title="Guide", language="de", outline=[("First", 0), ("Second", 1)])
    assert _read(tmp_path, made) == {
        "title": "Guide",
        "language": "de",
        "pages": ["One.", "Two."],
        "headings": [(0, 1, "First"), (1, 1, "Second")],
    }


def test_what_a_pdf_does_not_state_is_empty(tmp_path: Path) -> None:
    pdf = Pdf()
    page = pdf.page(pdf.stream(lines(["Text."])))
    assert _read(tmp_path, pdf.finish([page])) == {
        "title": "",
        "language": "",
        "pages": ["Text."],
        "headings": [],
    }


def test_a_password_is_a_problem_and_not_guessed(tmp_path: Path) -> None:
    assert _read(tmp_path, encrypted(a_pdf([["secret"]]), "a password")) == {"problem": Problem.ENCRYPTED}
