"""What a Markdown source says, without its marks: for the embedder, the keyword index and headings. Pure."""

import re
from collections.abc import Iterable, Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token

PARSER = MarkdownIt("commonmark").enable("table")
_HTML_TAG = re.compile(r"<[^>]*>")
_LITERAL = {"text", "code_inline"}


def plain(markdown: str) -> str:
    """The words of a Markdown text: one line per block, list item or table row; link addresses are left out."""
    return "\n".join(" ".join(line.split()) for line in _lines(PARSER.parse(markdown)) if line.strip())


def _lines(tokens: Iterable[Token]) -> Iterator[str]:
    row: list[str] | None = None
    for token in tokens:
        match token.type:
            case "tr_open":
                row = []
            case "tr_close":
                yield ", ".join(cell for cell in row or [] if cell)
                row = None
            case "inline" if row is not None:
                row.append(_words(token))
            case "inline":
                yield _words(token)
            case "fence" | "code_block":
                yield token.content
            case "html_block":
                yield _HTML_TAG.sub(" ", token.content)


def _words(inline: Token) -> str:
    children = inline.children or []
    return "".join(child.content if child.type in _LITERAL else _gap(child) for child in children)


def _gap(token: Token) -> str:
    if token.type == "image":
        return token.content
    return " " if token.type in {"softbreak", "hardbreak"} else ""
