"""An invitation's calendar part as text, for mails that say nothing else."""

import re

_FOLDED = re.compile(r"\r?\n[ \t]")
_LINE = re.compile(
    r"^(SUMMARY|DTSTART|DTEND|LOCATION|DESCRIPTION)[^:\n]{0,200}:([^\n]{0,5000})$", re.MULTILINE
)
_TITLES = {"SUMMARY": "", "DTSTART": "From: ", "DTEND": "To: ", "LOCATION": "Where: ", "DESCRIPTION": ""}


def invitation(source: str) -> str:
    """The first event's title, times, place and description, one a line."""
    unfolded = _FOLDED.sub("", source)
    begin = max(unfolded.find("BEGIN:VEVENT"), 0)
    end = unfolded.find("END:VEVENT", begin)
    event = unfolded[begin : end if end > 0 else None]
    said: dict[str, str] = {}
    for found in _LINE.finditer(event):
        said.setdefault(found[1], found[2].replace("\\n", "\n").replace("\\", "").strip())
    return "\n".join(_TITLES[key] + said[key] for key in _TITLES if said.get(key))
