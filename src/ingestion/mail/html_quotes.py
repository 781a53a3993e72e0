"""Splits an HTML mail into the HTML of what is new and of what it quotes. Pure; broken HTML is read as it can be."""

import re
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from lxml import etree, html  # type: ignore[import-untyped]  # lxml ships no types

from ingestion.mail.history import find_history, keep_something, settle_excerpts
from ingestion.mail.line_parts import Part, plain_lines
from ingestion.mail.quote_headers import heading_at

_MOST = 1_000_000
_MOST_ELEMENTS = 50_000
_MOST_TRIES = 500
_DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,200}>")
_SPACE = re.compile(r"\s+")

_INLINE_TAGS = (
    "a abbr acronym b bdi bdo big cite code data em font i img ins kbd label mark o:p q s samp small span strike"
    " strong sub sup time tt u var wbr"
)
_INLINE = frozenset(_INLINE_TAGS.split())
_PARAGRAPHS = frozenset(("div", "p", "blockquote", "table", "pre", "section"))
_UNSEEN = frozenset(("head", "style", "script", "title", "template"))
# The names by which mail programs mark what they quote; some put their own in front, as in "x_" or "ecx".
_QUOTE_CLASS = re.compile(
    r"(?:\b|_|ecx)(?:yahoo_quoted|moz-cite-prefix|protonmail_quote|zmail_extra|tutanota_quote"
    r"|gmx_quote|front-blockquote|freshdesk_quote|OutlookMessageHeader|ntes-mailmaster-quote|mailQuote)\b"
)
_QUOTE_ID = re.compile(
    r"(?:^|_)(?:OLK_SRC_BODY_SECTION|isReplyContent|reply-intro|mail-app-auto-quote|bloop_on_attribution"
    r"|yahoo_quoted_\d{1,20}|original-content)$"
)
_QUOTE_NAMES = frozenset(("quote", "messagereplysection"))
_GMAIL_QUOTE = re.compile(r"(?:\b|_|ecx)gmail_quote")
# From these on, everything is quoted.
_BEGINNING_ID = re.compile(r"(?:^|_)(?:divRplyFwdMsg|stopSpelling|zwchr|appendonsend)$")
_SIGNATURE = re.compile(
    r"(?:^|\s|_|ecx)(?:gmail_signature|moz-signature|protonmail_signature_block|AppleMailSignature(?:Body)?|signature"
    r"|ms-outlook-mobile-signature|signature_?block)(?:$|\s)",
    re.IGNORECASE,
)
_BORDER_LEFT = re.compile(r"border-left\s*:", re.IGNORECASE)

Element = Any  # lxml ships no types.
Slot = tuple[Element, str]  # an element and "text" or "tail"


@dataclass
class _Line:
    """What is seen on one line, and where in the tree it stands."""

    words: list[str] = field(default_factory=list)
    slots: list[Slot] = field(default_factory=list)
    quoted: bool = False
    signature: Element | None = None

    @property
    def text(self) -> str:
        return _SPACE.sub(" ", "".join(self.words)).strip()


def split_html(source: str) -> tuple[str, str]:
    """(new, quoted) of at most the first million characters; (source, "") when nothing in it is marked.

    A signature that is marked as such gets the line "-- " before it, by which readers of text know it.
    """
    tree = _parsed(source)
    if tree is None:
        return source, ""
    elements = list(tree.iter())
    if len(elements) > _MOST_ELEMENTS:
        return source, ""
    lines = _Reader(tree).lines
    parts = _parts(lines)
    signature = _last_signature(lines, parts)
    if Part.QUOTED not in parts and signature is None:
        return source, ""
    quoted, new = (
        [slot for line, part in zip(lines, parts, strict=True) if part is wanted for slot in line.slots]
        for wanted in (Part.QUOTED, Part.NEW)
    )
    return _without(tree, elements, quoted, signature), _without(tree, elements, new) if quoted else ""


def _last_signature(lines: list[_Line], parts: list[Part]) -> Element | None:
    """The signature with which the new lines end, if there are others above it."""
    written = [
        line for line, part in zip(lines, parts, strict=True) if part is Part.NEW and line.text and line.slots
    ]
    signature = written[-1].signature if written else None
    return signature if signature is not None and written[0].signature is None else None


def _parsed(source: str) -> Element | None:
    try:
        return html.document_fromstring(_DECLARATION.sub("", source[:_MOST].replace("\x00", "")))
    except (etree.LxmlError, ValueError, RecursionError):
        return None


def _parts(lines: list[_Line]) -> list[Part]:
    """What each line is, by the marks of mail programs and by the words that they put above a quotation."""
    # A ">" that somebody has typed is left to whoever reads the text.
    plain = [line.lstrip(">") for line in plain_lines(line.text for line in lines)]
    plain = [f"> {text}" if line.quoted and text else text for line, text in zip(lines, plain, strict=True)]
    history = find_history(plain)
    settle_excerpts(history, plain, chosen=False)
    keep_something(history, plain)
    return history.parts


