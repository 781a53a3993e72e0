"""Splits texts into sentences, and a passage's Markdown into the units that a reply can quote."""

import re
from dataclasses import dataclass

_STEP = re.compile(r"^\s*\d+[.)]\s+(.*)$")
_BULLET = re.compile(r"^\s*[-*+]\s+(.*)$")
_RULE = re.compile(r"^\s*\|?\s*:?-{2,}.*$")
_LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")
_MARKS = re.compile(r"(\*\*|__|`|(?<!\w)[*_](?=\S)|(?<=\S)[*_](?!\w))")
# A full stop may end a sentence where a space and a capital, digit, quote or mark of a list follow; the full stops of
# Chinese and Japanese and the question mark of Arabic need no space.
_END = re.compile(
    r"(?<=[.!?…؟])[\"”»’)]?\s+(?=[\"“„«¿¡'(*A-ZÀ-ÞĀ-Ž0-9\u0600-\u06ff])|(?<=[。！？])[」』）]?\s*"
)
_LAST_WORD = re.compile(r"(\S{1,20})\Z")
_ORDINAL = re.compile(r"\b\d{1,2}\.\Z")
_MONTH = re.compile(
    r"(?:Jan|Feb|Mär|Apr|Mai|Jun|Jul|Aug|Sep|Okt|Nov|Dez|Oca|Şub|Mar|Nis|Haz|Tem|Ağu|Eyl|Eki|Kas|Ara)"
)
_INITIAL = re.compile(r"(?<![\w°])[A-ZÀ-Þ]\.\Z")
_ABBREVIATIONS = frozenset(
    [
        "e.g.",
        "i.e.",
        "etc.",
        "no.",
        "approx.",
        "mr.",
        "mrs.",
        "ms.",
        "dr.",
        "prof.",
        "st.",
        "vs.",
        "incl.",
        "excl.",
        "max.",
        "min.",
        "a.m.",
        "p.m.",
        "z.b.",
        "z.",
        "d.h.",
        "u.a.",
        "bzw.",
        "ca.",
        "inkl.",
        "zzgl.",
        "nr.",
        "tel.",
        "str.",
        "abs.",
        "evtl.",
        "ggf.",
        "usw.",
        "p.",
        "ex.",
        "m.",
        "mme.",
        "env.",
        "art.",
        "sr.",
        "sra.",
        "srta.",
        "ud.",
        "uds.",
        "pág.",
        "aprox.",
        "núm.",
        "ej.",
        "sig.",
        "dott.",
        "ecc.",
        "es.",
        "pag.",
        "bijv.",
        "d.w.z.",
        "m.b.t.",
        "t.a.v.",
        "o.a.",
        "np.",
        "m.in.",
        "tzn.",
        "tj.",
        "ul.",
        "godz.",
        "itd.",
        "tys.",
        "vb.",
        "örn.",
        "vs.",
        "sn.",
    ]
)
_ZONES = ("Eas", "Cen", "Pac", "Mou", "GMT", "UTC")
_MARK = re.compile(r"\s*(?:(?:\d{1,2}[.)]|[-*+•·–]|[①-⑳]|#{1,6})\s+)?")


@dataclass(frozen=True)
class Unit:
    text: str
    step: bool = False


def plain(markdown: str) -> str:
    """Markdown's marks taken off; a link keeps its address."""
    return _MARKS.sub("", _LINK.sub(r"\1 (\2)", markdown)).strip()


def split_sentences(text: str) -> list[str]:
    return [text[start:end] for start, end in _spans(text, 0, len(text))]


def sentence_spans(text: str) -> list[tuple[int, int]]:
    """Where the sentences of a text in any of the languages stand. A line ends one; marks of lists are left out."""
    spans: list[tuple[int, int]] = []
    at = 0
    for line in text.splitlines(keepends=True):
        mark = _MARK.match(line)
        spans += _spans(text, at + (mark.end() if mark else 0), at + len(line))
        at += len(line)
    return spans


def _spans(text: str, start: int, end: int) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    at = start
    for match in [*_END.finditer(text, start, end), None]:
        stop = match.end() if match else end
        if match and _goes_on(text[max(at, match.start() - 24) : match.start()], text[stop : stop + 3]):
            continue
        piece = text[at:stop]
        if piece.strip():
            spans.append((at + len(piece) - len(piece.lstrip()), at + len(piece.rstrip())))
        at = stop
    return spans


def _goes_on(before: str, after: str) -> bool:
    """An abbreviation, an initial or a day of the month."""
    word = _LAST_WORD.search(before)
    if word and word.group().casefold().lstrip('(„“"') in _ABBREVIATIONS:
        # Hours end sentences too: a capital after them tells, unless it names a zone.
        return (
            not (word.group().casefold() in ("a.m.", "p.m.") and after[:1].isupper() and after[1:2].islower())
            or after in _ZONES
        )
    return bool(_INITIAL.search(before)) or (bool(_ORDINAL.search(before)) and bool(_MONTH.match(after)))


def readable(markdown: str) -> str:
    """Plain text in which each row of a table is a sentence of its own."""
    lines: list[str] = []
    head: list[str] = []
    for line in markdown.splitlines():
        if line.count("|") < 2:
            head = []
            lines.append(line)
        elif not _RULE.match(line):
            row: list[Unit] = []
            head = _row(line, head, row)
            lines += [unit.text for unit in row]
    return plain("\n".join(lines))


def units(markdown: str) -> list[Unit]:
    """In the order of the text. Headings and table heads are no units: they say nothing by themselves."""
    found: list[Unit] = []
    paragraph: list[str] = []
    head: list[str] = []
    for line in [*markdown.splitlines(), ""]:
        step, bullet = _STEP.match(line), _BULLET.match(line)
        if line.strip() and not (step or bullet or line.startswith("#") or "|" in line):
            paragraph.append(line.strip())
            continue
        found += [Unit(plain(sentence)) for sentence in split_sentences(" ".join(paragraph))]
        paragraph = []
        if step or bullet:
            text = (step or bullet).group(1)  # type: ignore[union-attr]  # one of them matched
            found.append(Unit(plain(text), step=step is not None))
        elif line.count("|") >= 2 and not _RULE.match(line):
            head = _row(line, head, found)
        elif not line.strip():
            head = []
    return found


def _row(line: str, head: list[str], found: list[Unit]) -> list[str]:
    """A table row becomes a sentence: `Express — delivery time: 2 days; cost: $9`. The first row is the head."""
    cells = [plain(cell) for cell in line.strip().strip("|").split("|")]
    if not head:
        return cells
    pairs = list(zip(head, cells, strict=False))[1:]
    told = "; ".join(f"{name[:1].lower()}{name[1:]}: {cell.rstrip('.')}" for name, cell in pairs if cell)
    found.append(Unit(f"{cells[0]} — {told}."))
    return head
