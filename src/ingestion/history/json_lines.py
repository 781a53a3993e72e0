"""JSON lines, or an array of objects: one object a ticket, whatever its keys are called."""

from collections.abc import Iterator, Mapping
from typing import Any

from ingestion.history import tables
from ingestion.history.json_stream import elements_of
from ingestion.history.reading import Tape
from ingestion.history.records import Plan, Record
from runtime.errors import InvalidInput
from tickets.past import PastTicket

_MOST_DEPTH = 3


def keys(objects: list[Any]) -> list[str]:
    """The names under which the first objects hold values; those of inner objects with dots."""
    found: dict[str, None] = {}
    for one in objects:
        if isinstance(one, dict):
            found |= dict.fromkeys(_flat(one))
    if not found:
        raise InvalidInput("The file holds no JSON objects.")
    return list(found)


def _flat(value: Mapping[str, Any], prefix: str = "", depth: int = 1) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, inner in value.items():
        name = f"{prefix}{key}"
        if isinstance(inner, dict) and depth < _MOST_DEPTH:
            flat |= _flat(inner, f"{name}.", depth + 1)
        else:
            flat[name] = inner
    return flat


def records(tape: Tape, plan: Plan) -> Iterator[Record]:
    """`value` is the list of the one row, as fields."""
    for one in elements_of(tape, plan.path, encoding=plan.encoding):
        problem = one.problem
        if not problem and not isinstance(one.value, dict):
            problem = "It is no JSON object."
        if problem:
            yield Record(one.line, one.raw, problem=problem)
            continue
        flat = _flat(one.value)
        row = {field: flat[key] for field, key in plan.columns.items() if key in flat}
        yield Record(one.line, one.raw, [row])


def past_ticket(record: Record, plan: Plan) -> PastTicket:
    return tables.past_ticket(record.value, plan)
