"""deskfleet replay: past tickets through a candidate, in shadow, beside what was decided then."""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Annotated

import typer

from agent_core import candidates
from agent_core.candidates import Candidate
from agent_core.replay_tasks import REPLAY_PART, work_as_process
from analytics import replay_rows
from analytics.replay_models import Replay
from analytics.replay_rows import Wanted
from analytics.replays import Compared, Interval, Side, compare
from deskfleet.commands.output import JSON_HELP, print_json, print_table, progress_bar
from deskfleet.migrate import migrate
from runtime import jobs
from runtime.database import transaction
from runtime.errors import Unavailable
from runtime.settings import settings

replay = typer.Typer(add_completion=False)
_LOOK_S = 0.5
_PARTS = 8
# There is a process for each core: matrix products on several threads would only wait for one another, which took more
# than half of the time. It is read when a process begins.
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


@replay.command()
def run(  # noqa: PLR0913, PLR0917  # each is an option of the command
    since: Annotated[
        datetime | None, typer.Option("--since", formats=["%Y-%m-%d"], help="First day (UTC).")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option("--until", formats=["%Y-%m-%d"], help="Last day; today if not given.")
    ] = None,
    candidate: Annotated[
        Path | None, typer.Option("--candidate", help="TOML file; without one the desk as it is now.")
    ] = None,
    live: Annotated[
        bool, typer.Option("--live/--recorded", help="Call models, or reuse what they said to equal prompts.")
    ] = False,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="The newest so many tickets.")] = None,
    resume: Annotated[str, typer.Option("--resume", help="Go on with a replay that was stopped.")] = "",
    processes: Annotated[
        int | None,
        typer.Option("--processes", min=0, help="Here; 0: the fleet's workers do it. One per core or, with a "
                     "broker, the fleet."),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
) -> None:  # fmt: skip
    """Automation, escalations, wrong answers and cost of a candidate over past tickets. Customers get nothing.

    The next turn only. A killed replay goes on with --resume.
    """
    if since is None and not resume:
        raise typer.BadParameter("Name the first day, or a replay to --resume.", param_hint="--since")
    migrate()
    if resume:
        with transaction() as session:
            chosen = replay_rows.find(session, resume)
    else:
        given = candidates.read(candidate) if candidate else Candidate()
        chosen = _begin(given, Wanted(*_span(since, until), limit, live, by="command line"))
    began, before = time.monotonic(), _done(chosen)
    _do(chosen, _processes(processes), quiet=json)
    seconds = time.monotonic() - began
    with transaction() as session:
        found = compare(session, chosen)
    speed = (_done(chosen) - before) / seconds if seconds else 0.0
    if json:
        print_json({**found.as_json(), "seconds": round(seconds, 1), "tickets_per_s": round(speed, 1)})
        return
    _show(found)
    print(f"\n{_done(chosen) - before} tickets in {seconds:.0f} s, {speed:.0f} tickets/s.")


def _span(since: datetime | None, until: datetime | None) -> tuple[datetime, datetime]:
    assert since is not None
    last: date = until.date() if until else datetime.now(UTC).date()
    end = datetime.combine(last + timedelta(days=1), time_of_day(), UTC)
    return since.replace(tzinfo=UTC), end


def _begin(candidate: Candidate, wanted: Wanted) -> Replay:
    with transaction() as session:
        return replay_rows.begin(session, candidate.model_dump(mode="json", exclude_none=True), wanted)


def _processes(given: int | None) -> int:
    if given is not None:
        return given
    return 0 if settings().runtime.broker_url else os.cpu_count() or 1


def _do(chosen: Replay, processes: int, *, quiet: bool) -> None:
    """Returns when nothing waits any more."""
    if processes == 0 and not settings().runtime.broker_url:
        raise typer.BadParameter("Without a broker there is no fleet.", param_hint="--processes")
    workers = _start(chosen, processes)
    with progress_bar(quiet=quiet) as bar:
        task = bar.add_task(f"Replaying {chosen.public_id}", total=chosen.cases)
        while (done := _done(chosen)) < chosen.cases and not _is_ended(chosen):
            bar.update(task, completed=done)
            if workers and not any(one.is_alive() for one in workers):
                break
            time.sleep(_LOOK_S)
        bar.update(task, completed=chosen.cases)
    for one in workers:
        one.join()
    if any(one.exitcode for one in workers) and not _is_ended(chosen):
        raise Unavailable(
            f"The replay stopped half-way; go on with: deskfleet replay --resume {chosen.public_id}"
        )


