"""Where the articles come from: how much of each source, how fresh, what went wrong; and reading it anew."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from console import queue
from console.articles import ADDRESS as ARTICLES
from console.articles import Reading, Writing, show_page
from knowledge import sources
from knowledge.sources import Origin
from runtime.database import transaction
from runtime.errors import Conflict

router = APIRouter()
ADDRESS = f"{ARTICLES}/sources"
_TITLES = {
    Origin.FOLDER: "A folder",
    Origin.FILES: "Files, added one by one",
    Origin.CONSOLE: "Written in the console",
    Origin.TICKETS: "Learned from resolved tickets",
    Origin.OTHER: "Other",
}
_DONE = {
    "asked": "Asked for. What changed is found as soon as it was read.",
    "busy": "It is being read already.",
}


@router.get("/articles/sources")
def list_sources(request: Request, viewer: Reading) -> HTMLResponse:
    with transaction() as session:
        found = sources.list_sources(session)
        names = queue.names_of_staff(session)
    done = _DONE.get(request.query_params.get("done", ""), "")
    return show_page(
        request, viewer, "sources.html", {"found": found, "titles": _TITLES, "names": names, "done": done}
    )


@router.post("/articles/sources/sync")
def read_anew(viewer: Writing, folder: Annotated[str, Form(max_length=1000)] = "") -> Response:
    """A folder that the command has read before; of no folder: what staff resolved since the last round."""
    done = "asked"
    try:
        with transaction() as session:
            if folder:
                sources.ask(session, folder, by=viewer.principal.public_id)
            else:
                sources.ask_to_learn(session)
    except Conflict:
        done = "busy"
    return RedirectResponse(f"{ADDRESS}?done={done}", status_code=303)
