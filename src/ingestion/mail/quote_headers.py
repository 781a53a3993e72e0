"""Finds the lines that mail programs put above what they quote: "On … wrote:", "From: … Sent: …", rules. Pure."""

import re
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from ingestion.mail.client_words import Label, folded, labels, openers, phrases, verb_endings, verbs

_ATTRIBUTION_LINES = 6
_LONGEST_ATTRIBUTION = 500
_LONGEST_NAME_AFTER_VERB = 160
_BLOCK_LINES = 24
_WRAPPED_LINES = 2
_LONGEST_SEPARATOR = 200
_SHORT = 80
_MOST_OPENINGS = 3

_ADDRESS = r"[^\s<>()\[\]@\"']{1,64}@[^\s<>()\[\]@\"']{1,200}"
_HAS_ADDRESS = re.compile(_ADDRESS)
_ENDS_IN_ADDRESS = re.compile(rf"[<(\[]\s?(?:mailto:\s?)?{_ADDRESS}[>)\]\s]{{1,4}}:?$")
_DATED = re.compile(
    r"(?<!\d)\d{1,2}[:.h時时]\d{2}(?!\d)|(?<!\d)\d{4}(?!\d)|(?<!\d)\d{1,4}[./-]\d{1,2}[./-]\d{1,4}(?!\d)"
)
# A digit after three words at most: "On Tue, 10 …", "Am 10.11.", "El mar, 10 …", "2026-11-10", "W dniu 2026".
_BEGINS_WITH_DATE = re.compile(
    r"\W{0,5}(?:[^\W\d_]{1,14}(?:-[^\W\d_]{1,9})?[.,،、]{0,2}\s{0,2}){0,3}\d(?!\S{0,64}@)"
)
_ISO_DATE = re.compile(r"\d{4}[-/]\d{1,2}[-/]\d{1,2}\b")
_LABEL = re.compile(r"[*_~|#\s]{0,6}([^\W\d_][^:\n]{0,32}?)[*_~\s]{0,6}:")
_CLOSES_ADDRESS = re.compile(r">\s?\w{2,12}\s?:$")
_OPENING = re.compile(r"(?:(?<=\s)|(?<=-))(?:On|Am|Le|El|Il|Op|Em|Den)\s(?=\D{0,12}\d)")
_RULE = re.compile(r"[-‐‑–—―_=*~─━]{3,}(?:\s{0,3}\w[^-]{0,40}[-‐‑–—―_=*~─━]{3,})?$")
_ORNAMENT = " \t-‐‑–—―_=*~<>[]()#|.:─━"
_DASHES = "-‐‑–—―_=~─━"


class Kind(StrEnum):
    """How history begins: a line that names who wrote it, a block of headers, or a forwarded mail."""

    ATTRIBUTION = "attribution"
    BLOCK = "block"
    FORWARD = "forward"


@dataclass(frozen=True)
class Heading:
    """Lines start to end, without end, stand above history."""

    start: int
    end: int
    kind: Kind


def may_be_heading(line: str) -> bool:
    """Whether the line is worth a look; quick, for it is asked of every line."""
    return bool(line) and (
        line[-1] in ":-—*=_"
        or label_of(line) is not None
        or _ends_without_colon(line)
        or _separator(line) is not None
    )


def heading_at(plain: list[str], at: int, *, floor: int) -> Heading | None:
    """The heading that begins at this line or, if it is of several lines and names who wrote, ends at it.

    Lines above `floor` belong to something else already.
    """
    kind = _separator(plain[at])
    line = plain[at].strip(" *_")
    if kind and (line.startswith(tuple("#[<" + _DASHES)) or line.endswith(":") or _labelled(plain, at + 1)):
        return Heading(at, _end_below_separator(plain, at + 1), kind)
    if end := _block_end(plain, at):
        return Heading(at, end, Kind.BLOCK)
    start = _attribution_start(plain, at, floor)
    return None if start is None else Heading(start, at + 1, Kind.ATTRIBUTION)


def closes_address(plain: list[str], at: int) -> bool:
    """Whether the ">" that the line begins with closes the "<" of an address above and quotes nothing."""
    above = "".join(plain[max(at - 2, 0) : at])
    return bool(_CLOSES_ADDRESS.match(plain[at])) and "@" in above and above.count("<") > above.count(">")


def is_rule(line: str) -> bool:
    """A line of dashes or the like, or a short title between them."""
    return bool(_RULE.match(line))


