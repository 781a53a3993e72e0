"""Files → articles: Markdown with front matter, HTML, plain text, PDF."""

import re
from collections.abc import Iterable
from pathlib import Path

from knowledge import html_markdown, pdf_text
from knowledge.preparing import NewArticle
from knowledge.vector_store import Audience
from runtime.errors import InvalidInput, TooLarge

_MOST_BYTES = 2_000_000
_MARKDOWN = {".md", ".markdown"}
_HTML = {".html", ".htm"}
_TEXT = {".txt"}
_PDF = {".pdf"}
_PDF_MARK = b"%PDF-"
_BEFORE_THE_MARK = 1024  # So many other bytes may stand before it.
_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?)^---[ \t]*(?:\n|\Z)", re.DOTALL | re.MULTILINE)
_FIRST_HEADING = re.compile(r"^#[ \t]+(.+?)[ \t#]*$", re.MULTILINE)
_LANGUAGE = re.compile(r"[a-z]{2,3}")


def files_in(paths: Iterable[Path]) -> list[Path]:
    """The files themselves, and all that folders hold, in order of their names; hidden ones are left out.

    Raises InvalidInput naming a path that does not exist.
    """
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            found = (file for file in path.rglob("*") if file.is_file())
            files += sorted(file for file in found if not _hidden(file.relative_to(path)))
        elif path.exists():
            files.append(path)
        else:
            raise InvalidInput(f"{path} does not exist.", field="path")
    return files


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def read_article(file: Path) -> NewArticle:
    """One file as an article. Raises InvalidInput or TooLarge naming the file and what is wrong with it."""
    kind = file.suffix.lower()
    if kind in _PDF:
        return _article(file, *_read_pdf(file))
    if kind not in _MARKDOWN | _HTML | _TEXT:
        raise InvalidInput(f"{file} is not supported: use .md, .html, .pdf or .txt.", field="path")
    content = _text_of(file).replace("\r\n", "\n")
    if not content.strip():
        raise InvalidInput(f"{file} is empty.", field="path")
    stated: dict[str, str] = {}
    if kind in _HTML:
        stated, content = html_markdown.convert(content)
    elif kind in _MARKDOWN:
        stated, content = _front_matter(content)
    return _article(file, stated, content)


def _read_pdf(file: Path) -> tuple[dict[str, str], str]:
    start = _bytes_of(file, most=pdf_text.MOST_BYTES, read=_BEFORE_THE_MARK)
    if not start:
        raise InvalidInput(f"{file} is empty.", field="path")
    if _PDF_MARK not in start:
        raise InvalidInput(f"{file} is no PDF, whatever its name says.", field="path")
    return pdf_text.convert(file)


def _bytes_of(file: Path, *, most: int, read: int = -1) -> bytes:
    """The first bytes of a file, all by default; a file that is too large is not opened."""
    try:
        if not file.is_file():  # Reading a pipe or a device might never end.
            raise InvalidInput(f"{file} is no file that holds a text.", field="path")
        if file.stat().st_size > most:
            raise TooLarge(f"{file} is larger than {most:,} bytes.", field="path")
        with file.open("rb") as opened:
            return opened.read(read)
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read ({error.strerror}).", field="path") from None


def _text_of(file: Path) -> str:
    raw = _bytes_of(file, most=_MOST_BYTES)
    if b"\0" in raw:
        raise InvalidInput(f"{file} is no text: it holds zero bytes.", field="path")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{file} is no UTF-8 text: byte {error.start} is wrong.", field="path") from None


def _front_matter(content: str) -> tuple[dict[str, str], str]:
    """The `key: value` lines between the two marks at the top, and the rest."""
    match = _FRONT_MATTER.match(content)
    if match is None:
        return {}, content
    pairs = (line.partition(":") for line in match.group(1).splitlines() if not line.startswith("#"))
    stated = {key.strip().lower(): value.strip().strip("\"'") for key, colon, value in pairs if colon}
    return stated, content[match.end() :]


def _article(file: Path, stated: dict[str, str], body: str) -> NewArticle:
    heading = _FIRST_HEADING.search(body)
    title = (
        stated.get("title") or (heading and heading.group(1)) or file.stem.replace("-", " ").replace("_", " ")
    )
    audience = stated.get("audience") or Audience.PUBLIC
    if audience not in list(Audience):
        raise InvalidInput(
            f"{file}: the audience {audience} is neither public nor internal.", field="audience"
        )
    language = (stated.get("language") or "en").lower().replace("_", "-").partition("-")[0]
    if not _LANGUAGE.fullmatch(language):
        raise InvalidInput(f"{file}: the language {language} is no ISO code such as en.", field="language")
    return NewArticle(
        source=str(file.resolve()),
        slug=re.sub(r"[^\w]+", "-", file.stem.lower()).strip("-"),
        title=title,
        body=body.strip(),
        url=stated.get("url", ""),
        product=stated.get("product", ""),
        category=stated.get("category", ""),
        language=language,
        audience=Audience(audience),
    )
