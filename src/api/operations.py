"""Reads an OpenAPI document into what the documentation page shows: groups of operations, and the schemas."""

import json
import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from api.shapes import Shape, Word, example_of, fields_of, given, resolved, words_of

Json = dict[str, Any]

# The order of the page. A tag that is not listed comes last, under its own name.
_TAGS = {"tickets": "Tickets", "auth": "Tokens", "health": "Health"}
_METHODS = ("post", "get", "put", "patch", "delete")


@dataclass(frozen=True)
class Body:
    """What an operation takes or gives. `example` is JSON, ready to show; empty when nothing is known of it."""

    media_type: str
    words: tuple[Word, ...]
    fields: tuple[Shape, ...]
    example: str


@dataclass(frozen=True)
class Answer:
    status: str
    description: str
    body: Body | None


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    anchor: str
    summary: str
    description: str
    secured: bool
    parameters: tuple[Shape, ...]
    body: Body | None
    answers: tuple[Answer, ...]
    errors: tuple[Answer, ...]
    curl: str


@dataclass(frozen=True)
class Group:
    name: str
    anchor: str
    operations: tuple[Operation, ...]


@dataclass(frozen=True)
class Schema:
    name: str
    description: str
    fields: tuple[Shape, ...]


def groups_of(document: Json, base_url: str) -> list[Group]:
    found: dict[str, list[Operation]] = {tag: [] for tag in _TAGS}
    for path, item in document["paths"].items():
        for method in (method for method in _METHODS if method in item):
            tag = item[method].get("tags", ["other"])[0]
            found.setdefault(tag, []).append(_operation(document, method, path, base_url))
    return [
        Group(_TAGS.get(tag, tag.capitalize()), tag, tuple(operations))
        for tag, operations in found.items()
        if operations
    ]


def schemas_of(document: Json) -> list[Schema]:
    """The shapes of answers. What an operation takes is shown with it."""
    taken = _taken_by_operations(document)
    return [
        Schema(name, schema.get("description", ""), fields_of(document, schema))
        for name, schema in sorted(document.get("components", {}).get("schemas", {}).items())
        if schema.get("properties") and name not in taken
    ]


def _taken_by_operations(document: Json) -> set[str]:
    bodies = [
        content["schema"].get("$ref", "")
        for item in document["paths"].values()
        for operation in item.values()
        for content in operation.get("requestBody", {}).get("content", {}).values()
    ]
    return {reference.rpartition("/")[2] for reference in bodies}


def _operation(document: Json, method: str, path: str, base_url: str) -> Operation:
    raw = document["paths"][path][method]
    body = _body(document, raw.get("requestBody", {}).get("content", {}))
    answers = [
        Answer(status, _said(status, one["description"]), _body(document, one.get("content", {})))
        for status, one in sorted(raw["responses"].items())
    ]
    secured = bool(raw.get("security"))
    return Operation(
        method=method.upper(),
        path=path,
        anchor=f"{method}-{path.strip('/').replace('/', '-').replace('{', '').replace('}', '')}",
        summary=raw.get("summary", ""),
        description=raw.get("description", ""),
        secured=secured,
        parameters=tuple(_parameters(document, raw.get("parameters", ()))),
        body=body,
        answers=tuple(one for one in answers if one.status.startswith("2")),
        errors=tuple(one for one in answers if not one.status.startswith("2")),
        curl=_curl(method, path, base_url, body, secured=secured),
    )


def _said(status: str, description: str) -> str:
    """FastAPI's filler says nothing; the status' own name says more."""
    return HTTPStatus(int(status)).phrase if description == "Successful Response" else description


def _parameters(document: Json, parameters: Iterable[Json]) -> Iterable[Shape]:
    for one in parameters:
        schema = {"description": one.get("description", ""), **given(one.get("schema", {}))}
        name = one["name"].title() if one["in"] == "header" else one["name"]
        yield Shape.of(document, name, schema, required=one.get("required", False), place=one["in"])


def _body(document: Json, content: Json) -> Body | None:
    for media_type, one in content.items():
        schema = one.get("schema") or {}
        if not schema:
            return None
        example = example_of(document, schema)
        shown = json.dumps(example, indent=2, ensure_ascii=False) if example else ""
        fields = fields_of(document, resolved(document, schema))
        return Body(media_type, tuple(words_of(document, schema)), fields, shown)
    return None


def _curl(method: str, path: str, base_url: str, body: Body | None, *, secured: bool) -> str:
    verb = "" if method == "get" else f"-X {method.upper()} "
    variables = path.replace("{", "$").replace("}", "")
    lines = [f'curl {verb}"{base_url}{variables}"']
    if secured:
        lines.append('-H "X-API-Key: $key"')
    if body and body.media_type == "application/json":
        lines += ["-H 'Content-Type: application/json'", f"-d {shlex.quote(body.example)}"]
    elif body and body.media_type == "multipart/form-data":
        lines += [f"-F {one.name}=@path/to/file" for one in body.fields]
    elif body:
        lines += [f"--data-urlencode {shlex.quote(f'{k}={v}')}" for k, v in json.loads(body.example).items()]
    return " \\\n  ".join(lines)
