"""Reads documents, questions and judgements for `evaluate retrieval`. What is wrong is named by its file and line."""

import csv
import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deskfleet.commands import labelled_texts
from deskfleet.commands.labelled_texts import Source
from knowledge.articles import NewArticle
from runtime.errors import InvalidInput

_MOST_FIELD = 10_000_000
_COLUMNS = ("query-id", "corpus-id", "score")
Grades = Mapping[str, float]


@dataclass(frozen=True)
class Judged:
    """A question with the documents that answer it, by id, and how well."""

    id: str
    text: str
    grades: Grades


@dataclass(frozen=True)
class _Row:
    file: Path
    line: int
    option: str
    values: Mapping[str, Any]

    def refuse(self, problem: str) -> InvalidInput:
        return InvalidInput(f"{self.file}, line {self.line}: {problem}", field=self.option)

    def text(self, *names: str) -> str:
        """The first of the columns that holds something; empty when none does."""
        for name in names:
            value = self.values.get(name)
            if value is not None and not isinstance(value, str | int):
                raise self.refuse(f"{name} is no text.")
            if value is not None and str(value).strip():
                return str(value).strip().replace("\0", " ")
        return ""

    @property
    def id(self) -> str:
        found = self.text("_id")
        if not found:
            raise self.refuse("_id is missing or empty.")
        return found


def read_documents(file: Path, *, language: str) -> list[NewArticle]:
    """Articles of `_id, title, text` (and `summary`), or answered questions of `_id, question, answer`."""
    found: dict[str, NewArticle] = {}
    for row in _json_lines(file, "--docs"):
        if row.id in found:
            raise row.refuse(f"the _id {row.id} was there before.")
        found[row.id] = _article(row, language)
    if not found:
        raise InvalidInput(f"{file} has no row.", field="--docs")
    return list(found.values())


def _article(row: _Row, language: str) -> NewArticle:
    title, answer = row.text("title", "question"), row.text("answer")
    question = "\n".join(dict.fromkeys((title, row.text("question")))) if row.text("question") else ""
    body = answer or row.text("text", "question", "summary", "title")
    if not title or not body:
        raise row.refuse("it needs title and text, or question and answer.")
    if not question and row.text("summary"):
        body = f"{row.text('summary')}\n\n{body}"
    return NewArticle(
        source="evaluation",
        slug=row.id,
        title=title.splitlines()[0],
        body=body,
        question=question,
        language=language,
    )


def read_questions(file: Path) -> dict[str, str]:
    """The questions by id, title first, as the agent asks them."""
    found: dict[str, str] = {}
    for row in _json_lines(file, "--queries"):
        text = "\n".join(part for part in (row.text("title"), row.text("text", "question")) if part)
        if not text:
            raise row.refuse("both title and text are missing or empty.")
        if row.id in found:
            raise row.refuse(f"the _id {row.id} was there before.")
        found[row.id] = text
    return found


def read_negatives(source: str) -> list[str]:
    """Texts that no document answers: lines of text, JSON lines with `text`, or lists of a JSON object."""
    path, _mark, _lists = source.partition("#")
    if Path(path).suffix == ".json":
        return [one.text for one in labelled_texts.read(Source(source, "text", "label", "--negatives"))]
    file = Path(path)
    if file.suffix == ".jsonl":
        found = [row.text("text", "title", "question") for row in _json_lines(file, "--negatives")]
    else:
        found = [line.strip() for line in _lines(file, "--negatives")]
    texts = [text for text in found if text]
    if not texts:
        raise InvalidInput(f"{file} has no text.", field="--negatives")
    return texts


def read_judgements(
    file: Path, questions: Mapping[str, str], documents: Collection[str], *, where: str | None = None
) -> dict[str, list[Judged]]:
    """The judged questions of each split, the empty name for rows without one; a score of 0 is no answer."""
    column, equals, wanted = (where or "").partition("=")
    if where and not equals:
        raise InvalidInput(f"{where} is not COLUMN=VALUE.", field="--where")
    splits: dict[str, dict[str, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    for row in _table(file, "--qrels"):
        if where and row.text(column) != wanted:
            continue
        question, document = row.text("query-id"), row.text("corpus-id")
        if question not in questions:
            raise row.refuse(f"there is no question {question}.")
        if document not in documents:
            raise row.refuse(f"there is no document {document}.")
        if (grade := _grade(row)) > 0:
            splits[row.text("split")][question][document] = grade
    if not splits:
        raise InvalidInput(f"{file} judges no document to be an answer.", field="--qrels")
    return {
        split: [Judged(one, questions[one], grades) for one, grades in judged.items()]
        for split, judged in splits.items()
    }


def _grade(row: _Row) -> float:
    try:
        return float(row.text("score"))
    except ValueError:
        raise row.refuse(f"the score {row.text('score')} is no number.") from None


def _json_lines(file: Path, option: str) -> Iterator[_Row]:
    for number, line in enumerate(_lines(file, option), start=1):
        if not line.strip():
            continue
        row = _Row(file, number, option, {})
        try:
            values = json.loads(line)
        except json.JSONDecodeError as error:
            raise row.refuse(f"no JSON ({error.msg}).") from None
        if not isinstance(values, dict):
            raise row.refuse("no JSON object.")
        yield _Row(file, number, option, values)


def _table(file: Path, option: str) -> Iterator[_Row]:
    csv.field_size_limit(_MOST_FIELD)
    reader = csv.DictReader(_lines(file, option))
    try:
        if missing := [name for name in _COLUMNS if name not in (reader.fieldnames or ())]:
            raise InvalidInput(f"{file} has no column {', '.join(missing)}.", field=option)
        for values in reader:
            yield _Row(file, reader.line_num, option, values)
    except csv.Error as error:
        raise InvalidInput(f"{file}, line {reader.line_num}: no CSV ({error}).", field=option) from None


def _lines(file: Path, option: str) -> Iterator[str]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            yield from opened
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read ({error.strerror}).", field=option) from None
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{file} is no UTF-8 text: byte {error.start} is wrong.", field=option) from None
