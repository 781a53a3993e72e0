"""deskfleet knowledge reindex: fill the store of vectors that is to be used, and verify it."""

from dataclasses import asdict
from typing import Annotated

import typer
from rich.progress import Progress

from deskfleet.commands.output import JSON_HELP, print_json, progress_bar
from deskfleet.migrate import migrate
from knowledge import articles, reindexing
from knowledge.reindexing import Reindexed
from runtime.knowledge_settings import Store


def reindex(
    to: Annotated[Store, typer.Option(help="The store to fill, in use or not.")],
    json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
) -> None:
    """Fill a store with the vectors it lacks; stopped, it goes on where it was.

    Then it is counted and a sample compared; the exit code is 1 when that shows a difference.
    """
    migrate()
    with progress_bar(quiet=json) as progress:
        _embed(progress)
        task = progress.add_task("Pushing", total=reindexing.waiting(to))
        found = reindexing.reindex(to, progress=lambda more: progress.advance(task, more))
    if json:
        print_json({**asdict(found), "verified": found.is_verified})
    else:
        print(_told(found))
    raise typer.Exit(0 if found.is_verified else 1)


def _embed(progress: Progress) -> None:
    """After a change of the embedder its vectors come first."""
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
