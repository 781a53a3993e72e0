"""deskfleet evaluate language: how often the language of labelled texts is told right, and how quickly."""

import csv
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from deskfleet.commands.output import JSON_HELP, print_json, print_table
from runtime.errors import InvalidInput
from runtime.language import LANGUAGES, Identified, identify, language_of

_NAMES = {
    "english": "en", "french": "fr", "german": "de", "spanish": "es", "italian": "it", "portuguese": "pt",
    "dutch": "nl", "polish": "pl", "turkish": "tr", "japanese": "ja", "chinese": "zh", "arabic": "ar",
}  # fmt: skip
_UNSPACED = ("ja", "zh")
_MOST_FIELD = 10_000_000


@dataclass(frozen=True)
class Row:
    """A text and the language that it was labelled with: a code such as `de`."""

    text: str
    label: str


@dataclass(frozen=True)
class Told:
    label: str
    identified: Identified
    seconds: float


def run(
    csv_file: Annotated[Path, typer.Option("--csv", help="UTF-8 file with a head line.")],
    text_col: Annotated[str, typer.Option("--text-col", help="Column of the texts.")],
    label_col: Annotated[
        str, typer.Option("--label-col", help="Column of the languages: de, pt-BR, German.")
    ],
    min_words: Annotated[int, typer.Option(min=0, help="Leave shorter texts out.")] = 0,
    json: Annotated[bool, typer.Option("--json/--table", help=JSON_HELP)] = True,
) -> None:
    """Accuracy over the served languages; texts in others are counted by whether that was told."""
    figures = measure(rows_of(csv_file, text_col, label_col), min_words=min_words)
    if json:
        print_json(figures)
        return
    languages = figures["per_language"]
    assert isinstance(languages, dict)
    rows = [(name, one["n"], f"{one['accuracy']:.4f}") for name, one in languages.items()]
    print_table(("language", "texts", "accuracy"), rows, empty="There is no text in a served language.")


def code_of(label: str) -> str:
    """`pt-BR`, `German` and `DE` as codes."""
    lowered = label.strip().lower()
    return _NAMES.get(lowered) or lowered.replace("_", "-").partition("-")[0]


def rows_of(path: Path, text_col: str, label_col: str) -> Iterator[Row]:
    """The rows that have a text and a label. Raises InvalidInput naming the file or the column that is wrong."""
    csv.field_size_limit(_MOST_FIELD)
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            for column, option in ((text_col, "--text-col"), (label_col, "--label-col")):
                if column not in (reader.fieldnames or ()):
                    named = ", ".join(reader.fieldnames or ()) or "none"
                    raise InvalidInput(f"{path} has no column {column}; it has {named}.", field=option)
            for row in reader:
                if row[text_col] and row[label_col]:
                    yield Row(row[text_col], code_of(row[label_col]))
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}.", field="--csv") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidInput(f"{path} is not a CSV file in UTF-8: {error}.", field="--csv") from None


def measure(rows: Iterator[Row], *, min_words: int = 0) -> dict[str, object]:
    """Accuracy in all and per language, the median time, and what became of texts in other languages."""
    language_of("The model is loaded before the first text is timed.")
    told = [_told(row) for row in rows if _has_words(row, min_words)]
    served = [one for one in told if one.label in LANGUAGES]
    others = [one for one in told if one.label not in LANGUAGES]
    if not told:
        raise InvalidInput("There is no row with a text and a label.", field="--csv")
    return {
        "accuracy": _share(served),
        "n": len(served),
        "per_language": {
            language: {"accuracy": _share(mine), "n": len(mine)}
            for language in LANGUAGES
            if (mine := [one for one in served if one.label == language])
        },
        "other_languages": {"n": len(others), "told": sum(bool(one.identified.other) for one in others)},
        "p50_ms": round(statistics.median(one.seconds for one in told) * 1000, 3),
    }


def _has_words(row: Row, least: int) -> bool:
    return row.label in _UNSPACED or len(row.text.split()) >= least


def _told(row: Row) -> Told:
    started = time.perf_counter()
    identified = identify(row.text)
    return Told(row.label, identified, time.perf_counter() - started)


def _share(told: list[Told]) -> float:
    right = sum(one.identified.language == one.label and not one.identified.other for one in told)
    return round(right / len(told), 4) if told else 0.0
