"""A long reply in several parts: broken where a reader would breathe, numbered, and never sent twice from its start."""

import re
from collections.abc import Callable, Iterator, Sequence

from runtime.errors import FateUnknown, Permanent, Retryable

Weight = Callable[[str], int]

# Chinese and Japanese write without blanks: a line may break behind each of their characters.
_WIDE = "\u3001-\u303f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uff01-\uff9f"
_ATOM = re.compile(
    rf"https?://[!-~]+|\s+|[{_WIDE}][」』）】、。，．！？]*|(?:(?!https?://)[^\s{_WIDE}])+", re.IGNORECASE
)
_SENTENCE_END = re.compile(r"""[.!?…。！？]["'”’»)\]」』）】]*$""")
_LINK = re.compile(r"https?://", re.IGNORECASE)
# What belongs to the character before it: joiners, variation selectors, skin tones, combining marks, flags' halves.
_GRAPHEME = re.compile(
    "[\U0001f1e6-\U0001f1ff]{2}"
    "|(?:.[\u0300-\u036f\u200d\u20e3\ufe00-\ufe0f\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]*"
    "(?:(?<=\u200d).[\u0300-\u036f\u200d\u20e3\ufe00-\ufe0f\U0001f3fb-\U0001f3ff]*)*)",
    re.DOTALL,
)
_ROOM_FOR_NUMBER = " (99/99)"


def utf16_units(text: str) -> int:
    """Length as platforms count it: an emoji is two."""
    return len(text.encode("utf-16-le")) // 2


def split_text(text: str, limit: int, *, weight: Weight) -> list[str]:
    """The parts of a text, each within the limit by `weight`; numbered `(1/2)` when there is more than one.

    Raises Permanent when a link alone is longer than a part: half a link is worse than none.
    """
    text = text.strip()
    if weight(text) <= limit:
        return [text]
    room = limit - weight(_ROOM_FOR_NUMBER)
    parts: list[str] = []
    left = [piece for atom in _ATOM.findall(text) for piece in _fitting(atom, room, weight)]
    while left:
        count = _breath(left, _most(left, room, weight))
        if part := "".join(left[:count]).strip():
            parts.append(part)
        left = left[count:]
    return [f"{part} ({number}/{len(parts)})" for number, part in enumerate(parts, start=1)]


def _fitting(atom: str, room: int, weight: Weight) -> Iterator[str]:
    """A word as it is, or by characters when it alone is too long for a part."""
    if weight(atom) <= room:
        yield atom
    elif _LINK.match(atom):
        raise Permanent("The reply holds a link that is longer than the platform lets a message be.")
    else:
        yield from _GRAPHEME.findall(atom)


def _most(atoms: Sequence[str], room: int, weight: Weight) -> int:
    """How many of the atoms fit; at least one. Blanks at the end do not count, as they are cut off."""
    used = count = 0
    for index, atom in enumerate(atoms):
        used += weight(atom)
        if used > room and not atom.isspace():
            break
        count = index + 1
    return max(count, 1)


def _breath(atoms: Sequence[str], most: int) -> int:
    """Where to break within `most` atoms: behind a line or a sentence of the later half, else behind a word."""
    if most >= len(atoms):
        return most
    half = sum(map(len, atoms[:most])) / 2
    length = 0
    sentence = word = 0
    for index, atom in enumerate(atoms[:most]):
        length += len(atom)
        following = atoms[index + 1]
        if atom.isspace() or following.isspace() or _is_wide(atom):
            word = index + 1
            if length >= half and ("\n" in atom or _SENTENCE_END.search(atom)):
                sentence = index + 1
    return sentence or word or most


def _is_wide(atom: str) -> bool:
    return re.match(f"[{_WIDE}]", atom) is not None


def send_in_parts(parts: Sequence[str], send_one: Callable[[str, str], str], *, after: str) -> None:
    """Send the parts in order; `send_one(part, after)` returns the id of what it sent, which the next comes after.

    A failure of the first part is what it is. Later the customer has the beginning already, and to start again
    would send it twice: the fate of the whole is unknown, which hands it to staff with the number of parts sent.
    """
    for sent, part in enumerate(parts):
        try:
            after = send_one(part, after)
        except (Retryable, Permanent, FateUnknown) as error:
            if not sent:
                raise
            raise FateUnknown(f"{sent} of {len(parts)} parts were sent, then: {error.detail}") from error
