"""deskfleet evaluate redaction: precision and recall per kind of personal data on texts with labelled spans."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer
from pydantic import BaseModel, TypeAdapter, ValidationError

from deskfleet.commands.output import JSON_HELP, print_json, print_table
from runtime.errors import InvalidInput
from runtime.redaction import Kind, find

# A name without its last letter is found; half of a number is not.
_LEAST_COVERED = 0.9

Span = tuple[int, int]


class LabelledSpan(BaseModel):
    entity_type: str
    start_position: int
    end_position: int


class LabelledText(BaseModel):
    full_text: str
    spans: list[LabelledSpan]


@dataclass
class Tally:
    """Of one kind: how many are labelled and how many of them were found; how many were found and are labelled."""

    labelled: int = 0
    covered: int = 0
    found: int = 0
    right: int = 0

    def figures(self) -> dict[str, float | int | None]:
        return {
            "precision": round(self.right / self.found, 4) if self.found else None,
            "recall": round(self.covered / self.labelled, 4) if self.labelled else None,
            "n": self.labelled,
            "found": self.found,
        }


@dataclass
class Tallies:
    kinds: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))

    def figures(self) -> dict[str, object]:
        """Kinds that this tool does not look for have a recall of 0; `overall` is of those that it does."""
        overall = Tally()
        for name in sorted(self.kinds.keys() & set(Kind)):
            one = self.kinds[name]
            overall.labelled += one.labelled
            overall.covered += one.covered
            overall.found += one.found
            overall.right += one.right
        return {
            "per_entity": {name: self.kinds[name].figures() for name in sorted(self.kinds)},
            "overall": overall.figures(),
        }


def run(
    spans: Annotated[
        Path, typer.Option(help="JSON list of {full_text, spans: [{entity_type, start_position, …}]}.")
    ],
    json: Annotated[bool, typer.Option("--json/--table", help=JSON_HELP)] = True,
) -> None:
    """A span is found when 90 % of its characters are in findings of its kind; a finding is right by the same rule."""
    figures = measure(read(spans))
    if json:
        print_json(figures)
        return
    kinds = figures["per_entity"]
    assert isinstance(kinds, dict)
    print_table(
        ("kind", "precision", "recall", "n", "found"),
        [(name, *one.values()) for name, one in kinds.items()],
        empty="The file has no span.",
    )


def read(path: Path) -> list[LabelledText]:
    """Raises InvalidInput naming the row and field that are wrong."""
    try:
        return TypeAdapter(list[LabelledText]).validate_json(path.read_bytes())
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}.", field="--spans") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the file"
        raise InvalidInput(f"{path}: {place}: {first['msg']}.", field="--spans") from None


def measure(texts: Iterable[LabelledText]) -> dict[str, object]:
    tallies = Tallies()
    for text in texts:
        labelled: dict[str, list[Span]] = defaultdict(list)
        found: dict[str, list[Span]] = defaultdict(list)
        for span in text.spans:
            labelled[span.entity_type].append((span.start_position, span.end_position))
        for one in find(text.full_text):
            found[one.kind].append((one.start, one.end))
        for kind in labelled.keys() | found.keys():
            tally = tallies.kinds[str(kind)]
            tally.labelled += len(labelled[kind])
            tally.covered += _covered(labelled[kind], found[kind])
            tally.found += len(found[kind])
            tally.right += _covered(found[kind], labelled[kind])
    return tallies.figures()


def _covered(spans: list[Span], others: list[Span]) -> int:
    """How many of `spans` have at least nine tenths of their characters in `others`."""
    return sum(_overlap(span, others) >= _LEAST_COVERED * max(1, span[1] - span[0]) for span in spans)


def _overlap(span: Span, others: list[Span]) -> int:
    return sum(max(0, min(span[1], end) - max(span[0], start)) for start, end in others)
