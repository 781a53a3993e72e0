"""deskfleet mail boxes|test|parked …: the mailboxes, and the mails that were parked."""

import sys
from datetime import datetime
from typing import Annotated, Any

import typer

from deskfleet.commands.output import JSON_HELP, print_json, print_table, print_text
from deskfleet.migrate import migrate
from ingestion import mailboxes
from ingestion import parked as parked_mails
from ingestion.mail import boxes as known
from ingestion.mail import headers, probe, retrying
from ingestion.mail.box import Box
from ingestion.mail.fields import read_fields
from ingestion.mailboxes import State
from ingestion.parked import Parked
from runtime import desk_settings
from runtime.database import transaction

mail = typer.Typer(no_args_is_help=True, add_completion=False)
parked = typer.Typer(no_args_is_help=True, add_completion=False)
mail.add_typer(parked, name="parked")

Json = Annotated[bool, typer.Option("--json", help=JSON_HELP)]
ParkedId = Annotated[int, typer.Argument(help="As `deskfleet mail parked list` shows it.")]

_SHOWN = 20_000


@mail.callback()
def group() -> None:
    """Mailboxes, and the mails that were parked."""
    desk_settings.follow()


@parked.callback()
def parked_group() -> None:
    """Mails that were not received: see them, receive them after all, or drop them."""


@mail.command("boxes")
def list_boxes(json: Json = False) -> None:
    """Every mailbox with how it fares."""
    migrate()
    boxes = known.all_boxes()
    with transaction() as session:
        states = mailboxes.read_states(session, (box.place for box in boxes))
        waiting = {box.name: parked_mails.count_waiting(session, box.place).count for box in boxes}
    rows = [_box_row(box, states.get(box.place, State()), waiting[box.name]) for box in boxes]
    if json:
        print_json(rows)
        return
    heads = ("name", "address", "state", "last fetched", "parked", "after", "reads", "sends", "error")
    print_table(heads, [[row[head.replace(" ", "_")] for head in heads] for row in rows], empty="")


def _box_row(box: Box, state: State, parked_count: int) -> dict[str, Any]:
    return {
        "name": box.name,
        "address": box.address,
        "state": _state_word(state),
        "last_fetched": _moment(state.fetched_at),
        "failing_since": _moment(state.failing_since),
        "failures": state.failures,
        "parked": parked_count,
        "after": f"{box.after}:{box.move_to}" if box.move_to else box.after.value,
        "reads": box.place,
        "sends": str(box.smtp or "folder"),
        "error": state.error,
    }


def _state_word(state: State) -> str:
    if state.failures:
        return "failing"
    return "read" if state.fetched_at else "never read"


def _moment(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None


@mail.command("test")
def meet_servers(
    name: Annotated[str, typer.Argument(help="As `deskfleet mail boxes` shows it.")], json: Json = False
) -> None:
    """Meet the servers of one mailbox and log in; nothing is read, sent or changed."""
    migrate()
    findings = probe.probe(known.box_named(name))
    if json:
        print_json([{"about": one.about, "ok": one.ok, "said": one.said} for one in findings])
    else:
        for one in findings:
            print_text(f"{one.about}  {'ok' if one.ok else 'FAILED'}  {one.said}")
    if not all(one.ok for one in findings):
        raise typer.Exit(1)


@parked.command("list")
def list_parked(
    mailbox: Annotated[str, typer.Option(help="Only this mailbox, by its name.")] = "",
    with_retried: Annotated[
        bool, typer.Option("--all", help="Those too that were received meanwhile.")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 50,
    json: Json = False,
) -> None:
    """The mails that wait for a person, the newest first."""
    migrate()
    place = known.box_named(mailbox).place if mailbox else None
    with transaction() as session:
        rows = parked_mails.list_parked(session, mailbox=place, with_retried=with_retried, limit=limit)
    shown = [_parked_row(row) for row in rows]
    if json:
        print_json(shown)
        return
    heads = ("id", "mailbox", "from", "subject", "reason", "parked_at", "ticket")
    print_table(heads, [[row[head] for head in heads] for row in shown], empty="No mail is parked.")


def _parked_row(row: Parked) -> dict[str, Any]:
    header, _end = read_fields(row.head, 0, len(row.head))
    box = known.box_at(row.at.mailbox)
    return {
        "id": row.id,
        "mailbox": box.name if box else row.at.mailbox,
        "from": headers.text_value(header, "From")[:200],
        "subject": headers.text_value(header, "Subject")[:200],
        "reason": row.reason,
        "parked_at": _moment(row.parked_at),
        "size": row.size,
        "whole": row.whole,
        "retried_at": _moment(row.retried_at),
        "ticket": row.ticket,
    }


@parked.command("show")
def show_parked(
    parked_id: ParkedId,
    raw: Annotated[bool, typer.Option("--raw", help="The source alone, byte for byte.")] = False,
    json: Json = False,
) -> None:
    """One parked mail with the beginning of its source."""
    migrate()
    with transaction() as session:
        row = parked_mails.read_parked(session, parked_id)
        source = parked_mails.read_source(session, parked_id) if raw else row.head[:_SHOWN]
    if raw:
        sys.stdout.buffer.write(source)
        return
    shown = {**_parked_row(row), "source": source.decode("utf-8", "replace")}
    if json:
        print_json(shown)
        return
    print_text("\n".join(f"{name:10} {value}" for name, value in shown.items() if name != "source"))
    print_text(f"\n{shown['source']}".replace("\r\n", "\n"))
    if row.size > _SHOWN:
        print(f"... {row.size - _SHOWN} more bytes: --raw prints all.")


@parked.command("retry")
def retry_parked(
    parked_ids: Annotated[list[int], typer.Argument(help="One or more.")],
    force: Annotated[
        bool,
        typer.Option("--force", help="Also what is not answered, or has a Message-ID that was there before."),
    ] = False,
    json: Json = False,
) -> None:
    """Receive parked mails after all; again and again makes one ticket."""
    migrate()
    done = [retrying.retry(one, force=force) for one in parked_ids]
    if json:
        print_json(
            [{"id": one.id, "ticket": one.ticket or None, "reason": one.reason or None} for one in done]
        )
    else:
        for one in done:
            print_text(f"{one.id}  {one.ticket or f'still parked: {one.reason}'}")
    if not all(one.ticket for one in done):
        raise typer.Exit(1)


@parked.command("drop")
def drop_parked(parked_id: ParkedId, json: Json = False) -> None:
    """Forget one parked mail with its source, for good."""
    migrate()
    with transaction() as session:
        parked_mails.drop(session, parked_id)
    if json:
        print_json({"id": parked_id, "dropped": True})
    else:
        print(f"Dropped {parked_id}.")
