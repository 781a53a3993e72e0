"""JSON schemas in words, and examples made of them."""

from typing import Any

import pytest

from api.shapes import example_of, fields_of, limits_of, words_of

DOCUMENT: dict[str, Any] = {
    "components": {
        "schemas": {
            "Colour": {"type": "string", "enum": ["red", "green"]},
            "Part": {
                "properties": {"colour": {"$ref": "#/components/schemas/Colour"}},
                "required": ["colour"],
            },
        }
    }
}
PART = {"$ref": "#/components/schemas/Part"}
COLOUR = {"$ref": "#/components/schemas/Colour"}


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"type": "integer"}, "integer"),
        ({"type": "string", "format": "date-time"}, "date-time"),
        (COLOUR, "red · green"),
        ({"anyOf": [{"type": "string"}, {"type": "null"}]}, "string or null"),
        ({"type": "array", "items": PART}, "list of Part"),
        ({"enum": list(range(9))}, "0 · 1 · 2 · 3 · 4 · 5 · 6 · 7 · …"),
        ({}, "anything"),
    ],
)
def test_a_type_is_said_in_words(schema: dict[str, Any], words: str) -> None:
    assert "".join(word.text for word in words_of(DOCUMENT, schema)) == words


def test_a_shape_of_its_own_can_be_followed() -> None:
    assert [word.schema for word in words_of(DOCUMENT, PART)] == ["Part"]


@pytest.mark.parametrize(
    ("schema", "limits"),
    [
        ({"minLength": 1, "maxLength": 9}, "1 to 9 characters"),
        ({"anyOf": [{"maxLength": 9}, {"type": "null"}]}, "at most 9 characters"),
        ({"minimum": 0, "default": 50}, "at least 0, default 50"),
        ({"pattern": "^a$", "default": ""}, "matches ^a$"),
        ({"type": "string"}, ""),
    ],
)
def test_limits_are_said_in_words(schema: dict[str, Any], limits: str) -> None:
    assert limits_of(schema) == limits


@pytest.mark.parametrize(
    ("schema", "example"),
    [
        ({"examples": ["mine"], "type": "string"}, "mine"),
        ({**COLOUR, "examples": ["green"]}, "green"),
        ({"type": "integer", "default": 7}, 7),
        ({"anyOf": [{"type": "boolean"}, {"type": "null"}]}, True),
        ({"type": "array", "items": PART}, [{"colour": "red"}]),
        ({"properties": {"a": {"type": "string"}}}, {"a": "string"}),
        ({}, {}),
    ],
)
def test_an_example_is_the_stated_one_or_made_from_the_type(schema: dict[str, Any], example: object) -> None:
    assert example_of(DOCUMENT, schema) == example


def test_fields_know_whether_they_are_required() -> None:
    part = DOCUMENT["components"]["schemas"]["Part"]
    assert [(field.name, field.required) for field in fields_of(DOCUMENT, part)] == [("colour", True)]
