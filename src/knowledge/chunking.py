"""Markdown → chunks that a search can find: one per section as a rule, lists, tables and code kept whole.

Pure: the embedder's token counter is handed in, so that a chunk never exceeds what the embedder reads.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from knowledge.markdown_text import PARSER, plain

MAX_TOKENS = 512  # Of what is embedded: breadcrumb and text.
OVERLAP_TOKENS = 48  # Repeated from the end of the chunk before, where prose of one section had to be cut.
_MARKS = 2  # The two tokens that embedders put around a text.
_MAX_BREADCRUMB = 192  # Room for a question; titles and headings are shorter.
_SENTENCE_END = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？])|\n+")
_LIST_ITEM = re.compile(r"^(?=(?:[-*+]|\d{1,9}[.)])\s)", re.MULTILINE)

TokenCounter = Callable[[str], int]
_Fits = Callable[[str], bool]


class _Kind(StrEnum):
    PROSE = "prose"
    LIST = "list"
    TABLE = "table"
    CODE = "code"


_KINDS = {
    "bullet_list_open": _Kind.LIST,
    "ordered_list_open": _Kind.LIST,
    "table_open": _Kind.TABLE,
    "fence": _Kind.CODE,
    "code_block": _Kind.CODE,
}


@dataclass(frozen=True)
class Chunk:
    """A piece of an article: `text` is Markdown for display, `embedded` is what is embedded."""

    position: int
    heading: str
    text: str
    breadcrumb: str
    tokens: int

    @property
    def embedded(self) -> str:
        return _embedded(self.breadcrumb, self.text)

    @property
    def content_hash(self) -> str:
        return hashlib.sha256(f"{self.breadcrumb}\0{self.text}".encode()).hexdigest()


@dataclass(frozen=True)
class _Block:
    kind: _Kind
    text: str


@dataclass(frozen=True)
class _Section:
    headings: tuple[str, ...]
    blocks: tuple[_Block, ...]


def chunk_article(
    title: str,
    body: str,
    *,
    count_tokens: TokenCounter,
    question: str = "",
    max_tokens: int = MAX_TOKENS,
) -> list[Chunk]:
    """The chunks of an article in reading order; the same article always gives the same chunks.

    `question` is what the body answers, when somebody asked it: embedded with each chunk and not displayed.
    """
    chunks: list[Chunk] = []
    for section in _sections(body):
        headings = [heading for heading in section.headings if heading != title.strip()]
        breadcrumb = _shortened(" > ".join([question.strip() or title.strip(), *headings]), count_tokens)
        budget = max_tokens - _MARKS - count_tokens(breadcrumb)
        for text in _texts(section.blocks, budget, count_tokens):
            tokens = count_tokens(_embedded(breadcrumb, text)) + _MARKS
            chunks.append(Chunk(len(chunks), " > ".join(headings), text, breadcrumb, tokens))
    return chunks


def _within(budget: int, count_tokens: TokenCounter) -> _Fits:
    return lambda text: count_tokens(plain(text)) <= budget


def _embedded(breadcrumb: str, text: str) -> str:
    return f"{breadcrumb}\n{plain(text)}"


def _shortened(breadcrumb: str, count_tokens: TokenCounter) -> str:
    return next(_forced(breadcrumb, lambda text: count_tokens(text) <= _MAX_BREADCRUMB), "")


def _sections(body: str) -> Iterator[_Section]:
    """The text below each heading; a heading with no text of its own lives on in its children's path."""
    lines, tokens = body.splitlines(), PARSER.parse(body)
    path: dict[int, str] = {}
    blocks: list[_Block] = []
    for index, token in enumerate(tokens):
        if token.level or token.map is None or token.type == "hr":
            continue
        if token.type != "heading_open":
            source = "\n".join(lines[slice(*token.map)]).strip("\n")
            if plain(source):
                blocks.append(_Block(_KINDS.get(token.type, _Kind.PROSE), source))
            continue
        if blocks:
            yield _Section(tuple(path.values()), tuple(blocks))
            blocks = []
        depth = int(token.tag[1])
        path = {level: heading for level, heading in path.items() if level < depth}
        path[depth] = plain(tokens[index + 1].content)
    if blocks:
        yield _Section(tuple(path.values()), tuple(blocks))


