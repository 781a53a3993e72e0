"""deskfleet evaluate live: the search on the desk's own resolved tickets, each asked as if it were new."""

import time
from typing import Annotated

import typer

from deskfleet.commands import ranking_scores
from deskfleet.commands.output import JSON_HELP, print_json, print_table, progress_bar
from deskfleet.migrate import migrate
from knowledge.past_questions import Remembered, remembered
from knowledge.retrieval import Filters, Passage, search
from runtime.database import transaction
from runtime.errors import Conflict
from runtime.settings import settings

_DEEP = 10
_FEW = 30  # Below, one question more or less moves a figure by three points.

Figures = dict[str, float | int | None]


def run(
    newest: Annotated[int, typer.Option(min=1, help="Measure on so many of the newest questions.")] = 1_000,
    json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
) -> None:
    """Questions that staff answered with an article of yours: does the search find it?

    Each is asked with the knowledge that was there before it, in the index in use; nothing is changed.
    """
    migrate()
    with transaction() as session:
        asked = remembered(session)[-newest:]
    if not asked:
        raise Conflict(
            "No resolved ticket names an article yet: staff do when a reply holds its address, and "
            "`deskfleet knowledge learn --now` learns it."
        )
    with progress_bar(quiet=json) as progress:
        figures = measure(list(progress.track(asked, description="Asking")))
    if json:
        print_json(figures)
        return
    rows = [(name, "" if value is None else value) for name, value in figures.items()]
    print_table(("figure", "value"), rows, empty="")
    if len(asked) < _FEW:
        print(f"\nThese are {len(asked)} questions: too few to tell small differences.")


def measure(asked: list[Remembered]) -> Figures:
    """As `evaluate retrieval` defines them, and the share of questions that find anything relevant enough."""
    found, seconds, shown = [], [], 0
    for one in asked:
        started = time.perf_counter()
        passages = _search(one)
        seconds.append(time.perf_counter() - started)
        found.append([passage.article_public_id for passage in passages])
        shown += any(passage.relevance >= settings().knowledge.min_relevance for passage in passages)
    figures = ranking_scores.figures(found, [one.articles for one in asked], seconds)
    return {**figures, "shown": round(shown / len(asked), 4), "queries": len(asked)}


def _search(one: Remembered) -> list[Passage]:
    filters = Filters(valid_at=one.asked_at)
    return search(
        one.question, language=one.language, limit=_DEEP, min_relevance=0, filters=filters, per_article=1
    )
