"""Who gets a reply by mail: one rule for the mail that is composed and for the page that says so. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

MOST_COPIED = 20


@dataclass(frozen=True)
class Recipients:
    """`elsewhere`: the customer asked for the answer at another address than their own."""

    to: str
    elsewhere: bool
    copied: tuple[str, ...]


def of_mail(*, customer: str, reply_to: str, copied: Sequence[str], ours: str, by_agent: bool) -> Recipients:
    """The agent answers the customer alone; staff also write to whom the customer had put in copy, each once."""
    known = {one.lower() for one in (ours, customer, reply_to)}
    others: dict[str, str] = {}
    for one in [] if by_agent else copied[:MOST_COPIED]:
        if one.lower() not in known:
            others.setdefault(one.lower(), one)
    return Recipients(reply_to or customer, bool(reply_to), tuple(others.values()))
