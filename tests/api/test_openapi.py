"""The OpenAPI document tells the truth: of errors, of credentials, with examples that its own shapes accept."""

from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from api import auth, customers, files, openapi, tickets
from deskfleet.web import create_app
from ingestion import rest, rest_files, rest_messages
from runtime import web


@pytest.fixture
def app() -> FastAPI:
    app = FastAPI()
    web.install(app)
    doors = (rest, rest_messages, rest_files, auth, tickets, files, customers)
    for router in (door.router for door in doors):
        app.include_router(router)
    openapi.install(app)
    return app


@pytest.fixture
def document(app: FastAPI) -> dict[str, Any]:
    found: dict[str, Any] = TestClient(app).get("/openapi.json").json()
    return found


def test_every_error_is_described_as_a_problem(document: dict[str, Any]) -> None:
    assert "HTTPValidationError" not in document["components"]["schemas"]
    for item in document["paths"].values():
        for operation in item.values():
            errors = {s: one for s, one in operation["responses"].items() if not s.startswith("2")}
            takes = "parameters" in operation or "requestBody" in operation
            assert ({"422", "default"} if takes else {"default"}) <= errors.keys()
            assert all(list(one["content"]) == [openapi.PROBLEM_TYPE] for one in errors.values())


def test_a_real_error_has_the_shape_that_is_described(app: FastAPI) -> None:
    response = TestClient(app).post("/api/v1/tickets", json={"description": ""})
    problem = openapi.Problem.model_validate(response.json(), extra="forbid")
    assert response.headers["content-type"] == openapi.PROBLEM_TYPE
    assert (problem.status, problem.field) == (422, "description")
    assert problem.errors[0].field == "description"


def test_what_needs_credentials_says_so(document: dict[str, Any]) -> None:
    assert set(document["components"]["securitySchemes"]) == {"bearer", "apiKey"}
    reading = document["paths"]["/api/v1/tickets/{ticket_id}"]["get"]
    assert reading["security"] == [{"bearer": []}, {"apiKey": []}]
    assert {"401", "403", "404", "429"} <= reading["responses"].keys()
    assert "security" not in document["paths"]["/auth/token"]["post"]


def test_the_document_is_the_same_however_often_it_is_asked_for(app: FastAPI) -> None:
    assert app.openapi() == app.openapi()


def test_every_example_is_a_value_that_its_field_allows(document: dict[str, Any]) -> None:
    for name, schema in document["components"]["schemas"].items():
        for field, shape in schema.get("properties", {}).items():
            for example in shape.get("examples", ()):
                assert example is None or str(example), (name, field)
                values = document["components"]["schemas"].get(shape.get("$ref", "").rpartition("/")[2], {})
                assert example in values.get("enum", [example]), (name, field)


def test_every_field_of_every_body_has_an_example() -> None:
    whole = create_app().openapi()
    shapes = whole["components"]["schemas"]
    bodies = {
        f"{method} {path}": content["schema"]["$ref"].rpartition("/")[2]
        for path, item in whole["paths"].items()
        for method, operation in item.items()
        for kind, content in operation.get("requestBody", {}).get("content", {}).items()
        if kind == "application/json"
    }
    assert len(bodies) > 25
    without = {
        f"{name}: {field}"
        for name, body in bodies.items()
        for field, shape in shapes[body]["properties"].items()
        if "examples" not in shape and "default" not in shape and shape.get("type") != "boolean"
        if "enum" not in shapes.get(shape.get("$ref", "").rpartition("/")[2], {})
    }
    assert without == set()
