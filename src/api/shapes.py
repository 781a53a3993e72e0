"""Puts JSON schemas into words and examples for the documentation page."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

_MOST_WORDS = 8
_MADE = {
    "string": "string",
    "integer": 1,
    "number": 0.5,
    "boolean": True,
    "null": None,
    "object": {},
}
_FORMATS = {"date-time": "2026-11-21T09:30:00Z"}


@dataclass(frozen=True)
class Word:
    """A piece of a type's description; `schema` names the shape it leads to."""

    text: str
    schema: str = ""


@dataclass(frozen=True)
class Shape:
    """One field or parameter. `place` is where a parameter goes: path, query or header."""

    name: str
    words: tuple[Word, ...]
    required: bool
    limits: str
    description: str
    place: str = ""

    @classmethod
    def of(cls, document: Json, name: str, schema: Json, *, required: bool, place: str = "") -> "Shape":
        words = tuple(words_of(document, schema))
        return cls(name, words, required, limits_of(schema), schema.get("description", ""), place)


def resolved(document: Json, schema: Json) -> Json:
    """The schema itself, or the component that it refers to."""
    reference: str = schema.get("$ref", "")
    if not reference:
        return schema
    found: Json = document["components"]["schemas"][reference.rpartition("/")[2]]
    return found


def fields_of(document: Json, schema: Json) -> tuple[Shape, ...]:
    required = schema.get("required", ())
    return tuple(
        Shape.of(document, name, one, required=name in required)
        for name, one in schema.get("properties", {}).items()
    )


def words_of(document: Json, schema: Json) -> Iterator[Word]:
    """`list of MessageView`, `string or null`, `low, normal or high`."""
    if "$ref" in schema:
        target = resolved(document, schema)
        name = schema["$ref"].rpartition("/")[2]
        yield Word(name, name) if target.get("properties") else Word(_one_of(target))
    elif "anyOf" in schema:
        for index, option in enumerate(schema["anyOf"]):
            if index:
                yield Word(" or ")
            yield from words_of(document, option)
    elif schema.get("type") == "array":
        yield Word("list of ")
        yield from words_of(document, schema.get("items", {}))
    else:
        yield Word(_one_of(schema))


def _one_of(schema: Json) -> str:
    values = [str(value) for value in schema.get("enum", ())]
    if values:
        return " · ".join(values[:_MOST_WORDS] + (["…"] if len(values) > _MOST_WORDS else []))
    return str(schema.get("format") or schema.get("type") or "anything")


def given(schema: Json) -> Json:
    """The schema without its null: of a value that is either sent or left out."""
    return next((option for option in schema.get("anyOf", ()) if option.get("type") != "null"), schema)


def limits_of(schema: Json) -> str:
    """What else must hold, as a reader says it: `1 to 200`, `at most 500 characters`, `default 50`."""
    bounds = given(schema)
    said = [
        _between(bounds.get("minLength"), bounds.get("maxLength"), unit=" characters"),
        _between(bounds.get("minimum"), bounds.get("maximum"), unit=""),
        f"matches {bounds['pattern']}" if "pattern" in bounds else "",
        f"default {schema['default']}" if schema.get("default") not in (None, "", [], {}) else "",
    ]
    return ", ".join(part for part in said if part)


def _between(least: float | None, most: float | None, *, unit: str) -> str:
    if least is not None and most is not None:
        return f"{least} to {most}{unit}"
    if most is not None:
        return f"at most {most}{unit}"
    return f"at least {least}{unit}" if least is not None else ""


def example_of(document: Json, schema: Json) -> Any:  # noqa: ANN401  # whatever JSON can hold
    """The schema's own example, or one made from its types: of an object, the fields that are required."""
    schema = {**resolved(document, schema), **schema}
    if schema.get("examples"):
        return schema["examples"][0]
    if "default" in schema:
        return schema["default"]
    if "enum" in schema:
        return schema["enum"][0]
    if "anyOf" in schema:
        return example_of(document, schema["anyOf"][0])
    return _made(document, schema)


def _made(document: Json, schema: Json) -> Any:  # noqa: ANN401
    kind = schema.get("type", "object")
    if kind == "array":
        return [example_of(document, schema.get("items", {}))]
    if schema.get("properties"):
        wanted = schema.get("required") or list(schema["properties"])
        return {name: example_of(document, schema["properties"][name]) for name in wanted}
    return _FORMATS.get(schema.get("format", ""), _MADE.get(kind, {}))
