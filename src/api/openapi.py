"""What /openapi.json says beyond what FastAPI derives: how to authenticate, and what errors look like."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from pydantic import BaseModel, Field

PROBLEM_TYPE = "application/problem+json"
_PROBLEM = {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
_METHODS = frozenset({"get", "put", "post", "delete", "patch"})
_WANTS_CREDENTIALS = ("/api/", "/auth/me", "/auth/revoke", "/auth/password")
_SCHEMES = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "description": "A token of POST /auth/token, or an API key.",
    },
    "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "An API key."},
}
_ERRORS = {
    "401": "No credentials, or none that are valid.",
    "403": "The credentials do not carry the permission.",
    "404": "There is no such thing.",
    "422": "The input is wrong; `field` names the part that is.",
    "429": "Too many requests; `Retry-After` says when to come back.",
    "default": "Any other error.",
}
# A name means the same in every shape, so one example serves wherever the field states none.
_EXAMPLES: dict[str, Any] = {
    "access_token": "eyJhbGciOiJIUzI1NiIs…",
    "answer": "Your refund is on its way.",
    "article": "ART-5166CE5E",
    "assignee": "AGENT-7Q4K2M9X",
    "author": "agent",
    "author_name": "Alice",
    "category": "shipping",
    "channel": "mail",
    "confidence": 0.93,
    "customer_email": "alice@example.com",
    "customer_id": "CUST-7Q4K2M9X",
    "delivery": "sent",
    "description": "Where is my order A-10423?",
    "expires_in": 900,
    "language": "en",
    "metadata": {"plan": "basic"},
    "next_cursor": "MjAyNi0xMS0yMVQwOTozMDowMCswMDowMHwx",
    "order_id": "A-10423",
    "owner": "agent",
    "password": "correct horse battery",
    "priority": "high",
    "product_area": "delivery",
    "quote": "Tracking is updated once a day.",
    "reason": None,
    "sentiment": -0.1,
    "status": "resolved",
    "subject": "Where is my order?",
    "summary": "Asks where order A-10423 is.",
    "text": "Your parcel is on its way.",
    "ticket_id": "TKT-20261121-7Q4K2M9X",
    "title": "Order tracking",
    "url": "/help/order-tracking",
    "username": "alice@example.com",
    "valid_from": "2026-12-01T00:00:00Z",
    "valid_until": "2027-01-01T00:00:00Z",
}


class WrongField(BaseModel):
    """One part of the input that is wrong."""

    field: str
    detail: str


class Problem(BaseModel):
    """Every error has this shape (RFC 9457)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str = Field(description="One sentence for a person.")
    correlation_id: str = Field(description="Find the request in the logs by it.")
    field: str | None = Field(None, description="The first part of the input that is wrong.")
    errors: list[WrongField] = Field([], description="All parts of the input that are wrong.")


def described(derive: Callable[[], dict[str, Any]]) -> Callable[[], dict[str, Any]]:
    """Wraps `app.openapi`. FastAPI keeps one document per app, so what was added stays added."""

    def describe() -> dict[str, Any]:
        document = derive()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        if "Problem" not in schemas:
            _add_examples(schemas)
            _add_shapes(document["components"])
            for path, operations in document["paths"].items():
                for method in _METHODS & operations.keys():
                    _complete(path, operations[method])
        return document

    return describe


def _add_examples(schemas: dict[str, Any]) -> None:
    for schema in schemas.values():
        for name, field in schema.get("properties", {}).items():
            if name in _EXAMPLES:
                field.setdefault("examples", [_EXAMPLES[name]])


def _add_shapes(components: dict[str, Any]) -> None:
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    for name in ("HTTPValidationError", "ValidationError"):
        components["schemas"].pop(name, None)
    components["schemas"] |= problem.pop("$defs") | {"Problem": problem}
    components["securitySchemes"] = _SCHEMES


def _complete(path: str, operation: dict[str, Any]) -> None:
    """The errors of one operation, and whether it wants credentials."""
    secured = path.startswith(_WANTS_CREDENTIALS)
    possible = {
        "401": secured or path.startswith("/auth/"),
        "403": secured,
        "404": "{" in path,
        "422": "422" in operation["responses"],
        "429": secured or path.startswith("/auth/"),
        "default": secured or "422" in operation["responses"],
    }
    for status in (status for status, can_be in possible.items() if can_be):
        operation["responses"][status] = {"description": _ERRORS[status], "content": _PROBLEM}
    if secured:
        operation["security"] = [{name: []} for name in _SCHEMES]


def install(app: FastAPI) -> None:
    """From now on `app.openapi()`, and so /openapi.json, tell the whole of it."""
    app.openapi = described(app.openapi)  # type: ignore[method-assign]  # FastAPI's documented way
