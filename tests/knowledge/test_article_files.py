"""Reading articles from files."""

import os
from pathlib import Path

import pytest

from knowledge.article_files import files_in, read_article
from knowledge.vector_store import Audience
from runtime.errors import InvalidInput, TooLarge
from tests.knowledge.pdf_files import a_pdf


def _file(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def test_front_matter_says_what_an_article_is(tmp_path: Path) -> None:
    file = _file(
        tmp_path,
        "Über uns.md",
        "---\ntitle: 'Track: an order'\nproduct: shop\ncategory: shipping\nlanguage: en-GB\n"
        "audience: internal\nurl: /help/x\nauthor: somebody\n---\n\n# Heading\n\nText.\n",
    )
    article = read_article(file)
    assert (article.title, article.product, article.category) == ("Track: an order", "shop", "shipping")
    assert (article.language, article.audience, article.url) == ("en", Audience.INTERNAL, "/help/x")
    assert (article.slug, article.source) == ("über-uns", str(file))
    assert article.body == "# Heading\n\nText."


def test_without_front_matter_the_first_heading_or_the_name_is_the_title(tmp_path: Path) -> None:
    assert read_article(_file(tmp_path, "a.md", "# Refunds #\n\nText.")).title == "Refunds"
    assert read_article(_file(tmp_path, "gift-cards.txt", "They never expire.")).title == "gift cards"


def test_html_and_files_with_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    page = _file(tmp_path, "a.html", "<html lang='fr'><title>Aide</title><p>Bonjour</p></html>")
    assert (read_article(page).title, read_article(page).language, read_article(page).body) == (
        "Aide",
        "fr",
        "Bonjour",
    )
    marked = _file(tmp_path, "b.md", b"\xef\xbb\xbf---\r\ntitle: T\r\n---\r\nText\r\n")
    assert (read_article(marked).title, read_article(marked).body) == ("T", "Text")


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("a.docx", b"PK", r"a\.docx is not supported: use \.md, \.html, \.pdf or \.txt"),
        ("a.md", b"", r"a\.md is empty"),
        ("a.pdf", b"", r"a\.pdf is empty"),
        ("a.pdf", b"# A text with another name", r"a\.pdf is no PDF"),
        ("a.pdf", b"%PDF-1.7", r"a\.pdf is broken"),
        ("a.md", bytes(range(1, 256)), r"a\.md is no UTF-8 text"),
        ("a.md", b"abc\x00def", r"a\.md is no text: it holds zero bytes"),
        ("a.md", b"caf\xe9", r"a\.md is no UTF-8 text: byte 3 is wrong"),
        ("a.txt", b" \n", r"a\.txt is empty"),
        (
            "a.md",
            b"---\naudience: everybody\n---\nText",
            r"audience everybody is neither public nor internal",
        ),
        ("a.md", b"---\nlanguage: English!\n---\nText", r"language english! is no ISO code"),
    ],
)
def test_a_file_that_cannot_be_an_article_is_named_with_the_reason(
    tmp_path: Path, name: str, content: bytes, complaint: str
) -> None:
    with pytest.raises(InvalidInput, match=complaint):
        read_article(_file(tmp_path, name, content))


def test_a_huge_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TooLarge, match=r"a\.md is larger than 2,000,000 bytes"):
        read_article(_file(tmp_path, "a.md", b"x" * 2_000_001))


def test_a_huge_pdf_is_refused_without_being_read(tmp_path: Path) -> None:
    file = tmp_path / "a.pdf"
    with file.open("wb") as sparse:
        sparse.truncate(200_000_000)
    with pytest.raises(TooLarge, match=r"a\.pdf is larger than 50,000,000 bytes"):
        read_article(file)


def test_a_pipe_is_refused_without_waiting_for_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.md")
    with pytest.raises(InvalidInput, match=r"a\.md is no file"):
        read_article(tmp_path / "a.md")


def test_a_pdf_is_an_article_with_the_title_that_it_states(tmp_path: Path) -> None:
    article = read_article(
        _file(tmp_path, "guide.pdf", a_pdf([["Text."]], title="A guide", language="de-AT"))
    )
    assert (article.title, article.body, article.language, article.slug) == (
        "A guide",
        "Text.",
        "de",
        "guide",
    )


def test_a_folder_gives_its_files_in_order_without_the_hidden_ones(tmp_path: Path) -> None:
    for name in ("b.md", "a/c.md", ".git/d.md", "a/.hidden.md", "z.png"):
        _file(tmp_path, name, "x")
    assert [file.relative_to(tmp_path).as_posix() for file in files_in([tmp_path])] == [
        "a/c.md",
        "b.md",
        "z.png",
    ]
    with pytest.raises(InvalidInput, match="nowhere does not exist"):
        files_in([tmp_path / "nowhere"])
