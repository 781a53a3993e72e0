"""What the console asks of whoever keeps the parked mails. The application hands it to `pages.install`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from fastapi import Request


@dataclass(frozen=True)
class ParkedMail:
    """A mail that was not received, and why. `mailbox` is where it came in, in words."""

    id: int
    mailbox: str
    sender: str
    subject: str
    reason: str
    parked_at: datetime
    size: int


@dataclass(frozen=True)
class OpenedMail:
    """`text` is how far it can be read. `automatic` is empty, or why a machine's mail is not answered."""

    mail: ParkedMail
    headers: tuple[tuple[str, str], ...]
    text: str
    automatic: str


@dataclass(frozen=True)
class Tried:
    """The ticket of a mail that was received after all, or why it still waits."""

    ticket: str = ""
    reason: str = ""


class Parking(Protocol):
    """Each function opens transactions of its own."""

    def count_waiting(self) -> int: ...

    def list_waiting(self, limit: int) -> Sequence[ParkedMail]:
        """The newest first."""

    def read_mail(self, mail_id: int) -> OpenedMail:
        """Raises NotFound when it is not there, or does not wait any more."""

    def receive_mail(self, mail_id: int, *, force: bool) -> Tried:
        """Again and again makes one ticket. Forced, it is taken as a person's message. Raises NotFound."""

    def drop_mail(self, mail_id: int) -> None:
        """For good, with its source. Raises NotFound."""


def use(request: Request) -> Parking | None:
    """None in an application that was given none."""
    kept: Parking | None = getattr(request.app.state, "parking", None)
    return kept
