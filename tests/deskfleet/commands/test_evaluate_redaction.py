"""deskfleet evaluate redaction."""

import json
from pathlib import Path
from typing import Any

import pytest

from deskfleet.commands.evaluate_redaction import measure, read
from runtime.errors import InvalidInput


def a_text(text: str, *spans: tuple[str, str]) -> dict[str, Any]:
    """A text with the spans of (kind, value)."""
    labelled = [
        {
            "entity_type": kind,
            "start_position": text.index(value),
            "end_position": text.index(value) + len(value),
        }
        for kind, value in spans
    ]
    return {"full_text": text, "spans": labelled, "masked": "ignored"}


def figures(tmp_path: Path, *texts: dict[str, Any]) -> dict[str, Any]:
    file = tmp_path / "spans.json"
    file.write_text(json.dumps(texts), encoding="utf-8")
    return measure(read(file))


def test_found_and_missed_spans_are_counted_per_kind(tmp_path: Path) -> None:
    found = figures(
        tmp_path,
        a_text("Mail alice@example.com now", ("EMAIL_ADDRESS", "alice@example.com")),
        a_text("Mail bob@example.com now"),
        a_text("Somewhere Carol waits", ("PERSON", "Carol"), ("PLANET", "waits")),
    )
    assert found["per_entity"]["EMAIL_ADDRESS"] == {"precision": 0.5, "recall": 1.0, "n": 1, "found": 2}
    assert found["per_entity"]["PERSON"] == {"precision": None, "recall": 0.0, "n": 1, "found": 0}
    assert found["overall"] == {"precision": 0.5, "recall": 0.5, "n": 2, "found": 2}


@pytest.mark.parametrize(("labelled", "recall"), [("+49 30 901820", 1.0), ("is +49 30 901820 ok", 0.0)])
def test_nine_tenths_of_a_span_must_be_found(tmp_path: Path, labelled: str, recall: float) -> None:
    found = figures(tmp_path, a_text("It is +49 30 901820 ok", ("PHONE_NUMBER", labelled)))
    assert found["per_entity"]["PHONE_NUMBER"]["recall"] == recall


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("{", "Invalid JSON"),
        ("{}", "the file"),
        ('[{"full_text": "x"}]', r"0\.spans"),
        (
            '[{"full_text": "x", "spans": [{"entity_type": "A", "start_position": "b", "end_position": 1}]}]',
            "start_position",
        ),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, content: str, told: str) -> None:
    file = tmp_path / "spans.json"
    file.write_text(content)
    with pytest.raises(InvalidInput, match=told):
        read(file)
    with pytest.raises(InvalidInput, match="cannot be read"):
        read(tmp_path / "absent.json")
