"""The mailboxes that admins added while the desk works: as they are kept, and as boxes like any other."""

import base64
import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from ingestion.mail.box import After, Box, FirstRead
from ingestion.mail.servers import Encryption, Login, Sealed, Server
from runtime.sealing import seal

_FROZEN = ConfigDict(frozen=True)


class KeptServer(BaseModel):
    """Without a user nobody logs in; `sealed` is the password."""

    model_config = _FROZEN

    host: str
    port: int
    encryption: Encryption
    user: str = ""
    sealed: str = ""

    def place(self) -> str:
        """What the password is sealed for: who sends it elsewhere, or as somebody else, has to know it."""
        return f"mailbox password:{self.user}@{self.host}:{self.port}"

    def holding(self, password: str) -> "KeptServer":
        """The same with this password."""
        sealed = base64.b64encode(seal(password, place=self.place())).decode()
        return self.model_copy(update={"sealed": sealed})

    def server(self, ca_file: Path | None) -> Server:
        login = Login(self.user, sealed=Sealed(self.sealed, self.place())) if self.user else None
        return Server(self.host, self.port, self.encryption, login, ca_file, public_only=True)


class KeptBox(BaseModel):
    """See `Box`."""

    model_config = _FROZEN

    name: str
    address: str
    sender_name: str = ""
    imap: KeptServer
    folder: str = "INBOX"
    smtp: KeptServer
    after: After = After.KEEP
    first_read: FirstRead = FirstRead.NEW
    is_paused: bool = False

    def box(self, *, sender_name: str, ca_file: Path | None) -> Box:
        """`sender_name` is for those without one of their own."""
        return Box(
            name=self.name,
            address=self.address,
            sender_name=self.sender_name or sender_name,
            imap=self.imap.server(ca_file),
            folder=self.folder,
            smtp=self.smtp.server(ca_file),
            after=self.after,
            first_read=self.first_read,
            is_paused=self.is_paused,
        )


class _Document(BaseModel):
    mailboxes: tuple[KeptBox, ...] = ()


@lru_cache(maxsize=8)
def in_force(document: str | None) -> tuple[KeptBox, ...]:
    """Of the JSON that `runtime.desk_settings` holds."""
    return read(json.loads(document)) if document else ()


def read(document: Mapping[str, Any] | None) -> tuple[KeptBox, ...]:
    return _Document.model_validate(document or {}).mailboxes


def document(kept: tuple[KeptBox, ...]) -> dict[str, Any]:
    """The other way round."""
    return _Document(mailboxes=kept).model_dump(mode="json")
