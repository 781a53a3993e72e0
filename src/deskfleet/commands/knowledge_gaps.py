"""deskfleet knowledge gaps|impact"""

from pathlib import Path
from typing import Annotated, Any

import typer

from deskfleet.commands.output import JSON_HELP, print_json, print_table, print_text, progress_bar
from deskfleet.migrate import migrate
from knowledge import article_files, articles, gaps, impact
from knowledge.gaps import Gap, GapState
from knowledge.impact import Effect, Impact
from runtime.database import transaction

_SHOWN_CHARACTERS = 90


def list_gaps(
    now: Annotated[bool, typer.Option("--now", help="Look for gaps first, as the weekly job does.")] = False,
    state: Annotated[GapState, typer.Option(help="Which ones.")] = GapState.OPEN,
    json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
) -> None:
    """What customers ask and no article answers, with drafts of articles out of what staff answered."""
    migrate()
    report = _find(quiet=json) if now else None
    with transaction() as session:
        found = gaps.list_gaps(session, state)
        if json:
            shown = [
                _as_json(one, [x.question for x in gaps.read_gap(session, one.gap.public_id).examples])
                for one in found
            ]
            print_json({"run": vars(report) if report else None, "gaps": shown})
            return
    if report:
        print(", ".join(f"{name} {count}" for name, count in vars(report).items()))
    rows = [
        (
            one.gap.public_id,
            one.figures.size,
            f"{one.figures.this_week} / {one.figures.week_before}",
            str(one.figures.trend),
            one.gap.language,
            one.gap.draft_origin,
            one.gap.title[:_SHOWN_CHARACTERS],
        )
        for one in found
    ]
    heads = ("gap", "questions", "this week / before", "trend", "language", "draft", "title")
    print_table(heads, rows, empty="There are no gaps.")


def _find(*, quiet: bool) -> gaps.GapReport:
    with progress_bar(quiet=quiet) as progress:
        task = progress.add_task("Looking for gaps", total=None)
        return gaps.find_gaps(
            progress=lambda step, done: progress.update(task, description=step, completed=done)
        )


def _as_json(one: Gap, examples: list[str]) -> dict[str, Any]:
    gap, figures = one.gap, one.figures
    return {
        "gap": gap.public_id,
        "state": one.state,
        "label": gap.label,
        "category": gap.category,
        "language": gap.language,
        "size": figures.size,
        "askers": figures.askers,
        "weeks": figures.weeks,
        "trend": figures.trend,
        "since_published": figures.since_published,
        "examples": examples,
        "draft": {
            "title": gap.title,
            "body": gap.body,
            "origin": gap.draft_origin,
            "sources": gap.draft_sources,
            "disagreements": gap.disagreements,
        },
    }


def show_impact(
    article: Annotated[str, typer.Argument(help="Its id, such as ART-5166CE5E.")],
    new_file: Annotated[
        Path | None, typer.Option(help="What it is to say. Without it: what if it were withdrawn?")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=5_000, help="Try so many of the newest answers.")] = 200,
    json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
) -> None:
    """Which past answers used an article, and which would change. Nothing is written."""
    migrate()
    with transaction() as session:
        known = articles.get_article(session, article.upper())
    new = None
    if new_file is not None:
        read = article_files.read_article(new_file)
        new = impact.with_text(known, read.title, read.body)
    with progress_bar(quiet=json) as progress:
        task = progress.add_task("Searching again", total=None)
        found = impact.foresee(
            known.public_id,
            new,
            limit=limit,
            progress=lambda done, total: progress.update(task, completed=done, total=total),
        )
    if json:
        print_json(_impact_as_json(found))
    else:
        _print_impact(found)


def _print_impact(found: Impact) -> None:
    print(f"{found.count} answers used {found.article}; of the newest {found.tried} would find:")
    print(", ".join(f"{outcome} {count}" for outcome, count in found.outcomes.items()))
    rows = [
        (one.use.ticket, str(one.outcome), _titles(one, after=False), _titles(one, after=True))
        for one in found.changed
    ]
    print_table(("ticket", "outcome", "found now", "would find"), rows, empty="No answer would change.")
    for one in found.contradicting:
        instead = f", the new text says {one.new}" if one.new else ""
        print_text(f"learned from {one.ticket}: “{one.statement}” states {one.old}{instead}")


def _titles(effect: Effect, *, after: bool) -> str:
    found = effect.after if after else effect.before
    return "; ".join(dict.fromkeys(one.title for one in found))[:_SHOWN_CHARACTERS] or "nothing"


def _impact_as_json(found: Impact) -> dict[str, Any]:
    return {
        "article": found.article,
        "answers": found.count,
        "tried": found.tried,
        "outcomes": found.outcomes,
        "changed": [
            {
                "ticket": one.use.ticket,
                "message_id": one.use.message_id,
                "answered_at": one.use.answered_at,
                "version": one.use.version,
                "question": one.use.question,
                "outcome": one.outcome,
                "before": [vars(passage) for passage in one.before],
                "after": [vars(passage) for passage in one.after],
            }
            for one in found.changed
        ],
        "contradicting": [vars(one) for one in found.contradicting],
    }
