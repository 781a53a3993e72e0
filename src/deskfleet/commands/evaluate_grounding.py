"""deskfleet evaluate grounding: how many wrong replies the check of claims refuses, and how many right ones."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent_core.grounding import check_reply
from deskfleet.commands.output import JSON_HELP, print_json, print_table
from runtime.errors import InvalidInput
from runtime.language import LANGUAGES


class Case(BaseModel):
    """A row: a reply, what it may rest on, and whether that holds all of it."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)

    reply: str = Field(min_length=1)
    passages: list[str]
    supported: bool
    kind: str | None = None
    language: str | None = None


@dataclass
class Tally:
    """`refused` of `n` replies that are all supported, or all not."""

    refused: int = 0
    n: int = 0

    def share(self) -> float | None:
        return round(self.refused / self.n, 4) if self.n else None


@dataclass
class Tallies:
    supported: Tally = field(default_factory=Tally)
    unsupported: Tally = field(default_factory=Tally)

    def add(self, case: Case, *, refused: bool) -> None:
        tally = self.supported if case.supported else self.unsupported
        tally.n += 1
        tally.refused += refused

    def figures(self) -> dict[str, float | int | None]:
        return {
            "catch_rate": self.unsupported.share(),
            "false_block_rate": self.supported.share(),
            "n": self.supported.n + self.unsupported.n,
        }


def run(
    cases: Annotated[
        Path, typer.Option(help="JSON Lines of reply, passages, supported and, if known, kind and language.")
    ],
    json: Annotated[bool, typer.Option("--json/--table", help=JSON_HELP)] = True,
) -> None:
    """A reply is refused when one of its sentences is not held by its passages. A wrong row exits with 1."""
    try:
        figures = measure(rows_of(cases))
    except InvalidInput as error:
        typer.echo(error.detail, err=True)
        raise typer.Exit(1) from None
    if json:
        print_json(figures)
        return
    kinds = figures["by_kind"]
    assert isinstance(kinds, dict)
    rows = [(name, *one.values()) for name, one in kinds.items()]
    print_table(("kind", "caught", "blocked", "n"), [*rows, ("all", *list(figures.values())[:3])], empty="")


def rows_of(path: Path) -> Iterator[Case]:
    """Raises InvalidInput naming the line and field that are wrong."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}.", field="--cases") from None
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{path} is not in UTF-8: {error}.", field="--cases") from None
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _row(line, f"{path}, line {number}")


def _row(line: str, place: str) -> Case:
    try:
        return Case.model_validate_json(line)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        named = ".".join(str(part) for part in first["loc"])
        raise InvalidInput(
            f"{place}: {named}{': ' if named else ''}{first['msg']}.", field="--cases"
        ) from None


def measure(cases: Iterator[Case]) -> dict[str, object]:
    """The shares refused of the unsupported and of the supported replies, in all and per kind."""
    overall = Tallies()
    kinds: dict[str, Tallies] = defaultdict(Tallies)
    for case in cases:
        language = case.language if case.language in LANGUAGES else ""
        refused = any(one.problem for one in check_reply(case.reply, case.passages, language=language or ""))
        for tallies in (overall, kinds[case.kind or "other"]):
            tallies.add(case, refused=refused)
    figures = overall.figures()
    if not figures["n"]:
        raise InvalidInput("There is no case.", field="--cases")
    return {**figures, "by_kind": {kind: kinds[kind].figures() for kind in sorted(kinds)}}
