"""HTML to plain text that keeps links and lists. Hidden elements and sizes in style attributes are dropped first."""

import re

from inscriptis.html_engine import Inscriptis
from lxml import etree, html  # type: ignore[import-untyped]  # lxml ships no types

from ingestion.mail.decoding import scrub

_MOST = 1_000_000
_MOST_LINKS = 2_000
_LONGEST_LINK = 2_000
_TAG = re.compile(r"<[^<>]*>")
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all"
    r"|(?:font-size|max-height|opacity)\s*:\s*0(?![\d.]*[1-9])",
    re.IGNORECASE,
)
_NEVER_SEEN = "//*[@hidden] | //template | //noscript/style"
_BLANK_LINES = re.compile(r"\n[ \t\xa0]*(?:\n[ \t\xa0]*)+\n")
_DECLARATION = re.compile(r"^\s*<\?xml[^>]*>")
_WEB = re.compile(r"^https?://[^\s<>\"]+$", re.IGNORECASE)
_BARE = re.compile(r"^https?://(?:www\.)?|/$", re.IGNORECASE)


def html_to_text(source: str) -> str:
    """What a reader sees of at most the first million characters."""
    source = _DECLARATION.sub("", scrub(source[:_MOST]))
    text = _rendered(source)
    if not text.strip():
        # The parser gives up on markup nested hundreds of levels deep; the words are still there.
        text = _TAG.sub(" ", source)
    lines = (line.rstrip().replace("\xa0", " ") for line in text.splitlines())
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()


def _rendered(source: str) -> str:
    try:
        tree = html.document_fromstring(source)
        for element in tree.xpath(_NEVER_SEEN):
            _drop(element)
        for element in tree.xpath("//*[@style]"):
            if _HIDDEN.search(element.get("style")):
                _drop(element)
            # A margin of a million lines is otherwise drawn.
            element.attrib.pop("style", None)
        _show_links(tree)
        return str(Inscriptis(tree).get_text())
    except (etree.LxmlError, ValueError, RecursionError):
        return ""


def _drop(element: html.HtmlElement) -> None:
    if element.getparent() is not None:
        element.drop_tree()


def _show_links(tree: html.HtmlElement) -> None:
    """The address behind the words in angle brackets, where the words are not that address."""
    for link in tree.xpath("//a[@href]")[:_MOST_LINKS]:
        address = link.get("href").strip()[:_LONGEST_LINK]
        said = "".join(link.itertext(with_tail=False)).strip()
        if not said or not _WEB.match(address) or _same(said, address):
            continue
        last = link[-1] if len(link) else None
        if last is None:
            link.text = f"{(link.text or '').rstrip()} <{address}>"
        else:
            last.tail = f"{(last.tail or '').rstrip()} <{address}>"


def _same(said: str, address: str) -> bool:
    return _BARE.sub("", said).lower() == _BARE.sub("", address).lower()
