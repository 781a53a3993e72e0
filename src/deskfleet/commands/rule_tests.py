"""Reads and judges the rows of `deskfleet rules test`: facts or messages, each with the reason that is expected."""

import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from agent_core import workflow
from agent_core.escalation import DraftFacts, Facts, reason_to_escalate
from agent_core.facts import rule_book
from agent_core.routing import mode_of
from deskfleet.commands.evaluate_guard import case_of
from runtime.errors import InvalidInput
from runtime.language import language_of
from tickets.contracts import Case, Channel, Reason

REPLY = "reply"
_GOOD_DRAFT = DraftFacts(empty=False, support=1.0, confidence=1.0, sources=1)
# Facts that no rule minds, so that a row names only what it is about.
_QUIET = Facts(
    agent_enabled=True,
    customer_tier="standard",
    customer_turns=1,
    sentiment=0.0,
    asks_for_person=None,
    legal_words=None,
    safety_words=None,
    high_stakes_words=None,
    repeated=False,
    draft=_GOOD_DRAFT,
)
_FACTS = TypeAdapter(Facts)


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid")

    expected: Reason | Literal["reply"]
    name: str = ""


class _FactsRow(_Row):
    facts: dict[str, Any]


class _MessageRow(_Row):
    text: Annotated[str, Field(min_length=1)]
    subject: str = ""
    tier: str = "standard"
    language: str = ""
    channel: Channel = Channel.API
    turns: Annotated[int, Field(ge=1)] = 1


@dataclass(frozen=True)
class Judged:
    """A row with what the rules say now; `expected` and `got` are reasons, or `reply`."""

    row: str
    name: str
    expected: str
    got: str

    @property
    def passed(self) -> bool:
        return self.expected == self.got


@dataclass(frozen=True)
class Row:
    """What is asked of the rules, and what they should say. A case needs the desk's database, facts need nothing."""

    place: str
    name: str
    expected: str
    asked: Facts | Case


def read(file: Path) -> list[Row]:
    """Raises InvalidInput with the place that is wrong."""
    rows = [_read(file, place, raw) for place, raw in _rows(file)]
    if not rows:
        raise InvalidInput(f"{file} has no row.", field="file")
    return rows


def judge(row: Row) -> Judged:
    """A message is answered as the desk would now, by its knowledge and models."""
    asked = row.asked
    got = (
        reason_to_escalate(asked, rule_book()) if isinstance(asked, Facts) else workflow.answer(asked).reason
    )
    return Judged(row.place, row.name, row.expected, str(got or REPLY))


def _rows(file: Path) -> Iterator[tuple[str, object]]:
    """Each row with its place: [[row]] tables of TOML, or lines of JSON."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror}.", field="file") from None
    except UnicodeDecodeError:
        raise InvalidInput(f"{file} is no text in UTF-8.", field="file") from None
    if file.suffix == ".toml":
        yield from _toml(file, text)
        return
    for number, line in enumerate(text.splitlines(), start=1):
        if line.strip():
            try:
                yield f"line {number}", json.loads(line)
            except json.JSONDecodeError as error:
                raise InvalidInput(
                    f"{file}, line {number}, is not JSON: {error.msg}.", field="file"
                ) from None


def _toml(file: Path, text: str) -> Iterator[tuple[str, object]]:
    try:
        listed = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(f"{file} is not TOML: {error}.", field="file") from None
    rows = listed.get("row")
    if set(listed) - {"row"} or not isinstance(rows, list):
        raise InvalidInput(f"{file} holds something else than [[row]] tables.", field="file")
    yield from ((f"row {number}", row) for number, row in enumerate(rows, start=1))


def _read(file: Path, place: str, raw: object) -> Row:
    if not isinstance(raw, dict):
        raise InvalidInput(f"{file}, {place}: a row is an object.", field="file")
    try:
        if "facts" in raw:
            facts = _FactsRow.model_validate(raw)
            return Row(place, facts.name, str(facts.expected), _facts(facts.facts))
        message = _MessageRow.model_validate(raw)
        return Row(place, message.name, str(message.expected), _case(message))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InvalidInput(f"{file}, {place}: {where}: {first['msg']}.", field="file") from None
    except InvalidInput as error:
        raise InvalidInput(f"{file}, {place}: {error.detail}", field="file") from None


def _facts(given: Mapping[str, Any]) -> Facts:
    draft = given.get("draft", {})
    for part, known in ((given, Facts), (draft if isinstance(draft, dict) else {}, DraftFacts)):
        for name in part:
            if name not in {field.name for field in fields(known)}:
                raise InvalidInput(f"there is no fact {name[:60]!r}.")
    values = asdict(_QUIET) | {"mode": mode_of(str(given.get("category", "")))} | dict(given)
    values["draft"] = asdict(_GOOD_DRAFT) | draft if isinstance(draft, dict) else draft
    return _FACTS.validate_python(values)


def _case(row: _MessageRow) -> Case:
    return replace(
        case_of(row.text),
        subject=row.subject,
        customer_tier=row.tier,
        language=row.language or language_of(row.text),
        channel=row.channel,
        customer_turns=row.turns,
    )
