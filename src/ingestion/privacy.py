"""What the doors keep of a customer: mails that were parked, and mail files of the local mailbox."""

import re
from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from ingestion.models import ParkedMail
from runtime.data_folder import data_folder
from tickets import tombstones
from tickets.customers import MAIL, identities_of

_MAX_READ = 65_536  # Who wrote and to whom stands in the head.


def export_customer(session: Session, customer_id: int) -> dict[str, list[dict[str, str]]]:
    """Parked mails that name one of the customer's addresses, as they came."""
    return {
        "parked_mails": [
            {
                "mailbox": one.mailbox,
                "reason": one.reason,
                "source": one.raw.decode("latin-1"),
                "parked_at": one.parked_at.isoformat(),
            }
            for one in _parked(session, mail_addresses(session, customer_id))
        ]
    }


def erase_customer(session: Session, customer_id: int) -> int:
    """Drop the parked mails that name one of the customer's addresses; returns how many."""
    found = _parked(session, mail_addresses(session, customer_id))
    # The mailbox may show them anew, and they are as broken as before.
    tombstones.raise_over(session, {tombstones.parked_mail(one.digest) for one in found if one.digest})
    for one in found:
        session.delete(one)
    session.flush()
    return len(found)


def mail_addresses(session: Session, customer_id: int) -> list[str]:
    return [one.value for one in identities_of(session, customer_id) if one.kind == MAIL and "@" in one.value]


def erase_files(addresses: Collection[str]) -> int:
    """Remove mail files of the data folder that name one of the addresses; returns how many."""
    folder = data_folder() / "mail"
    wanted = [_whole(one) for one in addresses]
    found = [path for path in folder.rglob("*.eml") if wanted and _names_one(path, wanted)]
    for path in found:
        path.unlink(missing_ok=True)
    return len(found)


def _names_one(path: Path, wanted: Collection[re.Pattern[bytes]]) -> bool:
    try:
        with path.open("rb") as file:
            head = file.read(_MAX_READ)
    except OSError:
        return False
    return any(address.search(head) for address in wanted)


def _whole(address: str) -> re.Pattern[bytes]:
    """The address itself: `al@example.com` is not part of `hal@example.com`."""
    return re.compile(rb"(?<![\w.+-])" + re.escape(address.encode()) + rb"(?![\w.-])", re.IGNORECASE)


def _parked(session: Session, addresses: Collection[str]) -> list[ParkedMail]:
    """The database looks for the letters, which is quick; whether it is the whole address is seen here."""
    if not addresses:
        return []
    source = func.lower(func.encode(ParkedMail.raw, "escape"))
    near = or_(
        *[func.strpos(source, one.encode("ascii", "backslashreplace").decode()) > 0 for one in addresses]
    )
    wanted = [_whole(one) for one in addresses]
    found = session.scalars(select(ParkedMail).where(near).order_by(ParkedMail.id))
    return [one for one in found if any(address.search(one.raw) for address in wanted)]


def forget_parked_before(session: Session, moment: datetime) -> int:
    """For the retention; returns how many."""
    gone = delete(ParkedMail).where(ParkedMail.parked_at < moment).returning(ParkedMail.id)
    return len(session.scalars(gone).all())
