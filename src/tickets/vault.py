"""Dangerous data out of a message before it is stored, and back for who may see it.

Intake calls `protect` and `keep`; the doors call `reveal`, which check the permission and write the audit log.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from runtime.errors import NotFound
from runtime.redaction import DANGEROUS, PLACEHOLDER, Kind, find
from runtime.sealing import seal, unseal
from tickets.models import Message, VaultEntry


@dataclass(frozen=True)
class Secret:
    """What a placeholder stands for."""

    kind: Kind
    placeholder: str
    value: str

    def __repr__(self) -> str:
        return f"Secret({self.placeholder})"


@dataclass(frozen=True)
class Protected:
    """A text that may be stored, and what was taken out of it."""

    text: str
    secrets: tuple[Secret, ...] = ()


def protect(text: str, *, after: Collection[Secret] = ()) -> Protected:
    """Cards, accounts, national ids and secrets replaced by numbered placeholders, e.g. `[CREDIT_CARD 1]`.

    `after`: what was taken out of the message's other texts, so that no placeholder stands for two things.
    """
    findings = find(text, DANGEROUS)
    if not findings:
        return Protected(text)
    taken = {match[0] for match in PLACEHOLDER.finditer(text)} | {one.placeholder for one in after}
    by_value = {(one.kind, one.value): one for one in after}
    parts: list[str] = []
    found: list[Secret] = []
    end = 0
    numbers: Counter[Kind] = Counter()
    for finding in findings:
        value = text[finding.start : finding.end]
        secret = by_value.get((finding.kind, value))
        if secret is None:
            secret = Secret(finding.kind, _free(finding.kind, taken, numbers), value)
            taken.add(secret.placeholder)
            by_value[finding.kind, value] = secret
            found.append(secret)
        parts += [text[end : finding.start], secret.placeholder]
        end = finding.end
    return Protected("".join([*parts, text[end:]]), tuple(found))


def _free(kind: Kind, taken: Collection[str], numbers: Counter[Kind]) -> str:
    """The next placeholder of a kind that nobody has typed either. `numbers` are the last ones given."""
    while True:
        numbers[kind] += 1
        if (placeholder := f"[{kind} {numbers[kind]}]") not in taken:
            return placeholder


def keep(session: Session, message_id: int, secrets: Iterable[Secret]) -> None:
    """Seal what was taken out of a message, in the transaction that stores the message."""
    rows = [
        {
            "message_id": message_id,
            "placeholder": one.placeholder,
            "kind": one.kind,
            "sealed": seal(one.value, place=_place(message_id, one.placeholder)),
        }
        for one in secrets
    ]
    if rows:
        session.execute(insert(VaultEntry), rows)


def reveal(session: Session, message_id: int) -> str:
    """A message's original text. Call it only for who may see it, and write that into the audit log."""
    text = session.scalar(select(Message.text).where(Message.id == message_id))
    if text is None:
        raise NotFound("There is no such message.")
    return restore(session, message_id, text)


def restore(session: Session, message_id: int, text: str) -> str:
    """Another text of the same message, such as its quoted part, with the originals in their places."""
    entries = session.scalars(select(VaultEntry).where(VaultEntry.message_id == message_id)).all()
    originals = {
        one.placeholder: unseal(one.sealed, place=_place(message_id, one.placeholder)) for one in entries
    }
    return PLACEHOLDER.sub(lambda match: originals.get(match[0], match[0]), text)


def kinds_kept(session: Session, message_id: int) -> list[str]:
    """Which kinds were taken out of a message, each once: what a page may show to everybody."""
    query = select(VaultEntry.kind).where(VaultEntry.message_id == message_id).distinct()
    return sorted(session.scalars(query))


def forget(session: Session, message_ids: Collection[int]) -> int:
    """Erase the originals of these messages; returns how many there were."""
    gone = session.execute(
        delete(VaultEntry).where(VaultEntry.message_id.in_(message_ids)).returning(VaultEntry.id)
    )
    return len(gone.all())


def _place(message_id: int, placeholder: str) -> str:
    return f"vault_entries:{message_id}:{placeholder}"