def _texts(blocks: tuple[_Block, ...], budget: int, count_tokens: TokenCounter) -> Iterator[str]:
    """A section as one text or, when that is too long, as several with an overlap in prose."""
    fits, overlaps = _within(budget, count_tokens), _within(OVERLAP_TOKENS, count_tokens)
    # What is cut leaves room for the overlap that will stand before it.
    roomy = _within(max(budget - OVERLAP_TOKENS, budget // 2), count_tokens)
    pieces = [piece for block in blocks for piece in ([block] if fits(block.text) else _split(block, roomy))]
    current, last = "", _Block(_Kind.CODE, "")
    for piece in pieces:
        joined = _joined(current, piece.text)
        if current and not fits(joined):
            yield current
            with_overlap = _joined(_tail(last, overlaps), piece.text)
            joined = with_overlap if fits(with_overlap) else piece.text
        current, last = joined, piece
    if current:
        yield current


def _joined(first: str, second: str) -> str:
    return f"{first}\n\n{second}" if first else second


def _tail(block: _Block, overlaps: _Fits) -> str:
    """The last whole sentences of a paragraph that are short enough to be repeated."""
    if block.kind is not _Kind.PROSE:
        return ""
    tail = ""
    for sentence in reversed(_SENTENCE_END.split(block.text)):
        longer = f"{sentence} {tail}".strip()
        if not overlaps(longer):
            break
        tail = longer
    return tail


def _split(block: _Block, fits: _Fits) -> Iterator[_Block]:
    """A block that is too long on its own, cut where its kind allows."""
    match block.kind:
        case _Kind.TABLE:
            texts = _framed(block.text.splitlines(), fits, head=2, foot=0)
        case _Kind.CODE:
            fenced = block.text.lstrip().startswith(("```", "~~~"))
            texts = _framed(block.text.splitlines(), fits, head=int(fenced), foot=int(fenced))
        case _Kind.LIST:
            texts = _packed((item.rstrip() for item in _LIST_ITEM.split(block.text) if item), fits, glue="\n")
        case _Kind.PROSE:
            texts = _packed(_SENTENCE_END.split(block.text), fits, glue=" ")
    return (_Block(block.kind, text) for text in texts)


def _framed(lines: list[str], fits: _Fits, *, head: int, foot: int) -> Iterator[str]:
    """Rows of a table or lines of code, each piece with the header row or the fences around it."""
    top, bottom = lines[:head], lines[len(lines) - foot :]

    def whole(rows: str) -> str:
        return "\n".join([*top, rows, *bottom])

    rows = _packed(lines[head : len(lines) - foot], lambda text: fits(whole(text)), glue="\n")
    return (whole(text) for text in rows)


def _packed(parts: Iterable[str], fits: _Fits, *, glue: str) -> Iterator[str]:
    """Neighbours joined for as long as they fit; a part that does not fit alone is cut by force."""
    current = ""
    for part in (shard for whole in parts for shard in _forced(whole, fits)):
        joined = f"{current}{glue}{part}" if current else part
        if current and not fits(joined):
            yield current
            joined = part
        current = joined
    if current:
        yield current


def _forced(text: str, fits: _Fits) -> Iterator[str]:
    """Cut in the middle, between words when there are any, until each part fits."""
    if len(text) < 2 or fits(text):
        yield text
        return
    space = text.find(" ", len(text) // 2, -1)
    cut = space if space > 0 else len(text) // 2
    yield from _forced(text[:cut], fits)
    yield from _forced(text[cut:].lstrip(), fits)
