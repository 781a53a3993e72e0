"""/docs: the REST interface for people, rendered from the same OpenAPI document that programs read."""

import re
from functools import lru_cache
from pathlib import Path

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import FileResponse, HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from accounts.permissions import Permission
from api import openapi
from api.operations import groups_of, schemas_of
from runtime.errors import NotFound
from runtime.settings import settings

router = APIRouter(include_in_schema=False)

_HERE = Path(__file__).parent
_FILES = {path.name: path for path in sorted((_HERE / "static").iterdir()) if path.is_file()}
_REVALIDATE = {"Cache-Control": "no-cache"}  # The page and its style change together.
_PROBLEM = openapi.Problem(
    title="Invalid input",
    status=422,
    detail="description: String should have at least 1 character",
    correlation_id="6c1f0d5b7a2e4c8f9d3b1a0e5f7c2d84",
    field="description",
    errors=[openapi.WrongField(field="description", detail="String should have at least 1 character")],
)
_CODE = re.compile(r"`([^`]+)`")


def install(app: FastAPI) -> None:
    """The page, and what it and /openapi.json say of errors and credentials."""
    openapi.install(app)
    app.include_router(router)


@router.get("/docs")
def show(request: Request) -> HTMLResponse:
    document = request.app.openapi()
    html = _template().render(
        info=document["info"],
        groups=groups_of(document, settings().public_url),
        schemas=schemas_of(document),
        scopes=list(Permission),
        base_url=settings().public_url,
        problem=_PROBLEM.model_dump_json(indent=2, exclude_none=True),
    )
    return HTMLResponse(html, headers=_REVALIDATE)


@router.get("/docs/static/{name}")
def read_static_file(name: str) -> FileResponse:
    if name not in _FILES:
        raise NotFound("There is no such file.")
    return FileResponse(_FILES[name], headers=_REVALIDATE)


@lru_cache(maxsize=1)
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(prose=prose, marked=marked)
    return environment.get_template("docs.html")


def prose(text: str) -> Markup:
    """Paragraphs, and `code` as code; everything else is escaped."""
    paragraphs = [" ".join(part.split()) for part in text.split("\n\n") if part.strip()]
    return Markup("").join(Markup("<p>{}</p>").format(marked(part)) for part in paragraphs)


def marked(line: str) -> Markup:
    """One line of it."""
    parts = _CODE.split(line)
    code = Markup("<code>{}</code>")
    return Markup("").join(
        code.format(part) if index % 2 else escape(part) for index, part in enumerate(parts)
    )
