"""All that is kept of one customer, over every package: exported as an archive, or erased with a receipt."""

import hmac
import json
import secrets
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from tempfile import SpooledTemporaryFile
from typing import IO, Any, cast

from sqlalchemy import Select, delete, func, select
from sqlalchemy.orm import Session

import ingestion.privacy
import knowledge.privacy
import llm.privacy
import tickets.privacy
from accounts import audit
from accounts.audit import Action
from api import idempotency
from runtime.data_folder import retired_secret_keys, secret_key
from runtime.database import transaction
from runtime.errors import NotFound
from tickets import attachments, conversation_export, conversations, customers, lifecycle, tombstones, traces
from tickets.contracts import Status
from tickets.erasure_models import Erasure
from tickets.models import Attachment, Customer, CustomerIdentity, Message, Ticket
from tickets.past_customers import Person
from tickets.queries import ticket_public_ids_of_customer

_IN_MEMORY = 8_388_608
_CLOSED = (Status.CLOSED, Status.MERGED)
_ACTOR = "privacy"
Part = Callable[[Session, int], Mapping[str, Any]]

# Each package tells what it keeps; a package with a `privacy.py` that is missing here is found by a test.
EXPORTS: Mapping[str, Part] = {
    "tickets": tickets.privacy.export_customer,
    "knowledge": knowledge.privacy.export_customer,
    "ingestion": ingestion.privacy.export_customer,
    "llm": llm.privacy.export_customer,
}
ERASURES: Mapping[str, Callable[[Session, int], int]] = {
    "tickets": tickets.privacy.erase_customer,
    "knowledge": knowledge.privacy.erase_customer,
    "ingestion": ingestion.privacy.erase_customer,
    "llm": llm.privacy.erase_customer,
}


