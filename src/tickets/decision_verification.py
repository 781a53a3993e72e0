"""Whether the records of decisions are as they were written: names what was altered, removed, or is not as anchored."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tickets.decision_anchors import Anchor, Unreadable
from tickets.decision_form import (
    canonical,
    first_hash,
    link_hash,
    open_part,
    private_hashes,
    private_part,
    sha256,
)
from tickets.decision_models import DecisionChainHead, DecisionContext, DecisionInputs, DecisionRecord
from tickets.models import AgentDecision

_BATCH = 500
_Read = tuple[DecisionRecord, AgentDecision | None, str | None]


class Fault(StrEnum):
    ALTERED = "altered"
    REMOVED = "removed"
    NOT_AS_ANCHORED = "not_as_anchored"


@dataclass(frozen=True)
class Finding:
    """One row that is not as it was written. `row` names its table and key."""

    fault: Fault
    row: str
    text: str


@dataclass
class Report:
    """`unlinked`: written moments ago, not in the chain yet. `reduced`: emptied by an erasure, which has a record."""

    linked: int = 0
    unlinked: int = 0
    reduced: int = 0
    anchors: int = 0
    findings: list[Finding] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        return not self.findings


@dataclass
class _Walk:
    """Where the reading of the chain is. `hash` None: the record before is faulty, so nothing can be compared."""

    reductions: dict[int, str]
    contexts: set[str]
    anchors: dict[int, set[str]]
    position: int = 0
    hash: str | None = None


def verify(session: Session, anchors: Sequence[Anchor | Unreadable] = ()) -> Report:
    """Reads every record, its decision and its inputs once, and recomputes every hash.

    The first in its transaction: all is read as of one moment, whatever is decided and linked meanwhile.
    """
    session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
    report = Report(anchors=len(anchors))
    head = session.scalars(select(DecisionChainHead)).first()
    report.findings += _contexts(session)
    walk = _Walk(
        reductions=_reductions(session),
        contexts=set(session.scalars(select(DecisionContext.hash))),
        anchors={},
        hash=first_hash(head.begins_after) if head else None,
    )
    for anchor in anchors:
        if isinstance(anchor, Anchor):
            walk.anchors.setdefault(anchor.position, set()).add(anchor.hash)
    for row in _rows(session):
        report.findings += _check(walk, report, row)
    report.findings += _unrecorded(session, head)
    report.findings += _end(walk, head, report)
    report.findings += _anchored(walk, anchors)
    return report


def _rows(session: Session) -> Iterator[_Read]:
    query = (
        select(DecisionRecord, AgentDecision, DecisionInputs.inputs)
        .outerjoin(AgentDecision, AgentDecision.id == DecisionRecord.decision_id)
        .outerjoin(DecisionInputs, DecisionInputs.decision_id == DecisionRecord.decision_id)
        .order_by(DecisionRecord.position.asc().nulls_last(), DecisionRecord.id)
        .execution_options(yield_per=_BATCH)
    )
    for record, decision, inputs in session.execute(query):
        yield record, decision, inputs
        for one in (record, decision):
            if one is not None:
                session.expunge(one)  # A long chain does not stay in memory.


def _check(walk: _Walk, report: Report, row: _Read) -> Iterator[Finding]:
    record, decision, inputs = row
    if record.position is None:
        report.unlinked += 1
    else:
        report.linked += 1
        yield from _linked(walk, record, record.position)
    body = _body(record)
    if body is None or body.get("kind") not in ("decision", "reduction"):
        if record.position is None:
            yield _altered(f"decision_records {record.id}", "its body cannot be read")
        return
    if body["kind"] == "decision":
        if record.decision_id in walk.reductions:
            report.reduced += 1
        yield from _decided(walk, body, decision, inputs)


def _body(record: DecisionRecord) -> dict[str, Any] | None:
    try:
        body = json.loads(record.body)
    except ValueError:
        return None
    return body if isinstance(body, dict) else None


def _object(body: dict[str, Any], name: str) -> dict[str, Any]:
    """A part of a body, whatever somebody has made of it."""
    part = body.get(name)
    return part if isinstance(part, dict) else {}


def _linked(walk: _Walk, record: DecisionRecord, position: int) -> Iterator[Finding]:
    row = f"decision_records {record.id}"
    if position != walk.position + 1:
        missing = (
            f"{walk.position + 1}" if position == walk.position + 2 else f"{walk.position + 1}-{position - 1}"
        )
        yield Finding(Fault.REMOVED, f"decision_records at position {missing}", "the chain has a gap here")
        walk.hash = None
    own = link_hash(record.id, position, record.decision_id, record.previous or "", record.body)
    follows = walk.hash is None or record.previous == walk.hash
    if own != record.hash:
        yield _altered(row, f"the record at position {position} does not have its hash")
    elif not follows:
        yield _altered(row, f"the record at position {position} does not follow the one before it")
    for anchored in walk.anchors.pop(position, ()):
        if anchored != record.hash:
            yield Finding(Fault.NOT_AS_ANCHORED, row, f"position {position} was anchored with another hash")
    walk.position, walk.hash = position, record.hash if own == record.hash else None


def _decided(
    walk: _Walk, body: dict[str, Any], decision: AgentDecision | None, inputs: str | None
) -> Iterator[Finding]:
    told = _object(body, "decision")
    row = f"agent_decisions {told.get('id')}"
    if decision is None:
        yield Finding(Fault.REMOVED, row, "the decision has a record and is not there")
        return
    columns = [name for name, value in open_part(decision).items() if told.get(name) != value]
    if columns:
        yield _altered(row, f"not as recorded: {', '.join(columns)}")
    if body.get("context") not in walk.contexts:
        yield Finding(
            Fault.REMOVED, f"decision_contexts {body.get('context')}", f"decision {decision.id} was made so"
        )
    if (reduced := walk.reductions.get(decision.id)) is not None:
        if sha256(canonical(private_part(decision))) != reduced:
            yield _altered(row, "not as its erasure left it: draft, citations, judgement or notes")
        if inputs is not None:
            yield _altered(f"decision_inputs {decision.id}", "an erasure had removed them")
        return
    yield from _inputs(row, body, decision, inputs)


def _inputs(row: str, body: dict[str, Any], decision: AgentDecision, inputs: str | None) -> Iterator[Finding]:
    """The salt stands in the inputs: without them the words of a decision cannot be checked."""
    name = f"decision_inputs {decision.id}"
    if inputs is None:
        yield Finding(Fault.REMOVED, name, "no erasure tells of it")
        return
    if sha256(inputs) != body.get("inputs"):
        yield _altered(name, "they do not have their hash")
    try:
        salt = str(json.loads(inputs)["salt"])
    except (ValueError, KeyError, TypeError):
        return
    told = _object(body, "private")
    columns = [part for part, own in private_hashes(decision, salt).items() if told.get(part) != own]
    if columns:
        yield _altered(row, f"not as recorded: {', '.join(columns)}")


def _reductions(session: Session) -> dict[int, str]:
    """The newest of each decision."""
    found: dict[int, str] = {}
    query = (
        select(DecisionRecord.body).where(DecisionRecord.decision_id.is_(None)).order_by(DecisionRecord.id)
    )
    for body in session.scalars(query):
        try:
            told = json.loads(body)
            found |= {int(number): str(own) for number, own in told["decisions"].items()}
        except (ValueError, KeyError, TypeError, AttributeError):
            continue  # It does not have its hash either, which names it.
    return found


def _contexts(session: Session) -> Iterator[Finding]:
    query = select(DecisionContext).execution_options(yield_per=_BATCH)
    for one in session.scalars(query):
        if sha256(one.content) != one.hash:
            yield _altered(f"decision_contexts {one.hash}", "it does not have its hash")


def _unrecorded(session: Session, head: DecisionChainHead | None) -> Iterator[Finding]:
    recorded = select(DecisionRecord.id).where(DecisionRecord.decision_id == AgentDecision.id).exists()
    after = head.begins_after if head else 0
    for number in session.scalars(select(AgentDecision.id).where(AgentDecision.id > after, ~recorded)):
        yield Finding(Fault.REMOVED, f"decision_records of decision {number}", "the decision has no record")


def _end(walk: _Walk, head: DecisionChainHead | None, report: Report) -> Iterator[Finding]:
    if head is None:
        if report.linked:
            yield Finding(Fault.REMOVED, "decision_chain_head", "the chain has records and no head")
        return
    if head.position > walk.position:
        yield Finding(
            Fault.REMOVED,
            f"decision_records at position {walk.position + 1}-{head.position}",
            f"the chain ends at position {walk.position}, its head is at {head.position}",
        )
    elif head.position != walk.position or (walk.hash is not None and head.hash != walk.hash):
        yield _altered("decision_chain_head", "it is not the last record's")


def _anchored(walk: _Walk, anchors: Sequence[Anchor | Unreadable]) -> Iterator[Finding]:
    for position in sorted(walk.anchors):
        yield Finding(
            Fault.NOT_AS_ANCHORED, f"decision_records at position {position}", "it was anchored and is gone"
        )
    for one in anchors:
        if isinstance(one, Unreadable):
            yield Finding(Fault.NOT_AS_ANCHORED, f"anchors line {one.line}", "it cannot be read")


def _altered(row: str, text: str) -> Finding:
    return Finding(Fault.ALTERED, row, text)
