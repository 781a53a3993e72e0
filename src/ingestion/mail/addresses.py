"""Who a mail comes from and who it goes to: the desk's own address, its token, and the others that read it."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from ingestion.mail.fields import Fields
from ingestion.mail.headers import raw_values

_MOST = 100
_IN_ANGLES = re.compile(r"<\s*([^<>\s@]{1,64}@[^<>\s@]{1,255})\s*>")
_BARE = re.compile(r"(?<![^\s<>\"'(),:;\[\]])[^\s<>\"'(),:;@\[\]]{1,64}@[^\s<>\"'(),:;@\[\]]{1,255}")
_QUOTED = re.compile(r"\"(?:[^\"\\]|\\.){0,200}\"")
_SEPARATOR = re.compile(r"[,;]")
# Where a mail was delivered, for those that name the desk neither in To nor in Cc.
_ENVELOPE = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "X-Forwarded-To")

_MACHINE = re.compile(
    r"^(?:mailer[._-]?daemon|mail[._-]?daemon|mdaemon|post[._-]?master|mail[._-]?delivery[\w.-]*|mailsystem"
    r"|bounces?|delivery[._-]?(?:status|failure|report)\w*)$"
)
_NO_REPLY = re.compile(
    r"(?:^|[._+-])(?:no|not|dont|do[._-]?not|please[._-]?do[._-]?not|never)[._-]?"
    r"(?:reply|replies|replyto|respond|response|answer)(?:$|[._+\d-])"
    r"|(?:^|[._+-])(?:ne[._-]?pas[._-]?repondre|nicht[._-]?antworten|keine[._-]?antwort|no[._-]?respond(?:er|a)"
    r"|non[._-]?rispondere|nao[._-]?respond(?:a|er)|niet[._-]?(?:beantwoorden|reageren)|nie[._-]?odpowiadaj"
    r"|nie[._-]?odpisuj|yanitlamayin|svara[._-]?ej|svar[._-]?ikke|neodpovidat|ne[._-]?otvechat)(?:$|[._+\d-])"
)


@dataclass(frozen=True)
class Recipients:
    """`desk` is the one of our addresses that the mail came to, as configured; `token` what stood after its plus."""

    desk: str
    token: str
    copied: tuple[str, ...]


def recipients(fields: Fields, *, mailboxes: Collection[str], sender: str) -> Recipients:
    """Everybody in To and Cc but the sender and the desk, and which address of the desk it is."""
    named = addresses([*raw_values(fields, "To"), *raw_values(fields, "Cc")])
    delivered = addresses(value for name in _ENVELOPE for value in raw_values(fields, name))
    ours = [own for address in (*named, *delivered) if (own := own_address(address, mailboxes))]
    desk, token = next((own for own in ours if own[1]), ours[0] if ours else ("", ""))
    copied = [
        address
        for address in named
        if not own_address(address, mailboxes) and address.lower() != sender.lower()
    ]
    return Recipients(desk, token, tuple(copied[:_MOST]))


def addresses(values: Iterable[str]) -> tuple[str, ...]:
    """Every address in the values, each once. A name that looks like an address is none."""
    found: dict[str, str] = {}
    for value in values:
        for item in _SEPARATOR.split(_QUOTED.sub(" ", value)):
            angles = [match[1] for match in _IN_ANGLES.finditer(item)]
            for address in angles or [match[0] for match in _BARE.finditer(item)]:
                found.setdefault(address.strip(".").lower(), address.strip("."))
    return tuple(list(found.values())[: _MOST * 2])


def own_address(address: str, mailboxes: Collection[str]) -> tuple[str, str] | None:
    """(our address, the text after its plus) when `address` is one of ours; None when it is not."""
    local, _, domain = address.strip().rpartition("@")
    for own in mailboxes:
        own_local, _, own_domain = own.rpartition("@")
        if domain.lower() != own_domain.lower():
            continue
        if local.lower() == own_local.lower():
            return own, ""
        if local.lower().startswith(f"{own_local.lower()}+"):
            return own, local[len(own_local) + 1 :]
    return None


def is_no_reply(address: str) -> bool:
    """Whether its name says that nobody reads what is sent there."""
    return bool(_NO_REPLY.search(address.rpartition("@")[0].lower()))


def is_mail_system(address: str) -> bool:
    """Whether it is the address of a mail server rather than of a person; a postmaster may be either."""
    return bool(_MACHINE.match((address.rpartition("@")[0] or address).lower()))
