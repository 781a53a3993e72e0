"""The text of an article as staff read it: Markdown made HTML that loads nothing and runs nothing. Pure."""

from collections.abc import Iterator, MutableMapping, Sequence
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererProtocol
from markdown_it.token import Token
from markdown_it.utils import OptionsDict
from markupsafe import Markup

_DEEPEST = 6


def _image(
    _renderer: RendererProtocol,
    tokens: Sequence[Token],
    index: int,
    _options: OptionsDict,
    _env: MutableMapping[str, Any],
) -> str:
    """An image of another site would tell that site who reads: its description stands in its place."""
    return Markup('<span class="picture">{}</span>').format(tokens[index].content or "picture")


# Raw HTML in an article is shown as text, never run; links of other kinds than http(s) and mailto stay text.
_markdown = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable("table")
_markdown.add_render_rule("image", _image)


def as_html(text: str, *, title: str = "") -> Markup:
    """The article below its title: headings one step deeper, without a first one that repeats the title."""
    tokens = _without_title(_markdown.parse(text), title)
    for token in _all(tokens):
        _adjust(token)
    rendered = _markdown.renderer.render(tokens, _markdown.options, {})
    return Markup(rendered)  # noqa: S704  # rendered with HTML switched off


def _without_title(tokens: list[Token], title: str) -> list[Token]:
    repeats = len(tokens) > 2 and tokens[0].tag == "h1" and tokens[1].content.strip() == title.strip()
    return tokens[3:] if repeats else tokens


def _all(tokens: Sequence[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from token.children or ()


def _adjust(token: Token) -> None:
    if token.type in ("heading_open", "heading_close"):
        token.tag = f"h{min(int(token.tag[1]) + 1, _DEEPEST)}"
    elif token.type == "link_open":
        token.attrs |= {"rel": "noopener noreferrer", "target": "_blank"}
    elif token.type in ("th_open", "td_open") and "right" in str(token.attrs.pop("style", "")):
        token.attrs["class"] = "right"  # The content security policy allows no style of an element.
