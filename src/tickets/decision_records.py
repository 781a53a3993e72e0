"""Writes the record of each decision beside it, and links records to one chain shortly after.

Called by `decisions` and by erasures; a sweep links, so that answering waits for no lock.
"""

import logging
import secrets
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime
from functools import lru_cache
from importlib import metadata
from typing import Any

from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from tickets.contracts import Evidence
from tickets.decision_form import (
    FORMAT,
    canonical,
    first_hash,
    link_hash,
    open_part,
    private_hashes,
    private_part,
    salted,
    sha256,
)
from tickets.decision_models import DecisionChainHead, DecisionContext, DecisionInputs, DecisionRecord
from tickets.models import AgentDecision

log = logging.getLogger(__name__)

MOST_AT_ONCE = 1_000


@lru_cache(maxsize=1)
def _code_version() -> str:
    return metadata.version("deskfleet")


def keep(session: Session, row: AgentDecision, ticket: str, evidence: Evidence | None) -> None:
    """The record and the inputs of a decision that was just written; `ticket` is the public id."""
    evidence = evidence or Evidence()
    salt = secrets.token_hex(16)
    inputs = canonical(
        {"salt": salt, "case": evidence.case, "steps": evidence.steps, "rules": evidence.rules}
    )
    context = canonical(evidence.context)
    body = {
        "kind": "decision",
        "format": FORMAT,
        "code": _code_version(),
        "ticket": ticket,
        "decision": open_part(row),
        "private": private_hashes(row, salt),
        "inputs": sha256(inputs),
        "case": salted(salt, evidence.case),
        "steps": {name: salted(salt, value) for name, value in evidence.steps.items()},
        "passages": [asdict(one) for one in evidence.passages],
        "rules": {
            "applied": [reason for reason, applies, _because in evidence.rules if applies],
            "hash": salted(salt, evidence.rules),
        },
        "thresholds": evidence.thresholds,
        "context": sha256(context),
    }
    session.execute(
        insert(DecisionContext).values(hash=sha256(context), content=context).on_conflict_do_nothing()
    )
    session.execute(insert(DecisionInputs).values(decision_id=row.id, inputs=inputs))
    session.execute(insert(DecisionRecord).values(decision_id=row.id, body=canonical(body)))


def note_reduction(session: Session, reduced: Iterable[AgentDecision]) -> None:
    """These decisions were emptied by right: their inputs go, and a record of its own says how they look now."""
    hashes = {str(row.id): sha256(canonical(private_part(row))) for row in reduced}
    if not hashes:
        return
    numbers = [int(number) for number in hashes]
    session.execute(delete(DecisionInputs).where(DecisionInputs.decision_id.in_(numbers)))
    body = {
        "kind": "reduction",
        "format": FORMAT,
        "at": datetime.now(UTC).isoformat(),
        "decisions": hashes,
    }
    session.execute(insert(DecisionRecord).values(decision_id=None, body=canonical(body)))


def link(session: Session, *, most: int = MOST_AT_ONCE) -> int:
    """Give records that have none their place in the chain, in the order of their ids; returns how many.

    Run twice at once, the second waits for the first. A chain without its head is left as it is: `deskfleet audit
    verify` names it, and going on would hide what is missing.
    """
    head = _locked_head(session)
    if head is None:
        log.error("the decisions' chain has lost its head: nothing is linked")
        return 0
    waiting = session.execute(
        select(DecisionRecord.id, DecisionRecord.decision_id, DecisionRecord.body)
        .where(DecisionRecord.position.is_(None))
        .order_by(DecisionRecord.id)
        .limit(most)
    ).all()
    links: list[dict[str, Any]] = []
    for record_id, decision_id, body in waiting:
        previous, head.position = head.hash, head.position + 1
        head.hash = link_hash(record_id, head.position, decision_id, previous, body)
        links.append(
            {"record": record_id, "place": head.position, "before": previous, "own": head.hash},
        )
    if links:
        table = DecisionRecord.__table__
        placed = update(table).where(table.c.id == bindparam("record"))  # type: ignore[arg-type]  # a table of ours
        session.connection().execute(
            placed.values(position=bindparam("place"), previous=bindparam("before"), hash=bindparam("own")),
            links,
        )
    session.flush()
    return len(links)


def _locked_head(session: Session) -> DecisionChainHead | None:
    query = select(DecisionChainHead).with_for_update()
    head = session.scalars(query).first()
    if head is not None:
        return head
    if session.scalar(select(func.count()).where(DecisionRecord.position.is_not(None))):
        return None
    first = session.scalar(select(func.min(DecisionRecord.decision_id)))
    begins_after = (first or 1) - 1
    made = insert(DecisionChainHead).values(
        begins_after=begins_after, position=0, hash=first_hash(begins_after)
    )
    session.execute(made.on_conflict_do_nothing())
    return session.scalars(query).first()
