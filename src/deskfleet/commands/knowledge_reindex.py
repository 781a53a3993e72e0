"""deskfleet knowledge reindex: fill the store of vectors that is to be used, and verify it."""

from dataclasses import asdict
from typing import Annotated

import typer
from rich.progress import Progress

from deskfleet.commands.output import JSON_HELP, print_json, progress_bar
from deskfleet.migrate import migrate
from knowledge import articles, embedder_switch, reindexing
from knowledge.embedder_switch import Switched
from knowledge.embedding import model_id
from knowledge.reindexing import Reindexed
from runtime.knowledge_settings import Store
from runtime.settings import settings


def reindex(
    to: Annotated[
        Store | None, typer.Option(help="The store to fill, in use or not; by default the one in use.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
) -> None:
    """Change to the embedder that the settings name, and fill a store with the vectors it lacks.

    Searches use the old vectors until all new ones are there. Stopped, it goes on where it was. Then the store is
    counted and a sample compared; the exit code is 1 when that shows a difference.
    """
    migrate()
    to = to or settings().knowledge.store
    with progress_bar(quiet=json) as progress:
        switched = _switch(progress)
        _embed(progress)
        task = progress.add_task("Pushing", total=reindexing.waiting(to))
        found = reindexing.reindex(to, progress=lambda more: progress.advance(task, more))
    if json:
        print_json({**asdict(found), "verified": found.is_verified, "embedder": model_id()})
    else:
        if switched:
            print(f"{switched.after} is in use instead of {switched.before}.")
        print(_told(found))
    raise typer.Exit(0 if found.is_verified else 1)


def _switch(progress: Progress) -> Switched | None:
    """None: the embedder in use is the one that the settings name."""
    if not embedder_switch.is_due():
        return None
    task = progress.add_task("Embedding", total=embedder_switch.waiting())
    switched = embedder_switch.switch(progress=lambda more: progress.advance(task, more))
    progress.add_task("Removing the old vectors", total=None)
    embedder_switch.clean_up()
    return switched


def _embed(progress: Progress) -> None:
    """What was left without vectors."""
    if not reindexing.lacking():
        return
    task = progress.add_task("Embedding", total=None)
    articles.reindex(progress=lambda done, total: progress.update(task, completed=done, total=total))


def _told(found: Reindexed) -> str:
    done = f"{found.to}: {found.pushed} pushed, {found.deleted} deleted."
    counted = f"{found.counted} of {found.vectors} vectors counted"
    compared = f"{found.differing} of {found.sampled} compared differ"
    verdict = "Verified" if found.is_verified else "NOT verified, run it again"
    return f"{done}\n{verdict}: {counted}, {compared}."
