"""Values of a JSON export come one by one, from lines or from a document of any size, around what is broken."""

import io
import json
import random
from typing import Any

import pytest

from ingestion.history import json_stream
from ingestion.history.json_stream import Element, elements, is_by_line
from ingestion.history.reading import Damaged


def read(content: str, *, by_line: bool | None = None) -> list[Element]:
    chosen = is_by_line(content) if by_line is None else by_line
    return list(elements(io.StringIO(content, newline=""), by_line=chosen))


def values(content: str, *, by_line: bool | None = None) -> list[tuple[str, Any]]:
    return [(one.key, one.value) for one in read(content, by_line=by_line) if not one.problem]


@pytest.fixture(params=[1, 7, 64, 65_536], ids=lambda size: f"blocks of {size}")
def _blocks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_stream, "_BLOCK", request.param)


@pytest.mark.usefixtures("_blocks")
@pytest.mark.parametrize("indent", [None, 2])
def test_lists_inside_of_an_object_are_read_wherever_the_blocks_end(indent: int | None) -> None:
    content: dict[str, Any] = {
        "count": 2,
        "next": None,
        "users": [{"id": 1, "name": 'O"Neill \\ } ] ,'}],
        "other": [[1, {"a": "]"}]],
        "tickets": [{"id": 7, "text": 'ü\n{["}'}, {"id": 8, "n": [1.5, -2, True]}],
    }
    found = values(json.dumps(content, indent=indent), by_line=False)
    expected = [("users", one) for one in content["users"]] + [("tickets", one) for one in content["tickets"]]
    assert found == expected


@pytest.mark.usefixtures("_blocks")
def test_a_broken_member_of_a_list_is_passed_over_and_told() -> None:
    good = [{"id": n} for n in range(3)]
    broken = ('{"id": 9, "a": }', "{'id': 9, \"x\": [1, 2}]}", "nonsense", '{"id": 9 "b": "}"}', '{"id": 1,}')
    for one in broken:
        padding = " " * 200
        content = f"[{json.dumps(good[0])},\n{one}, {json.dumps(good[1])},{json.dumps(good[2])}]{padding}"
        found = read(content)
        assert [part.value for part in found if not part.problem] == good, one
        [problem] = [part for part in found if part.problem]
        assert problem.line == 2
        assert problem.problem.startswith("It is no JSON")
        assert problem.raw == one[: len(problem.raw)]
        assert len(problem.raw) >= len(one) - 1


def test_random_documents_are_read_like_the_whole_is() -> None:
    chance = random.Random(7)

    def value(depth: int) -> Any:
        if depth > 3 or chance.random() < 0.3:
            return chance.choice([1, -2.5e3, "", 'a"\\\n]', "日本", None, True, {}, []])
        if chance.random() < 0.5:
            return [value(depth + 1) for _ in range(chance.randrange(4))]
        return {str(n): value(depth + 1) for n in range(chance.randrange(4))}

    for _ in range(200):
        members = [{"id": n, "v": value(0)} for n in range(5)]
        content = json.dumps(
            {"data": members}, ensure_ascii=chance.random() < 0.5, indent=chance.choice([None, 1])
        )
        window = elements(io.StringIO(content, newline=""), by_line=False)
        assert [one.value for one in window] == members


def test_lines_are_read_around_broken_ones_and_know_their_numbers() -> None:
    content = '{"id": 1}\n\n{"id": 2,}\n[1]\n{"id": 3}\n{"id": NaN}\n{"id": ' + "9" * 5_000 + "}\n"
    assert is_by_line(content)
    found = read(content)
    assert [one.line for one in found] == [1, 3, 4, 5, 6, 7]
    assert [bool(one.problem) for one in found] == [False, True, False, False, False, True]
    assert "It is no JSON" in found[1].problem


def test_a_file_whose_first_line_is_broken_is_still_one_of_lines() -> None:
    assert is_by_line('{"id": 1,\n{"id": 2}\n')
    assert not is_by_line('{\n  "tickets": [\n')
    assert not is_by_line('[\n{"id": 1}\n]')
    assert is_by_line("nonsense\n")


def test_pages_on_lines_are_their_members() -> None:
    content = '{"tickets": [{"id": 1}], "count": 1}\n{"tickets": [{"id": 2}], "users": [{"id": 3}]}\n'
    assert values(content) == [("tickets", {"id": 1}), ("tickets", {"id": 2}), ("users", {"id": 3})]
    ticket = {"id": 5, "comments": [{"id": 6}]}
    assert values(json.dumps(ticket) + "\n") == [("", ticket)]


@pytest.mark.parametrize(
    "content", ['[{"id": 1}, {"id": 2', '{"tickets": [{"id": 1}', '[{"id": 1} {"id": 2}]', '["a']
)
def test_a_document_that_breaks_off_gives_what_it_has_and_then_says_so(content: str) -> None:
    with pytest.raises(Damaged, match="The JSON is broken at line 1"):
        read(content)


def test_a_value_nested_beyond_measure_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    deep = "[" * 200_000 + "]" * 200_000
    found = read(f'{{"id": 1}}\n{{"a": {deep}}}\n{{"id": 2}}\n')
    assert [one.value for one in found if not one.problem] == [{"id": 1}, {"id": 2}]
    found = read(f'[{{"id": 1}}, {{"a": {deep}}}, {{"id": 2}}]')
    assert [one.value for one in found if not one.problem] == [{"id": 1}, {"id": 2}]


def test_a_value_that_is_too_long_is_told_and_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_stream, "MOST_CHARACTERS", 1_000)
    monkeypatch.setattr(json_stream, "_BLOCK", 100)
    found = read(json.dumps([{"id": 1}, {"id": 2, "text": "x, ]}" * 1_000}, {"id": 3}]))
    assert [one.value for one in found if not one.problem] == [{"id": 1}, {"id": 3}]
    assert "longer than 1000 characters" in next(one.problem for one in found if one.problem)
