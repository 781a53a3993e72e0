"""deskfleet knowledge add|sync|list|show|search|learn|gaps|impact|reindex"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from deskfleet.commands import knowledge_gaps, knowledge_reindex
from deskfleet.commands.output import JSON_HELP, print_json, print_table, print_text, progress_bar
from deskfleet.migrate import migrate
from knowledge import articles, retrieval, source_syncs
from knowledge.articles import Added, Article
from runtime.database import transaction
from runtime.errors import InvalidInput, TooLarge

knowledge = typer.Typer(no_args_is_help=True, add_completion=False)
knowledge.command("gaps")(knowledge_gaps.list_gaps)
knowledge.command("impact")(knowledge_gaps.show_impact)
knowledge.command("reindex")(knowledge_reindex.reindex)


@knowledge.callback()
def group() -> None:
    """The searchable memory."""


@knowledge.command("add")
def add(
    paths: Annotated[list[Path], typer.Argument(help="Files or folders: .md, .html, .pdf, .txt.")],
    json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
) -> None:
    """Add or update articles. A file that cannot be read is named and the rest goes on; then the exit code is 1."""
    migrate()
    added, refused = _add(articles.files_in(paths), quiet=json)
    articles.note_names()
    _report(added, refused, [], as_json=json)


@knowledge.command("sync")
def sync(
    folder: Annotated[Path, typer.Argument(help="Its files are the articles: .md, .html, .pdf, .txt.")],
    json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
) -> None:
    """Make the articles of a folder what its files are now: added, updated, and withdrawn when they vanished."""
    if not folder.is_dir():
        raise InvalidInput(f"{folder} is no folder.", field="path")
    migrate()
    begun = source_syncs.begin(folder, by="command")
    with progress_bar(quiet=json) as bar:
        adding = bar.add_task("Adding", total=None)
        done = source_syncs.sync(
            folder, begun, progress=lambda number, total: bar.update(adding, completed=number, total=total)
        )
    _report(done.added, [vars(one) for one in done.refused], done.withdrawn, as_json=json)


def _add(files: Sequence[Path], *, quiet: bool) -> tuple[list[Added], list[dict[str, str]]]:
    added, refused = [], []
    with progress_bar(quiet=quiet) as progress:
        for file in progress.track(files, description="Adding"):
            try:
                added += articles.add_path(file)
            except (InvalidInput, TooLarge) as error:
                refused.append({"file": str(file), "error": error.detail})
    return added, refused


def _report(
    added: Sequence[Added], refused: Sequence[dict[str, str]], withdrawn: Sequence[Article], *, as_json: bool
) -> None:
    """Prints what became of the files; ends with exit code 1 when one was refused."""
    shown = [
        {"article": one.public_id, "title": one.title, "chunks": one.chunks, "change": str(one.change)}
        for one in added
    ]
    gone = [{"article": one.public_id, "title": one.title} for one in withdrawn]
    if as_json:
        print_json({"added": shown, "withdrawn": gone, "refused": refused})
    else:
        rows = [list(one.values()) for one in shown]
        rows += [[one["article"], one["title"], "", "withdrawn"] for one in gone]
        print_table(("article", "title", "chunks", "change"), rows, empty="Nothing added.")
        for one in refused:
            typer.echo(f"refused: {one['error']}", err=True)
    raise typer.Exit(1 if refused else 0)


@knowledge.command("search")
def search(
    question: Annotated[str, typer.Argument(help="As a customer would ask.")],
    language: Annotated[str, typer.Option(help="ISO code.")] = "en",
    limit: Annotated[int, typer.Option(min=1, max=50, help="At most so many.")] = 5,
    json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
) -> None:
    """What the agent would find. Nothing found means: this question goes to staff."""
    migrate()
    found = retrieval.search(question, language=language, limit=limit)
    if json:
        print_json([vars(passage) for passage in found])
        return
    rows = [
        (f"{one.relevance:.2f}", one.title, one.heading, one.text[:100].replace("\n", " ")) for one in found
    ]
    print_table(("relevance", "article", "section", "text"), rows, empty="Nothing answers this question.")


@knowledge.command("list")
def list_all(json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False) -> None:
    """All articles."""
    migrate()
    with transaction() as session:
        found = articles.list_articles(session)
    rows = [(one.public_id, one.kind, one.language, one.version, one.title) for one in found]
    if json:
        print_json(
            [dict(zip(("article", "kind", "language", "version", "title"), row, strict=True)) for row in rows]
        )
    else:
        print_table(("article", "kind", "language", "version", "title"), rows, empty="There are no articles.")


@knowledge.command("show")
def show(
    article: Annotated[str, typer.Argument(help="Its id, such as ART-5166CE5E.")],
    version: Annotated[int | None, typer.Option(min=1, help="As it was then; by default as it is.")] = None,
    json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
) -> None:
    """One article with its text and its versions."""
    migrate()
    with transaction() as session:
        found = articles.get_article(session, article.upper())
        shown = articles.get_version(session, found, version or found.version)
        known = articles.list_versions(session, found)
    facts = {name: getattr(shown, name) for name in ("version", *articles.CONTENT)}
    stated = {"article": found.public_id, "kind": found.kind, "source": found.source, **facts}
    stated["withdrawn_at"] = found.withdrawn_at
    if json:
        print_json({**stated, "versions": [vars(one) for one in known]})
        return
    body = stated.pop("body")
    print_text("\n".join(f"{name}: {value}" for name, value in stated.items() if value))
    print_text(f"\n{body}\n")
    rows = [(one.version, f"{one.created_at:%Y-%m-%d %H:%M}", one.changed_by, one.title) for one in known]
    print_table(("version", "at (UTC)", "by", "title"), rows, empty="No version was kept.")


@knowledge.command("learn")
def learn(
    now: Annotated[bool, typer.Option("--now", help="Learn at once instead of tonight.")] = False,
    json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
) -> None:
    """Turn newly resolved tickets that staff answered into searchable questions and answers."""
    if not now:
        raise InvalidInput("The nightly job learns by itself; add --now to learn at once.", field="--now")
    migrate()
    with progress_bar(quiet=json) as progress:
        task = progress.add_task("Learning", total=None)
        report = articles.learn_now(
            progress=lambda done, total: progress.update(task, completed=done, total=total)
        )
    if json:
        print_json(vars(report))
    else:
        print(", ".join(f"{name} {count}" for name, count in vars(report).items()))


@knowledge.command("runs")
def runs(
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many, the newest first.")] = 20,
    json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
) -> None:
    """What each round of learning did: when, for how long, and what became of its tickets."""
    migrate()
    with transaction() as session:
        found = articles.latest_runs(session, limit=limit)
    if json:
        print_json([vars(run) for run in found])
        return
    rows = [(f"{run.started_at:%Y-%m-%d %H:%M:%S}", *list(vars(run).values())[1:]) for run in found]
    names = (
        "started (UTC)",
        "by",
        "outcome",
        "seconds",
        "seen",
        "learned",
        "duplicates",
        "skipped",
        "withdrawn",
        "confirmed",
    )
    print_table(names, rows, empty="Nothing was learned yet.")