def _start(chosen: Replay, processes: int) -> list[BaseProcess]:
    if processes == 0:
        for _ in range(_PARTS):
            jobs.request_now(REPLAY_PART, chosen.id)
        return []
    if not settings().runtime.broker_url:  # With a broker, others may be at work on it.
        with transaction() as session:
            replay_rows.release(session, chosen.id)
    context = get_context("spawn")
    workers = [context.Process(target=work_as_process, args=(chosen.id,)) for _ in range(processes)]
    with _environment(_ONE_THREAD):
        for one in workers:
            one.start()
    return list(workers)


@contextmanager
def _environment(given: Mapping[str, str]) -> Iterator[None]:
    """What processes that are started within inherit; what is set already stays."""
    added = {name: value for name, value in given.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            del os.environ[name]


def _done(chosen: Replay) -> int:
    with transaction() as session:
        counted = replay_rows.progress(session, chosen)
    return counted.cases - counted.waiting


def _is_ended(chosen: Replay) -> bool:
    with transaction() as session:
        return replay_rows.find(session, chosen.public_id).ended_at is not None


def _show(found: Compared) -> None:
    print(
        f"Replay {found.replay}: {found.name}, {found.since:%Y-%m-%d} to {found.until - timedelta(days=1):%Y-%m-%d}"
    )
    print(f"{found.scope}\n")
    rows = [
        ("tickets", found.present.cases, found.candidate.cases),
        ("answered automatically", _told(found.present.automation), _told(found.candidate.automation)),
        ("wrong, where known", _told(found.present.wrong), _told(found.candidate.wrong)),
        ("cost, USD", f"{found.present.cost_usd:.4f}", f"{found.candidate.cost_usd:.4f}"),
        ("time p50, ms", found.present.ms_p50, found.candidate.ms_p50),
    ]
    print_table(("", "then", "candidate"), rows, empty="")
    print(f"\nAutomation changes by {_told(found.gain)}.")
    print_table(("why staff get it", "then", "candidate"), _reasons(found.present, found.candidate), empty="")
    _show_left_out(found)
    print()
    print_table(
        ("ticket", "difference", "then", "candidate"),
        [
            (one.ticket, one.difference, _said(one.present), _said(one.candidate))
            for one in found.most_different
        ],
        empty="No case differs.",
    )


def _show_left_out(found: Compared) -> None:
    if found.undecided_then.cases:
        told = _told(found.undecided_then.automation)
        print(f"\nOf {found.undecided_then.cases} tickets that no agent decided then it answers {told}.")
    counts = {
        "of erased customers": found.gone, "failed": found.progress.failed,
        "before the first article; articles = \"now\" tries those of today": found.without_knowledge,
        **{f"not reproducible: {why}": count for why, count in found.not_reproducible.items()},
    }  # fmt: skip
    left = [(what, count) for what, count in counts.items() if count]
    if left:
        print()
        print_table(("left out or without", "tickets"), left, empty="")


def _reasons(present: Side, candidate: Side) -> list[tuple[str, int, int]]:
    names = dict.fromkeys([*present.escalations, *candidate.escalations])
    return [(one, present.escalations.get(one, 0), candidate.escalations.get(one, 0)) for one in names]


def _told(one: Interval) -> str:
    if one.value is None or one.low is None or one.high is None:
        return "–"
    return f"{one.value:.1%} ({one.low:.1%} to {one.high:.1%}, of {one.of})"


def _said(side: object) -> str:
    told = dict(side) if isinstance(side, dict) else {}
    text = " ".join(str(told.get("draft") or "").split())[:160]
    return f"{told.get('outcome')} {told.get('reason') or ''}: {text}"
