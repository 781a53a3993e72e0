"""Parked mails in memory, for the tests of the page that shows them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from console.parking import OpenedMail, ParkedMail, Tried
from runtime.errors import NotFound

PARKED_AT = datetime(2026, 11, 3, 14, 5, tzinfo=UTC)


def a_mail(mail_id: int = 1, **changes: object) -> ParkedMail:
    values: dict[str, object] = {
        "mailbox": "support",
        "sender": "Alice <alice@example.com>",
        "subject": "Where is it?",
        "reason": "The mail has no From address.",
    }
    values |= changes
    return ParkedMail(id=mail_id, parked_at=PARKED_AT, size=2048, **values)  # type: ignore[arg-type]  # texts


@dataclass
class ParkedMails:
    """`ticket` is what a mail becomes that is received; empty: it goes on waiting, unless it is forced."""

    mails: dict[int, OpenedMail] = field(default_factory=dict)
    ticket: str = "TKT-20261103-ABCDEFGH"
    forced_ticket: str = ""
    tried: list[tuple[int, bool]] = field(default_factory=list)

    def put(self, mail: ParkedMail, *, text: str = "Hello", automatic: str = "") -> None:
        headers = (("From", mail.sender), ("Subject", mail.subject))
        self.mails[mail.id] = OpenedMail(mail, headers, text, automatic)

    def count_waiting(self) -> int:
        return len(self.mails)

    def list_waiting(self, limit: int) -> Sequence[ParkedMail]:
        return [opened.mail for opened in self.mails.values()][:limit]

    def read_mail(self, mail_id: int) -> OpenedMail:
        if mail_id not in self.mails:
            raise NotFound(f"There is no parked mail {mail_id}.")
        return self.mails[mail_id]

    def receive_mail(self, mail_id: int, *, force: bool) -> Tried:
        self.read_mail(mail_id)
        self.tried.append((mail_id, force))
        return Tried(ticket=(self.forced_ticket if force else "") or self.ticket, reason="not answered")

    def drop_mail(self, mail_id: int) -> None:
        self.read_mail(mail_id)
        del self.mails[mail_id]
