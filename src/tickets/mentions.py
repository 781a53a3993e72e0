"""Whom a note speaks to: `@` and a name, a first name where it is clear, or a mail address's first part. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

_MENTION = re.compile(r"(?<![\w@.])@(\w[\w.\-]*(?: \w+){0,3})")


@dataclass(frozen=True)
class Colleague:
    public_id: str
    name: str
    email: str

    @property
    def calls(self) -> set[str]:
        """All that this person is called by, in small letters."""
        name = self.name.casefold()
        return {name, name.split()[0] if name.split() else name, self.email.partition("@")[0].casefold()}


def mentioned(text: str, staff: list[Colleague]) -> list[str]:
    """Public ids in the order they are named. The longest name that fits counts; one that two people share, nobody."""
    known = _by_call(staff)
    found: dict[str, None] = {}
    for match in _MENTION.finditer(text):
        words = match[1].casefold().split(" ")
        for length in range(len(words), 0, -1):
            called = " ".join(words[:length]).rstrip(".-")
            if called in known:
                found[known[called]] = None
                break
    return list(found)


def _by_call(staff: list[Colleague]) -> Mapping[str, str]:
    calls: dict[str, set[str]] = {}
    for one in staff:
        for call in one.calls:
            calls.setdefault(call, set()).add(one.public_id)
    return {call: ids.pop() for call, ids in calls.items() if len(ids) == 1}
