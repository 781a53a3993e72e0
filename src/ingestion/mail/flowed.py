"""Text whose lines are not meant as lines: format=flowed of RFC 3676, and texts in a PGP signature's frame."""

import re

_BEGIN = "-----BEGIN PGP SIGNED MESSAGE-----\n"
_SIGNATURE = "\n-----BEGIN PGP SIGNATURE-----"
_END = "-----END PGP SIGNATURE-----"
_DASHED = re.compile(r"^- (?=-)", re.MULTILINE)


def unfold(text: str, *, delete_space: bool) -> str:
    """Each paragraph on one line. `delete_space`: the space at a line's end is not part of the text (delsp)."""
    paragraphs: list[list[str]] = []
    open_depth = -1
    for line in text.split("\n"):
        depth = len(line) - len(line.lstrip(">"))
        body = line[depth:].removeprefix(" ")
        flows = body.endswith(" ") and body != "-- "
        shown = body[:-1] if flows and delete_space else body
        if open_depth == depth and body != "-- ":
            paragraphs[-1].append(shown)
        else:
            paragraphs.append([">" * depth + " " if depth else "", shown])
        open_depth = depth if flows else -1
    return "\n".join("".join(paragraph) for paragraph in paragraphs)


def without_frame(text: str) -> str:
    """A text that was signed, without the signature around it."""
    before, begin, framed = text.partition(_BEGIN)
    _headers, blank, framed = framed.partition("\n\n")
    signed, signature, after = framed.partition(_SIGNATURE)
    if not (begin and blank and signature):
        return text
    rest = after.partition(_END)[2]
    return before + _DASHED.sub("", signed) + rest