def separate_headings(lines: list[str]) -> list[str]:
    """Some programs begin "On … wrote:" on the line on which the writer stopped: these are parted."""
    parted: list[str] = []
    for line in lines:
        opening = _opening_in(line)
        parted += [line] if opening is None else [line[:opening].rstrip(), line[opening:]]
    return parted


def _opening_in(line: str) -> int | None:
    ended = line.rstrip()[-1:] == ":" and len(line) <= _LONGEST_ATTRIBUTION
    if not ended or _ending_verb(folded(line.rstrip(" \t:"))) is None:
        return None
    for found in list(_OPENING.finditer(line))[: -_MOST_OPENINGS - 1 : -1]:
        before = line[: found.start()]
        said = before.strip(_ORNAMENT) and not before.lstrip().startswith(">")
        if said and is_attribution(line[found.start() :].strip()):
            return len(before.rstrip(" -"))
    return None


def label_of(line: str) -> Label | None:
    found = _LABEL.match(line[:60])
    return labels().get(folded(found.group(1))) if found else None


def _labelled(plain: list[str], at: int) -> bool:
    """Whether the next written line is a header such as "From: …"."""
    following = next((line for line in plain[at : at + 3] if line), "")
    return label_of(following.lstrip("> ")) is not None


def _separator(line: str) -> Kind | None:
    """-----Original Message-----, Begin forwarded message: and the like."""
    if not line or len(line) > _LONGEST_SEPARATOR:
        return None
    words = folded(line.strip(_ORNAMENT))
    adorned = line[0] in _ORNAMENT
    if adorned and any(phrase in words for phrase in phrases("above")):
        return Kind.BLOCK
    dashed = adorned and not line.strip(" *")[:2].strip(_DASHES)
    for kind, listed in ((Kind.FORWARD, phrases("forwarded")), (Kind.BLOCK, phrases("original"))):
        if words in listed or (dashed and words.startswith(tuple(listed))):
            return kind
    return None


def _end_below_separator(plain: list[str], at: int) -> int:
    """Headers below the separator belong to it."""
    first = next((i for i in range(at, min(at + 3, len(plain))) if plain[i]), at)
    return _headers_end(plain, first)[0] or at


def _block_end(plain: list[str], at: int) -> int | None:
    """The end of a block of headers that begins here, if it is one and no list of somebody's own."""
    if label_of(plain[at]) in (None, Label.OTHER):
        return None
    end, found = _headers_end(plain, at)
    has_address = "@" in "".join(plain[at:end])
    sent, dated = Label.SENT in found, bool({Label.SENT, Label.DATE} & found)
    # "From: Berlin, To: Paris, Date: Monday" is a journey: a date alone needs a subject or an address beside it.
    from_somebody = Label.FROM in found and (
        sent or (dated and (has_address or Label.SUBJECT in found)) or {Label.SUBJECT, Label.TO} <= found
    )
    # Addresses on both sides are no journey.
    between_addresses = {Label.FROM, Label.TO} <= found and "".join(plain[at:end]).count("@") > 1
    to_somebody = dated and Label.TO in found and has_address
    return end if from_somebody or between_addresses or to_somebody else None


def _headers_end(plain: list[str], at: int) -> tuple[int, set[Label]]:
    """Where headers that begin here end (0 when there are none), and which there are. Long ones are wrapped."""
    found: set[Label] = set()
    end, wrapped = 0, 0
    for here in range(at, min(at + _BLOCK_LINES, len(plain))):
        label = label_of(plain[here])
        if label:
            found.add(label)
            end, wrapped = here + 1, 0
        elif not plain[here]:
            if not _labelled_at(plain, here + 1):
                break
        elif wrapped == _WRAPPED_LINES or not found:
            return end, found
        else:
            wrapped += 1
    else:
        return end, found
    return (end + wrapped if found else 0), found


def _labelled_at(plain: list[str], at: int) -> bool:
    return at < len(plain) and label_of(plain[at]) is not None


def _attribution_start(plain: list[str], at: int, floor: int) -> int | None:
    """The line with which "On … wrote:" begins that ends at this line."""
    passing: list[tuple[int, str]] = []
    joined = ""
    for start in range(at, max(floor, at - _ATTRIBUTION_LINES) - 1, -1):
        line = plain[start]
        if not line:
            # Some programs set the address apart.
            if plain[start + 1].startswith("<"):
                continue
            break
        joined = f"{line} {joined}".strip()
        if len(joined) > _LONGEST_ATTRIBUTION:
            break
        if _begins_attribution(plain, start) and is_attribution(joined):
            passing.append((start, joined))
    if passing:
        return _likeliest_start(passing, plain)
    return at if _names_writer_of_quotation(plain, at) else None


