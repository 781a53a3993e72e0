"""What the console asks of whoever knows the mailboxes. The application hands it to `pages.install`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from fastapi import Request

Kept = Mapping[str, Any] | None


@dataclass(frozen=True)
class Mailbox:
    """A mailbox and how it fares; `is_here`: it was added in the console. `hidden_by`: what the settings have too."""

    name: str
    address: str
    reads: str
    sends: str
    is_here: bool
    is_paused: bool = False
    hidden_by: str = ""
    read_at: datetime | None = None
    error: str = ""


@dataclass(frozen=True)
class Tried:
    """What a server said when it was tried. `about` is imap or smtp."""

    about: str
    works: bool
    said: str


class Mailing(Protocol):
    """Every mailbox. `kept` is the document of those that were added in the console; none of this writes it."""

    def list_mailboxes(self, kept: Kept) -> Sequence[Mailbox]: ...

    def form_of(self, kept: Kept, name: str) -> Mapping[str, str]:
        """The fields of a mailbox without its passwords; of no name an empty form. Raises NotFound."""

    def changed(self, kept: Kept, typed: Mapping[str, str]) -> dict[str, Any]:
        """The document with a mailbox as it was typed. Raises InvalidInput, Conflict or NotFound."""

    def paused(self, kept: Kept, name: str, *, is_paused: bool) -> dict[str, Any]: ...

    def without(self, kept: Kept, name: str) -> dict[str, Any]: ...

    def try_mailbox(self, kept: Kept, name: str) -> Sequence[Tried]:
        """Both servers are met and logged in to; nothing is read, sent or changed. Raises NotFound."""


def use(request: Request) -> Mailing | None:
    """None in an application that was given none."""
    kept: Mailing | None = getattr(request.app.state, "mailing", None)
    return kept
