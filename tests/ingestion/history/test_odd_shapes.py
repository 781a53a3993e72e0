"""Exports whose values are of any other kind than they should be: told or imported, never a crash."""

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.ingestion.history.exports import lines_of, put, read
from tests.ingestion.history.test_intercom_export import ALICE as CONTACT
from tests.ingestion.history.test_intercom_export import TALK
from tests.ingestion.history.test_json_lines import FLAT
from tests.ingestion.history.test_zendesk_export import ALICE, TICKET

ODD: tuple[Any, ...] = (
    None,
    True,
    -1,
    1e300,
    "",
    "x",
    "\ud83d",
    "\x00",
    [],
    [1],
    [[]],
    {},
    {"a": {}},
    "9" * 400,
)
WRAPPED = {"ticket_id": 5, "comments": [{"author_id": 11, "body": "x", "created_at": "2024-01-01"}]}
TURNS = {
    "id": 1,
    "turns": [{"role": "user", "user": "u1", "at": "2024-01-01", "text": "Hello?"}],
    "tags": ["a"],
}


def places(value: Any) -> Iterator[tuple[Any, ...]]:
    """The ways to every value inside of a value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, found in inner:
        yield (key,)
        yield from ((key, *rest) for rest in places(found))


def spoiled(value: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for way in places(value):
        for odd in ODD:
            changed = copy.deepcopy(value)
            holder: Any = changed
            for key in way[:-1]:
                holder = holder[key]
            holder[way[-1]] = odd
            yield changed


@pytest.mark.parametrize(
    ("form", "values"),
    [
        ("zendesk", [TICKET, ALICE, WRAPPED, TICKET | {"requester": ALICE}]),
        ("intercom", [TALK, CONTACT]),
        ("jsonl", [FLAT, TURNS]),
    ],
    ids=["zendesk", "intercom", "jsonl"],
)
def test_any_value_may_be_anything(tmp_path: Path, form: str, values: list[dict[str, Any]]) -> None:
    odd = [one for value in values for one in spoiled(value)]
    found = read(put(tmp_path, "a.jsonl", lines_of([*values, *odd])), format=form)
    assert any(one.past for one in found)
    for one in found:
        assert one.past is None or (one.past.external_id and one.past.identity.strip())
    assert len(found) > len(odd) / 2