def _likeliest_start(passing: list[tuple[int, str]], plain: list[str]) -> int:
    """From the end upwards: the first with "On 10 …"; or as far up as what is joined goes on from above."""
    opened = [start for start, joined in passing if _is_opened(joined)]
    if opened:
        return opened[0]
    for (start, joined), (above, _) in pairwise(passing):
        if not _goes_on(joined, plain[above]):
            return start
    return passing[-1][0]


def _is_opened(joined: str) -> bool:
    first = folded(joined.split(maxsplit=1)[0].strip(_ORNAMENT))
    return first in openers() and bool(_BEGINS_WITH_DATE.match(joined))


def _goes_on(joined: str, above: str) -> bool:
    dates, has_address = len(_DATED.findall(joined)), "@" in joined
    if joined[0] in "<(,+" or above.endswith(("<", "(")):
        return True
    if (not dates and _BEGINS_WITH_DATE.match(above)) or ("@" in above and not has_address):
        return True
    return not joined[0].isupper() and not (dates > 1 and has_address)


def _begins_attribution(plain: list[str], at: int) -> bool:
    line = plain[at]
    if _BEGINS_WITH_DATE.match(line) or "@" in line or line.endswith(("<", "(")):
        return True
    if at + 1 < len(plain) and plain[at + 1].startswith(("<", "(")):
        return True
    return bool(_DATED.search(line)) or line.startswith(tuple(_DASHES))


def is_attribution(joined: str) -> bool:
    """Whether a line, joined of several if it was wrapped, says who wrote what follows.

    It needs the verb and a date or an address; or a date at its beginning and an address at its end.
    """
    core = joined.strip(" \t*_-–—=|~")
    has_address = "@" in core and bool(_HAS_ADDRESS.search(core))
    dated = bool(_DATED.search(core))
    if not core.endswith(":"):
        return _is_attribution_without_colon(joined, core, dated=dated, has_address=has_address)
    if (has_address or dated or _is_opened(core)) and _has_verb(core[:-1].rstrip(), has_address=has_address):
        return True
    return dated and bool(_BEGINS_WITH_DATE.match(core)) and bool(_ENDS_IN_ADDRESS.search(core))


def _is_attribution_without_colon(joined: str, core: str, *, dated: bool, has_address: bool) -> bool:
    if _ISO_DATE.match(core) and _ENDS_IN_ADDRESS.search(core):
        return True
    dashed = (
        joined[:2].strip(_DASHES) == "" and joined[-2:].strip(_DASHES) == "" and len(joined) > len(core) + 3
    )
    return (dashed or (dated and has_address)) and _ending_verb(folded(core)) is not None


def _has_verb(core: str, *, has_address: bool) -> bool:
    words = folded(core)
    persons = _verb_persons(words)
    if persons is None:
        return False
    # "I wrote to you on … and you wrote:" is somebody's own sentence.
    return has_address or persons.isdisjoint(re.findall(r"[\w']+", words))


def _verb_persons(words: str) -> frozenset[str] | None:
    ending = _ending_verb(words)
    return _inner_verb(words) if ending is None else ending


def _ending_verb(words: str) -> frozenset[str] | None:
    if not words.endswith(verb_endings()):
        return None
    for verb, persons in verbs("wrote").items():
        if words.endswith(verb) and not words[: -len(verb)][-1:].isalpha():
            return persons
        if words.endswith(verb) and not verb.isascii() and ord(verb[0]) > 0x3000:
            return persons
    return None


def _inner_verb(words: str) -> frozenset[str] | None:
    for verb, persons in verbs("wrote_before_name").items():
        before, found, after = words.rpartition(verb)
        stands_alone = not before[-1:].isalpha() and not after[:1].isalpha()
        if found and stands_alone and len(after) <= _LONGEST_NAME_AFTER_VERB:
            return persons
    return None


def _ends_without_colon(line: str) -> bool:
    return (line.startswith(("19", "20")) and line.endswith(">")) or (
        "@" in line and _ending_verb(folded(line)) is not None
    )


def _names_writer_of_quotation(plain: list[str], at: int) -> bool:
    """ "Bob wrote:" needs neither date nor address where lines with ">" follow."""
    line = plain[at]
    following = next((one for one in plain[at + 1 : at + 3] if one), "")
    return (
        len(line) <= _SHORT
        and line.endswith(":")
        and following.startswith(">")
        and _verb_persons(folded(line[:-1].rstrip())) is not None
    )