class _Reader:
    """Walks through a tree and writes down its lines."""

    def __init__(self, tree: Element) -> None:
        self.lines = [_Line()]
        self._quotations: set[Element] = set()
        self._signature: Element | None = None
        self._depth = 0  # of quotations around the place
        self._unseen = 0
        self._to_the_end = False
        self._tries = 0
        self._lead = _lead(tree)
        for event, element in etree.iterwalk(tree, events=("start", "end", "comment", "pi")):
            if event == "start":
                self._enter(element)
            elif event == "end":
                self._leave(element)
            else:
                self._write(element, "tail")

    def _enter(self, element: Element) -> None:
        tag = _tag(element)
        self._break_for(tag)
        if tag == "hr":
            self.lines[-1].words.append("----------")
        if tag == "br" and not self.lines[-1].words:
            self._end_headers()
        self._unseen += tag in _UNSEEN
        self._to_the_end |= bool(_BEGINNING_ID.search(_attribute(element, "id")))
        if self._signature is None and _is_signature(element):
            self._signature = element
            self._break_for("div")
        if _is_marked(element, tag) or (tag == "blockquote" and self._is_attributed()):
            self._quotations.add(element)
            self._depth += 1
            self._break_for("div")
        self._write(element, "text")

    def _leave(self, element: Element) -> None:
        tag = _tag(element)
        self._break_for(tag)
        if tag in _PARAGRAPHS:
            self._end_headers()
        self._unseen -= tag in _UNSEEN
        if element in self._quotations:
            self._depth -= 1
            self._break_for("div")
        if element is self._signature:
            self._signature = None
            self._break_for("div")
        self._write(element, "tail")

    def _is_attributed(self) -> bool:
        self._tries += 1
        if self._tries > _MOST_TRIES:
            return False
        plain = plain_lines(line.text for line in self.lines[-8:] if line.text)
        return bool(plain) and heading_at(plain, len(plain) - 1, floor=0) is not None

    def _break_for(self, tag: str) -> None:
        if tag not in _INLINE and (self.lines[-1].words or self.lines[-1].slots):
            self.lines.append(_Line())

    def _end_headers(self) -> None:
        """As a blank line does in text."""
        if any(line.words for line in self.lines[-2:]):
            self.lines.append(_Line())

    def _write(self, element: Element, which: str) -> None:
        words = getattr(element, which)
        if not words or self._unseen:
            return
        line = self.lines[-1]
        line.words.append(words)
        line.slots.append((element, which))
        line.signature = self._signature
        line.quoted |= self._to_the_end or self._depth > 0 or (element, which) in self._lead


def _tag(element: Element) -> str:
    return element.tag if isinstance(element.tag, str) else ""


def _attribute(element: Element, name: str) -> str:
    return str(element.get(name) or "")[:200] if isinstance(element.tag, str) else ""


def _is_marked(element: Element, tag: str) -> bool:
    classes = _attribute(element, "class")
    if tag == "blockquote":
        return (
            _attribute(element, "type").lower() == "cite"
            or bool(_attribute(element, "cite"))
            or "quote" in classes.lower()
            or bool(_BORDER_LEFT.search(_attribute(element, "style")))
        )
    marked = _QUOTE_CLASS.search(classes) or _QUOTE_ID.search(_attribute(element, "id"))
    named = _attribute(element, "name").lower() in _QUOTE_NAMES
    # An answer may stand between quotations, and then in the element around them.
    return bool(marked or named) and element.find(".//blockquote") is None


def _is_signature(element: Element) -> bool:
    named = (_attribute(element, "class"), _attribute(element, "id"), _attribute(element, "data-smartmail"))
    return any(map(_SIGNATURE.search, named)) or _attribute(element, "data-signatureblock") == "true"


def _lead(tree: Element) -> set[Slot]:
    """What stands in an element for quotations before the first of them: who wrote it, in whatever language."""
    found: set[Slot] = set()
    for element in tree.iter("div", "section"):
        classes = _attribute(element, "class")
        if not (_GMAIL_QUOTE.search(classes) or _QUOTE_CLASS.search(classes)):
            continue
        if (element, "text") in found or element.find(".//blockquote") is None:
            continue
        found.add((element, "text"))
        for below in element.iterdescendants():
            if below.tag == "blockquote":
                break
            found |= {(below, "text"), (below, "tail")}
    return found


def _without(
    tree: Element, elements: list[Element], slots: list[Slot], signature: Element | None = None
) -> str:
    """The tree as HTML without these texts; elements that hold nothing else lose their looks."""
    copy = deepcopy(tree)
    twins = dict(zip(elements, copy.iter(), strict=True))
    if signature is not None:
        delimiter = etree.Element("div")
        delimiter.text = "-- "
        twins[signature].addprevious(delimiter)
    emptied = set()
    for element, which in slots:
        twin = twins[element]
        setattr(twin, which, None)
        emptied.add(twin if which == "text" else twin.getparent())
    # Children come before their parents.
    for twin in reversed(list(twins.values())):
        if _is_hollow(twin, emptied):
            emptied.add(twin.getparent())
            # A list's dot or a table's frame would be seen; taking the element out would join what stands around it.
            twin.tag = "span" if twin.tag in _INLINE else "div"
            twin.attrib.clear()
    return str(html.tostring(copy, encoding="unicode"))


def _is_hollow(element: Element, emptied: set[Element]) -> bool:
    """Whether nothing is left in an element of which something was taken."""
    if element not in emptied or _tag(element) in {"", "html", "body"} or (element.text or "").strip():
        return False
    return all(
        child.tag in {"br", "hr", "div", "span"}
        and not len(child)
        and not (child.text or "").strip()
        and not (child.tail or "").strip()
        for child in element
    )
