"""An HTML page as Markdown: headings, lists, tables and code keep their shape; navigation and scripts go. Pure."""

import re
from html.parser import HTMLParser

_SKIPPED = {"script", "style", "nav", "header", "footer", "aside", "form", "noscript", "template", "svg"}
_HEADINGS = {f"h{level}": level for level in range(1, 7)}
_LISTS = {"ul", "ol"}
_CELLS = {"td", "th"}
_BLOCKS = {"p", "div", "section", "article", "main", "blockquote", "dt", "dd", "figure", "br", "body", "hr"}
_MARKS = {"strong": "**", "b": "**", "code": "`"}
_MANY_LINES = re.compile(r"\n{3,}")


def convert(html: str) -> tuple[dict[str, str], str]:
    """What the page states about itself (title, language), and its text as Markdown."""
    page = _Page()
    page.feed(html)
    page.close()
    page.end_block()
    return page.stated, _MANY_LINES.sub("\n\n", "\n".join(page.lines)).strip()


class _Page(HTMLParser):
    """Collects the words of the block that is open, and writes a line when it ends."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.stated: dict[str, str] = {}
        self.lines: list[str] = []
        self._words = ""
        self._prefix = ""
        self._lists: list[int | None] = []  # One per open list: the last number, or None for bullets.
        self._row: list[str] | None = None
        self._rows = 0
        self._skipping = 0
        self._verbatim = False
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SKIPPED:
            self._skipping += 1
        elif tag == "html":
            self.stated["language"] = dict(attrs).get("lang") or ""
        elif tag == "title":
            self._in_title = not self._skipping
        elif tag in _MARKS:
            self._mark(tag)
        elif not self._skipping:
            self._open(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _SKIPPED:
            self._skipping = max(0, self._skipping - 1)
        elif tag == "title":
            self._in_title = False
        elif tag in _MARKS:
            self._mark(tag)
        elif not self._skipping:
            self._close(tag)

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.stated["title"] = self.stated.get("title", "") + " ".join(data.split())
        elif not self._skipping:
            self._words += data

    def end_block(self) -> None:
        """Write the open block; inside a table cell blocks are only words apart."""
        if self._row is not None:
            self._words += " "
            return
        if text := " ".join(self._words.split()):
            self.lines += [self._prefix + text] if self._lists else [self._prefix + text, ""]
            self._prefix = "   " * len(self._lists)
        self._words = ""

    def _mark(self, tag: str) -> None:
        if not self._skipping and not self._verbatim:
            self._words += _MARKS[tag]

    def _open(self, tag: str) -> None:
        if tag in _HEADINGS:
            self.end_block()
            self._prefix = "#" * _HEADINGS[tag] + " "
        elif tag in _LISTS:
            self.end_block()
            self._lists.append(0 if tag == "ol" else None)
        elif tag == "li":
            self.end_block()
            self._prefix = self._item()
        elif tag == "table":
            self.end_block()
            self._rows = 0
        elif tag == "tr":
            self._row, self._words = [], ""
        elif tag == "pre":
            self.end_block()
            self._verbatim = True
        elif tag in _BLOCKS:
            self.end_block()

    def _item(self) -> str:
        indent = "   " * (len(self._lists) - 1)
        number = self._lists[-1] if self._lists else None
        if number is None:
            return f"{indent}-  "
        self._lists[-1] = number + 1
        return f"{indent}{number + 1}. "

    def _close(self, tag: str) -> None:
        if tag in _CELLS and self._row is not None:
            self._row.append(" ".join(self._words.split()).replace("|", "\\|"))
            self._words = ""
        elif tag == "tr":
            self._end_row()
        elif tag == "pre":
            self.lines += ["```", self._words.strip("\n"), "```", ""]
            self._words, self._verbatim = "", False
        elif tag in _LISTS:
            self.end_block()
            self._lists = self._lists[:-1]
            self._end_part()
        elif tag in _HEADINGS or tag in _BLOCKS or tag == "li":
            self.end_block()
            self._end_part()
        elif tag == "table":
            self.lines.append("")

    def _end_part(self) -> None:
        if not self._lists and self._row is None:
            self._prefix = ""
            self.lines.append("")

    def _end_row(self) -> None:
        row, self._row, self._words = self._row or [], None, ""
        if row:
            self.lines.append(f"| {' | '.join(row)} |")
            self._rows += 1
            if self._rows == 1:
                self.lines.append("|" + "---|" * len(row))