@contextmanager
def exported(customer_id: str, *, by: str, address: str = "") -> Iterator[IO[bytes]]:
    """A ZIP of JSON and files, from its beginning. Raises NotFound. The export is in the audit log."""
    with transaction() as session:
        customer = customers.find(session, customer_id)
        texts, files = _parts(session, customer)
        audit.record(session, Action.EXPORT_CUSTOMER, actor=by, target=customer.public_id, address=address)
    with SpooledTemporaryFile(max_size=_IN_MEMORY) as spooled:
        with zipfile.ZipFile(spooled, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, value in texts.items():
                archive.writestr(name, json.dumps(value, ensure_ascii=False, indent=2, default=str))
            for one in files:
                with one.file.open() as content, archive.open(one.path, "w") as target:
                    while chunk := content.read(262_144):
                        target.write(chunk)
        spooled.seek(0)
        yield cast(IO[bytes], spooled)


def _parts(
    session: Session, customer: Customer
) -> tuple[dict[str, Any], list[conversation_export.ExportedFile]]:
    found = session.scalars(select(Ticket).where(Ticket.customer_id == customer.id).order_by(Ticket.id)).all()
    texts: dict[str, Any] = {"customer.json": conversation_export.export_profile(session, customer)}
    for ticket in found:
        texts[f"tickets/{ticket.public_id}.json"] = conversation_export.export_ticket(session, ticket)
    for package, export in EXPORTS.items():
        for name, value in export(session, customer.id).items():
            texts[f"{package}/{name}.json"] = value
    texts["tickets/told_to_programs.json"] = traces.export_told(session, customer.id)
    return texts, conversation_export.files_of(session, [one.id for one in found])


@dataclass(frozen=True)
class Preview:
    """How much there is of a customer, by kind: what an export holds and an erasure takes."""

    customer_id: str
    name: str
    identities: list[str]
    counts: dict[str, int]


def preview(customer_id: str) -> Preview:
    """Raises NotFound. It shows no text of anybody."""
    with transaction() as session:
        customer = customers.find(session, customer_id)
        known = customers.identities_of(session, customer.id)
        identities = [one.value for one in known if one.kind != customers.MERGED]
        ids = select(Ticket.id).where(Ticket.customer_id == customer.id)
        messages = select(Message.id).where(Message.ticket_id.in_(ids))
        counts = {
            "tickets": _count(session, ids),
            "messages": _count(session, messages),
            "files": _count(session, select(Attachment.id).where(Attachment.message_id.in_(messages))),
        }
        for export in EXPORTS.values():
            counts |= {name: len(value) for name, value in export(session, customer.id).items()}
        counts["told_to_programs"] = len(traces.export_told(session, customer.id))
    return Preview(customer.public_id, customer.name, identities, counts)


def _count(session: Session, query: Select[int]) -> int:
    return session.scalar(select(func.count()).select_from(query.subquery())) or 0


def erase(customer_id: str, *, by: str, address: str = "") -> dict[str, Any]:
    """Erase a customer everywhere; returns the receipt. A second time returns the first receipt.

    Raises NotFound, and Conflict while an action or a reply of this customer is under way.
    """
    with transaction() as session:
        if known := _receipt_of(session, customer_id):
            return known
        customer = customers.find(session, customer_id)
        receipt, file_keys = _erased(session, customer, by=by, address=address)
    with transaction() as session:
        unlisted = attachments.unlisted(session, file_keys)
    attachments.drop_content(
        unlisted
    )  # What came within the hour goes with the next nightly sweep of the store.
    llm.privacy.forget_remembered()
    return receipt


def _erased(
    session: Session, customer: Customer, *, by: str, address: str
) -> tuple[dict[str, Any], list[str]]:
    ticket_ids = _closed_tickets(session, customer.id)
    mails = ingestion.privacy.mail_addresses(session, customer.id)
    known = tombstones.messages_of(session, ticket_ids)
    counts = {package: erase_part(session, customer.id) for package, erase_part in ERASURES.items()}
    counts |= _forget_traces(session, customer)
    emptied = conversations.empty(session, ticket_ids)
    tombstones.bury(session, known)
    people = [Person(one.kind, one.value) for one in customers.identities_of(session, customer.id)]
    buried = tombstones.raise_over(session, people)
    session.execute(delete(CustomerIdentity).where(CustomerIdentity.customer_id == customer.id))
    customer.name, customer.tier = "", "standard"
    counted = counts | emptied.counts | {"mail_files": ingestion.privacy.erase_files(mails)}
    receipt = _receipt(customer.public_id, by=by, counts=counted, tombstones=buried)
    session.add(
        Erasure(
            public_id=receipt["erasure_id"], customer_id=customer.public_id, requested_by=by, receipt=receipt
        )
    )
    session.flush()
    audit.record(session, Action.ERASE_CUSTOMER, actor=by, target=customer.public_id, address=address)
    return receipt, emptied.file_keys


def _forget_traces(session: Session, customer: Customer) -> dict[str, int]:
    """What doors and staff keep beside the tickets."""
    identities = [one.value for one in customers.identities_of(session, customer.id)]
    ids = [customer.public_id, *ticket_public_ids_of_customer(session, customer.id)]
    return {
        "webhook_deliveries": traces.forget_told(session, customer.id),
        "saved_views": traces.forget_views(session, customer.id),
        "kept_answers": idempotency.forget_answers(session, [*ids, *identities]),
    }


def _closed_tickets(session: Session, customer_id: int) -> list[int]:
    """All their tickets; whoever works on an open one, human or agent, finds it closed."""
    found = session.scalars(
        select(Ticket).where(Ticket.customer_id == customer_id).order_by(Ticket.id).with_for_update()
    ).all()
    for ticket in found:
        if ticket.status not in _CLOSED:
            lifecycle.set_status(session, ticket.id, Status.CLOSED, actor=_ACTOR)
    return [ticket.id for ticket in found]


def _receipt(customer_id: str, *, by: str, counts: Mapping[str, int], tombstones: int) -> dict[str, Any]:
    receipt = {
        "erasure_id": f"ERASURE-{secrets.token_hex(8).upper()}",
        "customer_id": customer_id,
        "requested_by": by,
        "erased_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "erased": dict(sorted(counts.items())),
        "tombstones": tombstones,
    }
    return receipt | {"seal": _seal(receipt, key=secret_key())}


def is_genuine(receipt: Mapping[str, Any]) -> bool:
    """Whether we wrote this receipt, and nobody changed it since."""
    plain = {name: value for name, value in receipt.items() if name != "seal"}
    given = str(receipt.get("seal", "")).encode()
    keys = (secret_key(), *retired_secret_keys())
    return any(hmac.compare_digest(_seal(plain, key=key).encode(), given) for key in keys)


def _seal(receipt: Mapping[str, Any], *, key: bytes) -> str:
    return tombstones.keyed(json.dumps(receipt, sort_keys=True), key=key, purpose=b"receipt")


def _receipt_of(session: Session, customer_id: str) -> dict[str, Any] | None:
    return session.scalar(select(Erasure.receipt).where(Erasure.customer_id == customer_id))


def read_receipt(customer_id: str) -> dict[str, Any]:
    """Raises NotFound when this customer was not erased."""
    with transaction() as session:
        receipt = _receipt_of(session, customer_id)
    if receipt is None:
        raise NotFound(f"The customer {customer_id[:40]} was not erased.")
    return receipt
