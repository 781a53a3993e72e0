"""deskfleet audit verify|replay|export: whether the records of decisions are whole, and what they say."""

import json as json_text
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Annotated

import typer
from sqlalchemy import func, select

from agent_core import reproduction
from agent_core.reproduction import Reproduced
from deskfleet.commands.output import JSON_HELP, print_json, print_table, progress_bar
from deskfleet.migrate import migrate
from runtime.database import transaction
from runtime.errors import InvalidInput, NotFound
from tickets import decision_anchors, decision_records, decision_verification
from tickets.decision_form import canonical
from tickets.decision_models import DecisionRecord
from tickets.models import AgentDecision, Ticket

_BATCH = 200
_MOST_SHOWN = 50

Json = Annotated[bool, typer.Option("--json", help=JSON_HELP)]


def verify(
    anchors: Annotated[
        Path | None, typer.Option(help="The file of anchors, if not where the settings have it.")
    ] = None,
    json: Json = False,
) -> None:
    """Recompute every hash of the decisions' chain; exit code 1 names each row that was altered or removed."""
    migrate()
    path = anchors or decision_anchors.file_path()
    if anchors and not anchors.exists():
        raise NotFound(f"There is no file {anchors}.")
    with transaction() as session:
        report = decision_verification.verify(session, decision_anchors.read(path))
    if json:
        found = [{"fault": one.fault, "row": one.row, "text": one.text} for one in report.findings]
        print_json(
            {
                "sound": report.is_sound,
                "linked": report.linked,
                "unlinked": report.unlinked,
                "reduced": report.reduced,
                "anchors": report.anchors,
                "findings": found,
            }
        )
    else:
        print(f"{report.linked:,} records in the chain, {report.unlinked:,} not linked yet,", end=" ")
        print(f"{report.reduced:,} reduced by an erasure, {report.anchors:,} anchors.")
        rows = [(one.fault.replace("_", " "), one.row, one.text) for one in report.findings]
        print_table(("fault", "row", "what"), rows, empty="Every row is as it was written.")
    raise typer.Exit(0 if report.is_sound else 1)


def replay(
    ticket: Annotated[str, typer.Argument(help="TKT-…: the decisions of this ticket.")] = "",
    everything: Annotated[bool, typer.Option("--all", help="Every recorded decision.")] = False,
    json: Json = False,
) -> None:
    """Make recorded decisions again from their stored inputs; exit code 1 when one is not the same, byte for byte."""
    if bool(ticket) == everything:
        raise InvalidInput("Name one ticket, or --all.")
    migrate()
    done: dict[bool | None, int] = {True: 0, False: 0, None: 0}
    different: list[Reproduced] = []
    with progress_bar(quiet=json) as progress:
        task = progress.add_task("Decisions", total=_count(ticket))
        for one in _reproduced(ticket):
            done[one.same] += 1
            if one.same is False:
                different.append(one)
            progress.advance(task)
    if json:
        listed = [
            {"decision": one.decision_id, "ticket": one.ticket, "difference": one.difference}
            for one in different
        ]
        print_json(
            {"same": done[True], "different": done[False], "not_kept": done[None], "decisions": listed}
        )
    else:
        print(f"{done[True]:,} decisions are the same, {done[False]:,} differ,", end=" ")
        print(f"{done[None]:,} have no inputs any more.")
        for one in different[:_MOST_SHOWN]:
            print(f"\n{one.ticket}, decision {one.decision_id}:", *one.difference, sep="\n")
    raise typer.Exit(1 if different else 0)


def _count(ticket: str) -> int:
    with transaction() as session:
        if not ticket:
            return session.scalar(select(func.count(AgentDecision.id))) or 0
        number = session.scalar(select(Ticket.id).where(Ticket.public_id == ticket))
        if number is None:
            raise NotFound(f"There is no ticket {ticket[:40]}.")
        mine = select(func.count(AgentDecision.id)).where(AgentDecision.ticket_id == number)
        return session.scalar(mine) or 0


def _reproduced(ticket: str) -> Iterator[Reproduced]:
    after = 0
    while True:
        with transaction() as session:
            batch = reproduction.read_kept(session, ticket, after=after, limit=_BATCH)
        if not batch:
            return
        after = batch[-1].decision_id
        yield from map(reproduction.reproduce, batch)


def export(
    to: Annotated[Path, typer.Option(help="The file to write, JSON lines.")],
    since: Annotated[
        datetime | None, typer.Option(help="From this day or moment on, UTC; all records when unset.")
    ] = None,
) -> None:
    """Write the chain's records for a third party: docs/decision-records.md says how to verify them."""
    migrate()
    with transaction() as session:
        decision_records.link(session)
    with to.open("w", encoding="utf-8") as file:
        written = _write(file, since.replace(tzinfo=UTC) if since and since.tzinfo is None else since)
    print(f"{written:,} records written to {to}.")


def _write(file: IO[str], since: datetime | None) -> int:
    """From the first record of the span on, without a gap: each can be checked against the one before it."""
    query = (
        select(DecisionRecord).where(DecisionRecord.position.is_not(None)).order_by(DecisionRecord.position)
    )
    written, begun = 0, since is None
    with transaction() as session:
        for one in session.scalars(query.execution_options(yield_per=_BATCH)):
            begun = begun or (since is not None and _moment(one.body) >= since)
            if begun:
                line = {
                    "id": one.id, "position": one.position, "decision_id": one.decision_id, "previous": one.previous,
                    "hash": one.hash, "body": one.body,
                }  # fmt: skip
                file.write(canonical(line) + "\n")
                written += 1
            session.expunge(one)
    return written


def _moment(body: str) -> datetime:
    told = json_text.loads(body)
    return datetime.fromisoformat(told["at"] if told["kind"] == "reduction" else told["decision"]["at"])
