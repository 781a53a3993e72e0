"""deskfleet evaluate retrieval: the search on your own documents and judged questions, in an index of its own."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress

from deskfleet.commands import ranking_scores
from deskfleet.commands.judged_questions import (
    Judged,
    read_documents,
    read_judgements,
    read_negatives,
    read_questions,
)
from deskfleet.commands.output import JSON_HELP, print_json, print_table, progress_bar
from deskfleet.migrate import migrate
from deskfleet.own_desk import own_desk
from deskfleet.own_store import fill_own_store, own_store
from knowledge import articles
from knowledge.articles import Answer, NewArticle
from knowledge.retrieval import Filters, Passage, Stage, search
from runtime.errors import InvalidInput
from runtime.knowledge_settings import Store

_DEEP = 10  # Documents that are looked at for each question.
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_PARTS = (Stage.KEYWORD, Stage.DENSE, Stage.FUSED)

Figures = dict[str, float | int | None]


@dataclass(frozen=True)
class Plan:
    """`learn` are judged questions of the past; `negatives` are questions that no document answers."""

    documents: Sequence[NewArticle]
    questions: Sequence[Judged]
    learn: Sequence[Judged] = ()
    negatives: Sequence[str] = ()
    older_only: bool = False
    ablation: bool = False
    language: str = "en"
    store: Store = Store.PGVECTOR


@dataclass(frozen=True)
class Measured:
    """`parts` are the figures of each stage of the search by its name."""

    figures: Figures
    parts: Mapping[str, Figures]


def run(  # noqa: PLR0913, PLR0917  # Each argument is an option of the command.
    docs: Annotated[Path, typer.Option(help="JSON lines: _id, title, text; or _id, question, answer.")],
    queries: Annotated[Path, typer.Option(help="JSON lines: _id, title, text.")],
    qrels: Annotated[Path, typer.Option(help="CSV: query-id, corpus-id, score, and split if there are any.")],
    split: Annotated[str | None, typer.Option(help="Measure on the judgements of this split alone.")] = None,
    learn_split: Annotated[
        str | None, typer.Option(help="Learn from this split first, as the desk does from its own past.")
    ] = None,
    older_docs_only: Annotated[
        bool,
        typer.Option("--older-docs-only", help="Find only documents with a smaller id than the query's."),
    ] = False,
    where: Annotated[
        str | None, typer.Option(help="Use only judgements with this value: COLUMN=VALUE.")
    ] = None,
    negatives: Annotated[
        str | None,
        typer.Option(
            help="Questions that nothing answers: text lines, JSON lines with text, or FILE.json#LIST. "
            "Unset: queries without a judgement."
        ),
    ] = None,
    store: Annotated[
        Store, typer.Option(help="Where the nearest are looked up; in Pinecone, in a namespace of its own.")
    ] = Store.PGVECTOR,
    language: Annotated[str, typer.Option(help="ISO code of the documents and questions.")] = "en",
    ablation: Annotated[
        bool, typer.Option("--ablation", help="Measure each part of the search by itself too.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
) -> None:
    """How well the search ranks what answers. The index is thrown away; the desk in use is not touched."""
    documents = read_documents(docs, language=language)
    asked = read_questions(queries)
    judged = read_judgements(qrels, asked, {one.slug for one in documents}, where=where)
    unjudged = set(asked) - {one.id for some in judged.values() for one in some}
    plan = Plan(
        documents=documents,
        questions=_of_split(judged, split, "--split"),
        learn=_of_split(judged, learn_split, "--learn-split") if learn_split else (),
        negatives=read_negatives(negatives) if negatives else [asked[one] for one in sorted(unjudged)],
        older_only=older_docs_only,
        ablation=ablation,
        language=language,
        store=store,
    )
    if plan.older_only:
        _check_numbers(plan)
    with progress_bar(quiet=json) as progress:
        measured = measure(plan, progress)
    _print(measured, as_json=json)


def _of_split(judged: Mapping[str, list[Judged]], split: str | None, option: str) -> list[Judged]:
    """All splits together when none is named; a question judged in several counts once, with all its answers."""
    if split is not None:
        if split not in judged:
            known = ", ".join(sorted(name for name in judged if name)) or "none"
            raise InvalidInput(f"There is no split {split} with an answer; there are {known}.", field=option)
        return judged[split]
    merged: dict[str, Judged] = {}
    for one in (one for some in judged.values() for one in some):
        before = merged.get(one.id, one)
        merged[one.id] = replace(one, grades={**before.grades, **one.grades})
    return list(merged.values())


def _check_numbers(plan: Plan) -> None:
    ids = [one.slug for one in plan.documents] + [one.id for one in (*plan.questions, *plan.learn)]
    wrong = next((one for one in ids if not (one.isascii() and one.isdigit() and len(one) < 12)), None)
    if wrong is not None:
        raise InvalidInput(
            f"Ids must be whole numbers to tell which is older; {wrong} is not.", field="--docs"
        )


def measure(plan: Plan, progress: Progress) -> Measured:
    """Builds the index on a desk of its own and asks it everything."""
    with own_desk("evaluate", offline=True), own_store(plan.store):
        migrate()
        started = time.perf_counter()
        documents = _index(plan, progress)
        _learn(plan, documents, progress)
        task = progress.add_task("Pushing", total=None)
        fill_own_store(progress=lambda more: progress.advance(task, more))
        index_s = time.perf_counter() - started
        parts = {stage.value: _ask(plan, stage, progress)[0] for stage in _PARTS if plan.ablation}
        figures, best = _ask(plan, Stage.RERANKED, progress)
        figures |= {"no_answer_auc": _no_answer_auc(plan, best, progress)}
        if plan.ablation:
            parts[Stage.RERANKED.value] = dict(figures)
    sizes = {"docs": len(plan.documents), "queries": len(plan.questions), "learned": len(plan.learn)}
    return Measured({**figures, **sizes, "index_s": round(index_s, 2)}, parts)


def _index(plan: Plan, progress: Progress) -> dict[str, int]:
    """Article ids by document id. What is older is told by when an article became valid."""
    documents = plan.documents
    if plan.older_only:
        documents = [replace(one, valid_from=_moment(one.slug)) for one in documents]
    task = progress.add_task("Indexing", total=len(documents))
    added = articles.add_all(documents, progress=lambda done, _all: progress.update(task, completed=done))
    return {one.slug: done.article_id for one, done in zip(documents, added, strict=True)}


def _learn(plan: Plan, documents: Mapping[str, int], progress: Progress) -> None:
    answers = [
        Answer(one.id, one.text, documents[document], grade)
        for one in plan.learn
        for document, grade in one.grades.items()
    ]
    task = progress.add_task("Learning", total=len(answers))
    articles.remember_answers(answers, progress=lambda done, _all: progress.update(task, completed=done))


def _moment(number: str) -> datetime:
    return _EPOCH + timedelta(seconds=int(number))


def _before(number: str) -> datetime:
    """The last moment at which the document of this number, often the question's own thread, was not there."""
    return _moment(number) - timedelta(seconds=1)


