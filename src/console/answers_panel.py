"""What may help with an answer, fetched beside a ticket: similar resolved tickets, and the knowledge base."""

from typing import Annotated

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from console.rendering import render
from console.sessions import Looking
from console.template_pages import KINDS
from console.ticket import find
from knowledge import retrieval, similar
from knowledge.articles import Audience
from runtime.database import transaction
from runtime.language import DEFAULT
from tickets import queries, template_suggestions

router = APIRouter(prefix="/tickets/{public_id}")
_MOST = 3
_MOST_PASSAGES = 5
_LEAST_RELEVANCE = 0.1  # Who searches judges for themselves.


@router.get("/similar")
def show_similar(request: Request, viewer: Looking, public_id: str) -> HTMLResponse:
    """Resolved tickets like this one, with what staff answered. No transaction is open while it searches."""
    with transaction() as session:
        find(session, public_id)
    found = similar.similar_tickets(public_id, limit=_MOST)
    return render(request, "similar.html", viewer=viewer, found=found)


@router.get("/knowledge")
def search_knowledge(
    request: Request, viewer: Looking, public_id: str, q: Annotated[str, Query(max_length=400)] = ""
) -> HTMLResponse:
    with transaction() as session:
        language = find(session, public_id).language or DEFAULT
    words = q.replace("\x00", "").strip()
    found = (
        retrieval.search(
            words,
            language=language,
            limit=_MOST_PASSAGES,
            audience=Audience.INTERNAL,
            min_relevance=_LEAST_RELEVANCE,
        )
        if words
        else []
    )
    return render(request, "knowledge.html", viewer=viewer, found=found, q=words)


@router.get("/templates")
def offer_templates(request: Request, viewer: Looking, public_id: str) -> HTMLResponse:
    """The templates that fit, filled in for the ticket."""
    with transaction() as session:
        find(session, public_id)
        details = queries.read_ticket(session, public_id)
        found = template_suggestions.suggest(session, details, staff_name=viewer.principal.name)
    return render(request, "offered_templates.html", viewer=viewer, found=found, kinds=KINDS)
