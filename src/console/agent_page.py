"""What the agent may do: on or off, its steps, and what it does with each category."""

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, Response

from console.rules_page import Kept
from console.settings_pages import REFUSALS, Changing, Managing, Refused, Version, page, save
from runtime.desk_settings import Document
from runtime.errors import InvalidInput
from runtime.settings import settings

router = APIRouter()
_TAB = Document.AGENT
MODES = {
    "auto": "Replies by itself",
    "draft": "Drafts, staff send",
    "off": "Staff at once",
}
STEPS = {
    "guard": "Looks for attacks in messages",
    "shop": "Looks orders up in the shop",
    "search": "Searches the knowledge base",
    "draft": "Drafts answers; off: staff get every message",
    "grounding_strict": "Takes unproven sentences out; off: no draft is sent without staff",
}


@router.get("/settings/agent")
def show_agent(request: Request, viewer: Managing, kept: Kept) -> HTMLResponse:
    return _page(request, viewer, kept)


@router.post("/settings/agent")
def change_agent(  # noqa: PLR0913, PLR0917  # one argument for each field of the form
    request: Request,
    viewer: Changing,
    kept: Kept,
    seen: Version,
    enabled: Annotated[str, Form(max_length=1)] = "",
    steps: Annotated[list[str], Form(max_length=20)] = [],  # noqa: B006  # FastAPI copies it
    modes: Annotated[list[str], Form(max_length=200)] = [],  # noqa: B006  # FastAPI copies it
) -> Response:
    """`modes`: a `category=mode` for each category."""
    document: dict[str, Any] = {
        "enabled": bool(enabled),
        "steps": ",".join(steps),
        "modes": ",".join(one for one in modes if not one.endswith("=auto")),
    }
    try:
        if any("," in one for one in [*steps, *modes]):
            raise InvalidInput("Choose among what the form offers.")
        kept.check_agent(document)
        return save(viewer, _TAB, document, seen=seen)
    except REFUSALS as error:
        return _page(request, viewer, kept, refused=Refused(error, seen))


def _page(request: Request, viewer: Managing, kept: Kept, *, refused: Refused | None = None) -> HTMLResponse:
    return page(
        request,
        viewer,
        _TAB,
        refused=refused,
        enabled=settings().agent.enabled,
        flags=kept.list_flags(),
        step_words=STEPS,
        modes=kept.modes(),
        mode_words=MODES,
    )