def _ask(plan: Plan, stage: Stage, progress: Progress) -> tuple[Figures, list[float]]:
    """The figures, and the relevance of the best passage of each question."""
    found, seconds, best = [], [], []
    for one in progress.track(plan.questions, description=f"Asking ({stage})"):
        filters = Filters(valid_at=_before(one.id)) if plan.older_only else Filters()
        started = time.perf_counter()
        passages = _search(one.text, plan.language, filters, stage)
        seconds.append(time.perf_counter() - started)
        found.append([passage.slug for passage in passages])
        best.append(_best(passages))
    return ranking_scores.figures(found, [one.grades for one in plan.questions], seconds), best


def _search(text: str, language: str, filters: Filters, stage: Stage) -> list[Passage]:
    return search(
        text, language=language, limit=_DEEP, min_relevance=0, filters=filters, per_article=1, stage=stage
    )


def _best(passages: Sequence[Passage]) -> float:
    return max((passage.relevance for passage in passages), default=0.0)


def _no_answer_auc(plan: Plan, best: Sequence[float], progress: Progress) -> float | None:
    if not plan.negatives:
        return None
    asked = progress.track(plan.negatives, description="Asking what nothing answers")
    refused = [_best(_search(text, plan.language, Filters(), Stage.RERANKED)) for text in asked]
    return ranking_scores.auc(best, refused)


def _print(measured: Measured, *, as_json: bool) -> None:
    if as_json:
        print_json({**measured.figures, **({"ablation": measured.parts} if measured.parts else {})})
        return
    rows = [(name, "" if value is None else value) for name, value in measured.figures.items()]
    print_table(("figure", "value"), rows, empty="")
    if measured.parts:
        print("\nWhat each part of the search is worth:")
        names = ("ndcg@10", "recall@10", "mrr@10", "acc@1", "p50_ms")
        shown = [(part, *(found[name] for name in names)) for part, found in measured.parts.items()]
        print_table(("part", *names), shown, empty="")
