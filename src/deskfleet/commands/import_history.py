"""deskfleet import: the history of another desk becomes tickets, and what staff solved there becomes knowledge."""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Annotated, Any

import typer

from deskfleet.commands.output import JSON_HELP, print_json, print_table, progress_bar
from deskfleet.migrate import migrate
from ingestion.history import importing, planning
from ingestion.history.columns import read_map
from ingestion.history.importing import Progress, Report, Understood
from ingestion.history.planning import Wishes
from ingestion.history.records import Format, Plan
from ingestion.history.rejects import ENDING
from ingestion.history.side_tables import side_tables
from runtime.errors import InvalidInput

import_ = typer.Typer(add_completion=False)

_AUTO = "auto"
_SHOWN = 3
_MOST_SHOWN = 200
_FORMATS = ", ".join([*Format, _AUTO])


@import_.command()
def load(  # noqa: PLR0913  # one argument for each option of the command line
    paths: Annotated[list[Path], typer.Argument(help="Exports; .gz as well.")],
    *,
    form: Annotated[str, typer.Option("--format", help=f"One of {_FORMATS}.")] = _AUTO,
    columns: Annotated[
        list[str] | None,
        typer.Option("--map", help="COLUMN=FIELD: which column holds what; may be repeated."),
    ] = None,
    map_file: Annotated[
        Path | None, typer.Option(help="TOML with the tables columns and status, and date_format.")
    ] = None,
    source: Annotated[str, typer.Option(help="Name of the other desk; by default the format's.")] = "",
    staff: Annotated[
        list[str] | None,
        typer.Option(help="Address, or @domain, that staff write mail from; may be repeated."),
    ] = None,
    encoding: Annotated[str, typer.Option(help="Of the file, when the guess is wrong.")] = "",
    keep_open: Annotated[
        bool, typer.Option("--open", help="Open tickets stay open, and are staff's.")
    ] = False,
    rejects: Annotated[
        Path | None, typer.Option(help="Where rejects go: a file, or a folder; by default beside the export.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="Stop after so many records; the next run goes on.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Store nothing; show what would be.")] = False,
    json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
) -> None:
    """Load past tickets. Nobody is answered; a stopped import goes on where it was. Exit code 1: there are rejects."""
    wishes = Wishes(
        format=_format(form),
        source=source,
        map=read_map(columns or [], map_file),
        encoding=encoding,
        keep_open=keep_open,
        staff=tuple(staff or ()),
    )
    if not dry_run:
        migrate()
    with _plans(paths, wishes, quiet=json) as plans:
        if dry_run:
            rejected = _show(plans, limit, quiet=json)
        else:
            places = _places(plans, rejects)
            rejected = _load(plans, places, limit, quiet=json)
    raise typer.Exit(1 if rejected else 0)


def _format(name: str) -> Format | None:
    if name != _AUTO and name not in list(Format):
        raise typer.BadParameter(f"{name} is not one of {_FORMATS}.", param_hint="--format")
    return None if name == _AUTO else Format(name)


@contextmanager
def _plans(paths: list[Path], wishes: Wishes, *, quiet: bool) -> Iterator[list[Plan]]:
    """The files that hold tickets. Exports in parts are read for people and comments first, which may be anywhere."""
    with side_tables() as side:
        plans = []
        for plan in [planning.plan_for(path, wishes, side=side) for path in paths]:
            with _progress(plan, "Looking into", quiet=quiet) as progress:
                if importing.note(plan, progress=progress):
                    plans.append(plan)
        if not plans:
            raise InvalidInput("The files hold no tickets; is it another --format?", field="format")
        yield plans


def _places(plans: list[Plan], given: Path | None) -> list[Path]:
    """Where the rejects of each file go."""
    if given is None:
        return [plan.path.with_name(plan.path.name + ENDING) for plan in plans]
    if given.is_dir():
        return [given / (plan.path.name + ENDING) for plan in plans]
    if len(plans) > 1:
        raise InvalidInput(
            "There are several files: name a folder that exists with --rejects.", field="rejects"
        )
    return [given]


def _load(plans: list[Plan], places: list[Path], limit: int | None, *, quiet: bool) -> int:
    reports: list[Report] = []
    for plan, place in zip(plans, places, strict=True):
        with _progress(plan, "Importing", quiet=quiet) as progress:
            reports.append(importing.import_file(plan, place, limit=limit, progress=progress))
    if quiet:
        print_json([_row(one) for one in reports])
    else:
        rows = [list(_row(one).values())[:-3] for one in reports]
        print_table(tuple(_row(reports[0]))[:-3], rows, empty="")
        for one in reports:
            if one.resumed_at:
                typer.echo(f"Gone on after {one.resumed_at} records of an import that was stopped.", err=True)
            if one.rejects:
                typer.echo(f"Rejects, with line and reason: {one.rejects}", err=True)
    return sum(one.rejected for one in reports)


def _row(report: Report) -> dict[str, Any]:
    speed = round((report.records - report.resumed_at) / report.seconds) if report.seconds else 0
    return {
        "file": report.file,
        "format": str(report.format),
        "stored": report.stored,
        "duplicates": report.duplicates,
        "skipped": report.skipped,
        "rejected": report.rejected,
        "seconds": round(report.seconds, 1),
        "per_second": speed,
        "finished": report.finished,
        "resumed_at": report.resumed_at,
        "rejects": report.rejects,
    }


@contextmanager
def _progress(plan: Plan, verb: str, *, quiet: bool) -> Iterator[Progress]:
    """By bytes read, which tells the time that is left."""
    with progress_bar(quiet=quiet) as bar:
        task = bar.add_task(f"{verb} {plan.path.name}", total=plan.path.stat().st_size)
        yield lambda done: bar.update(task, completed=done)


def _show(plans: list[Plan], limit: int | None, *, quiet: bool) -> int:
    """The mapping, the first tickets as they would be stored, and how many would be rejected."""
    shown = []
    for plan in plans:
        with _progress(plan, "Reading", quiet=quiet) as progress:
            shown.append(_preview(plan, islice(importing.understood(plan, progress=progress), limit)))
    if quiet:
        print_json(shown)
    for one in [] if quiet else shown:
        print(f"{one['file']}: {one['format']}, {one['encoding']}")
        print_table(("field", "column"), list(one["columns"].items()), empty="(no columns to map)")
        for ticket in one["first"]:
            print()
            print_table(("field", "value"), list(ticket.items()), empty="")
        print(
            f"\nWould be stored: {one['would_store']}, skipped: {one['skipped']}, rejected: {one['rejected']}."
        )
        print_table(("line", "reason"), one["reasons"], empty="")
    return sum(int(one["rejected"]) for one in shown)


def _preview(plan: Plan, read: Iterator[Understood]) -> dict[str, Any]:
    first: list[dict[str, Any]] = []
    reasons: list[tuple[int, str]] = []
    stored = skipped = rejected = 0
    for one in read:
        if one.past is not None:
            stored += 1
            first += [_sample(one)] if len(first) < _SHOWN else []
        elif one.reason:
            rejected += 1
            reasons += [(one.record.line, one.reason)] if len(reasons) < _SHOWN * _SHOWN else []
        else:
            skipped += 1
    return {
        "file": str(plan.path), "format": str(plan.format), "encoding": plan.encoding, "columns": dict(plan.columns),
        "first": first, "would_store": stored, "skipped": skipped, "rejected": rejected, "reasons": reasons,
    }  # fmt: skip


def _sample(one: Understood) -> dict[str, Any]:
    assert one.past is not None
    past = one.past
    said = [f"{said.author} {said.at:%Y-%m-%d %H:%M}: {said.text[:_MOST_SHOWN]}" for said in past.messages]
    return {
        "line": one.record.line,
        "id": past.external_id,
        "channel": str(past.channel),
        "customer": past.identity,
        "name": past.name,
        "subject": past.subject,
        "status": str(past.status),
        "resolved_at": past.resolved_at.isoformat() if past.resolved_at else None,
        "category": past.category,
        "language": past.language,
        "tags": ", ".join(past.tags),
        "messages": "\n".join(said[:_SHOWN]),
        "teaches": past.teaches,
    }
