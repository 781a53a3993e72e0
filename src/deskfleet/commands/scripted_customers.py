"""The rows of `deskfleet evaluate conversations`: what a scripted customer says, and what is expected of the desk."""

from collections import Counter
from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from runtime.errors import InvalidInput
from tickets.contracts import Channel, Reason

_NAMED = 5  # Of wrong lines; more of them tell nothing new.
_OPTION = "FILE"


class Outcome(StrEnum):
    ANSWER = "answer"
    STAFF = "staff"


class Expected(BaseModel):
    """`sources`: the last reply cites at least one of them, an article's slug or `order:A-10423`. `forbidden`: texts
    that no reply may hold.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    outcome: Outcome
    reason: Reason | None = None
    sources: tuple[str, ...] = ()
    forbidden: tuple[Annotated[str, Field(min_length=1)], ...] = ()

    @model_validator(mode="after")
    def _fits(self) -> "Expected":
        if self.reason and self.outcome is Outcome.ANSWER:
            raise ValueError("a reason belongs to the outcome staff")
        if self.sources and self.outcome is Outcome.STAFF:
            raise ValueError("sources belong to the outcome answer")
        return self


class Script(BaseModel):
    """`email` is the customer's own where it matters, such as for orders; otherwise each script gets one of its own."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[a-z0-9-]+$")]
    channel: Channel
    name: str
    turns: Annotated[tuple[str, ...], Field(min_length=1, max_length=20)]
    expect: Expected
    email: str = ""
    subject: str = ""

    @property
    def address(self) -> str:
        return self.email or f"{self.id}@example.com"


def read(path: Path) -> list[Script]:
    """Raises InvalidInput that names every line that is wrong, the first five of them."""
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}.", field=_OPTION) from None
    except UnicodeDecodeError:
        raise InvalidInput(f"{path} is not in UTF-8.", field=_OPTION) from None
    scripts, wrong = _parsed(lines)
    if wrong:
        more = f" and {len(wrong) - _NAMED} more" if len(wrong) > _NAMED else ""
        raise InvalidInput(f"{path}: {'; '.join(wrong[:_NAMED])}{more}.", field=_OPTION)
    if not scripts:
        raise InvalidInput(f"{path} has no row.", field=_OPTION)
    return scripts


def _parsed(lines: list[str]) -> tuple[list[Script], list[str]]:
    scripts: list[Script] = []
    wrong: list[str] = []
    seen: Counter[str] = Counter()
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            script = Script.model_validate_json(line)
        except ValidationError as error:
            wrong.append(f"line {number}: {_first_problem(error)}")
            continue
        seen[script.id] += 1
        if seen[script.id] > 1:
            wrong.append(f"line {number}: the id {script.id} was there before")
        scripts.append(script)
    return scripts, wrong


def _first_problem(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    place = ".".join(str(part) for part in first["loc"])
    return f"{place + ': ' if place else ''}{first['msg']}"
