"""One mailbox of the desk: where it is read, from where its replies are sent, and what becomes of its mails."""

from dataclasses import dataclass
from enum import StrEnum

from ingestion.mail.servers import Server

LOCAL_FOLDER = "folder"


class After(StrEnum):
    """What becomes of a mail in its mailbox once it was handled."""

    KEEP = "keep"
    SEEN = "seen"
    DELETE = "delete"
    MOVE = "move"


class FirstRead(StrEnum):
    """Of a mailbox seen for the first time: only mails from then on, or all it holds."""

    NEW = "new"
    ALL = "all"


@dataclass(frozen=True)
class Box:
    """Without `imap` it is the local folder mail/in, without `smtp` the local folder mail/out."""

    name: str
    address: str
    sender_name: str
    imap: Server | None = None
    folder: str = "INBOX"
    smtp: Server | None = None
    after: After = After.KEEP
    move_to: str = ""
    first_read: FirstRead = FirstRead.NEW
    is_paused: bool = False  # It is not read; what is sent from it goes on.

    @property
    def place(self) -> str:
        """What its cursor and its parked mails are kept under; holds no secret. Another server is another place."""
        if self.imap is None:
            return LOCAL_FOLDER
        user = self.imap.login.user if self.imap.login else ""
        return f"{user}@{self.imap}/{self.folder}"


def after_of(stated: str) -> tuple[After, str]:
    """`move:FOLDER` is two things, the others one."""
    after, _colon, folder = stated.partition(":")
    return After(after), folder
