"""Operations as the page shows them, read from an OpenAPI document."""

import subprocess
from typing import Annotated, Any

from fastapi import FastAPI, Header
from pydantic import BaseModel, Field

from api.operations import groups_of, schemas_of


class Wish(BaseModel):
    text: Annotated[str, Field(examples=["It's a deal"])]
    count: int = 1


class Granted(BaseModel):
    wishes: list[Wish]


class Refused(BaseModel):
    why: str


def a_document() -> dict[str, Any]:
    app = FastAPI()

    @app.get("/wishes/{wish_id}", tags=["wishes"], summary="Read one")
    def read(wish_id: int, limit: int = 5) -> Granted:
        raise NotImplementedError

    @app.post("/wishes", tags=["wishes"], responses={409: {"model": Refused}}, status_code=201)
    def make(wish: Wish, trace_id: Annotated[str | None, Header()] = None) -> Granted:
        raise NotImplementedError

    @app.get("/health/live", tags=["health"])
    def live() -> dict[str, str]:
        raise NotImplementedError

    return app.openapi()


def test_operations_are_grouped_and_known_groups_come_first() -> None:
    groups = groups_of(a_document(), "http://desk")
    assert [(group.name, len(group.operations)) for group in groups] == [("Health", 1), ("Wishes", 2)]


def test_an_operation_tells_where_its_parameters_go() -> None:
    read, make = groups_of(a_document(), "http://desk")[1].operations
    assert [(one.name, one.place, one.required) for one in read.parameters] == [
        ("wish_id", "path", True),
        ("limit", "query", False),
    ]
    assert [(one.name, one.words[0].text) for one in make.parameters] == [("Trace-Id", "string")]


def test_answers_and_errors_are_kept_apart_in_order() -> None:
    _read, make = groups_of(a_document(), "http://desk")[1].operations
    assert [(answer.status, answer.description) for answer in make.answers] == [("201", "Created")]
    assert [error.status for error in make.errors] == ["409", "422"]


def test_the_call_survives_a_shell_and_carries_the_example() -> None:
    _read, make = groups_of(a_document(), "http://desk")[1].operations
    done = subprocess.run(
        ["bash", "-c", make.curl.replace("curl", "printf '%s\\n'", 1)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("-X\nPOST\nhttp://desk/wishes\n")
    assert '"text": "It\'s a deal"' in done.stdout


def test_shapes_are_those_of_answers_alone() -> None:
    names = [schema.name for schema in schemas_of(a_document())]
    assert names == ["Granted", "HTTPValidationError", "Refused", "ValidationError"]
