"""One ticket's page: conversation, draft, sources, customer, timeline; and its conversation as a fragment."""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session

from accounts import users
from console import action_panel, collision, desk, queue, recipients, relations, words
from console.conversation import Original, conversation, read_parts
from console.rendering import render
from console.sessions import Looking, Viewer
from runtime.database import transaction
from runtime.errors import NotFound
from tickets import corrections, notifications, queries, reply_drafts, satisfaction
from tickets.categories import categories
from tickets.contracts import Kind, Status
from tickets.desk_models import ReplyDraft
from tickets.lifecycle import NEED_MORE, TRANSITIONS
from tickets.models import AgentDecision, Ticket
from tickets.queries import Details

router = APIRouter()
_PUBLIC_ID = re.compile(r"TKT-[0-9]{8}-[0-9A-Z]{8}")
_DRAFT = "draft"


class Done(StrEnum):
    """What was just done; the page says it once after the redirect."""

    SENT = "sent"
    RESOLVED = "resolved"
    STATUS = "status"
    ASSIGNED = "assigned"
    NOTED = "noted"
    APPROVED = "approved"
    DECLINED = "declined"
    CODE_SENT = "code_sent"
    CORRECTED = "corrected"
    JUDGED = "judged"
    SNOOZED = "snoozed"
    MERGED = "merged"
    SPLIT = "split"
    HANDED_BACK = "handed_back"
    UNDONE = "undone"
    SOLVED_BY = "solved_by"
    OPENED = "opened"
    ASKED = "asked"


NOTICES: dict[Done, str] = {
    Done.SENT: "Your reply is on its way.",
    Done.RESOLVED: "Resolved.",
    Done.STATUS: "Status changed.",
    Done.ASSIGNED: "Assignment changed.",
    Done.NOTED: "Note added. Customers never see it.",
    Done.APPROVED: "Approved.",
    Done.DECLINED: "Declined. The customer is not told: write to them.",
    Done.CODE_SENT: "Another code is on its way to the customer.",
    Done.CORRECTED: "Corrected. The AI learns from it tonight.",
    Done.JUDGED: "Thank you: the AI learns from what you say.",
    Done.SNOOZED: "Put aside. It comes back by itself, or when the customer writes.",
    Done.MERGED: "Merged: the conversation goes on in the other ticket.",
    Done.SPLIT: "This is the new ticket of that message.",
    Done.HANDED_BACK: "The AI has it again.",
    Done.UNDONE: "The reply was not sent. Its text is below.",
    Done.ASKED: "The summary comes in a moment.",
    Done.SOLVED_BY: "Kept. The AI learns from it the night after the ticket is resolved.",
    Done.OPENED: "Opened. Your message is on its way.",
}


@dataclass(frozen=True)
class Typed:
    """What a refused form held, and why it was refused: nothing typed is ever lost."""

    error: str
    status: int
    reply: str | None = None
    note: str = ""
    seen_seq: int | None = None
    solved_by: str | None = None
    answers: dict[str, str] = field(default_factory=dict)  # Of actions, by public id.


@dataclass(frozen=True)
class Asked:
    """What the page shows besides the ticket: a refused form, what was just done, an earlier text, an original."""

    typed: Typed | None = None
    done: str = ""
    reuse: str = ""
    original: Original | None = None


_PLAINLY = Asked()


def find(session: Session, public_id: str) -> Ticket:
    return queries.find_ticket(session, _checked(public_id))


def _checked(public_id: str) -> str:
    if not _PUBLIC_ID.fullmatch(public_id):
        raise NotFound("There is no such ticket.")
    return public_id


def draft_of(details: Details) -> AgentDecision | None:
    """The decision whose draft answers the newest message and was not overtaken by a reply."""
    decision = details.decision
    if decision is None or not decision.draft or decision.answers_seq < details.ticket.last_inbound_seq:
        return None
    replied = any(m.kind == Kind.OUTBOUND and m.seq > decision.answers_seq for m in details.messages)
    return None if replied else decision


def workers(session: Session) -> dict[str, str]:
    """Public id → name of the staff who may work on tickets."""
    return {user.public_id: user.name for user in users.may_be_assigned(session)}


def _text_to_edit(details: Details, reuse: str, begun: ReplyDraft | None) -> str:
    """An earlier reply or draft when the reader asked for it, else what they had begun, else the agent's draft."""
    if begun and not reuse:
        return begun.text
    if reuse == _DRAFT and details.decision:
        return details.decision.draft
    again = [m.text for m in details.messages if str(m.seq) == reuse and m.kind == Kind.OUTBOUND]
    draft = draft_of(details)
    return again[0] if again else draft.draft if draft else ""


def show(request: Request, viewer: Viewer, *, public_id: str, asked: Asked = _PLAINLY) -> HTMLResponse:
    """The page; with a refused form it is the answer to that form."""
    with transaction() as session:
        details = queries.read_ticket(session, _checked(public_id))
        me = viewer.principal.public_id
        begun = reply_drafts.draft_of(session, details.ticket.id, me)
        beside: dict[str, Any] = {
            "parts": read_parts(session, details.messages),
            "around": relations.around(session, details.ticket),
            "next_id": queue.next_waiting(session, details.ticket),
            "names": queue.names_of_staff(session),
            "workers": workers(session),
            "counts": queue.count_views(session, me),
            **action_panel.beside(session, details.ticket.id, viewer),
            "verdict": corrections.verdict_of(session, details.decision.id if details.decision else None),
            "satisfied": satisfaction.of_customer(session, details.ticket.customer_id),
        }
        beside |= desk.beside(session, details, viewer)
        notifications.mark_seen(session, me, ticket_id=details.ticket.id)
    typed = asked.typed
    seen_seq = typed.seen_seq if typed and typed.seen_seq is not None else details.ticket.last_seq
    return render(
        request,
        "ticket.html",
        viewer=viewer,
        path=f"/console/tickets/{public_id}",
        status=typed.status if typed else 200,
        typed=typed,
        notice=NOTICES[Done(asked.done)] if asked.done in list(Done) and not typed else "",
        draft=draft_of(details),
        editor=typed.reply
        if typed and typed.reply is not None
        else _text_to_edit(details, asked.reuse, begun),
        differences=collision.differences(details, typed.reply, seen_seq) if typed and typed.reply else [],
        recipients=recipients.of_reply(details),
        statuses={
            s: words.STATUSES[s]
            for s in Status
            if s in TRANSITIONS[Status(details.ticket.status)] and s not in NEED_MORE
        },
        may_merge=Status.MERGED in TRANSITIONS[Status(details.ticket.status)],
        views=queue.VIEWS,
        categories=categories(),
        **beside,
        **conversation(details, seen_seq=seen_seq, original=asked.original),
    )


@router.get("/tickets/{public_id}")
def show_ticket(
    request: Request,
    viewer: Looking,
    public_id: str,
    done: Annotated[str, Query(max_length=20)] = "",
    reuse: Annotated[str, Query(max_length=10)] = "",
) -> HTMLResponse:
    return show(request, viewer, public_id=public_id, asked=Asked(done=done, reuse=reuse))


@router.get("/tickets/{public_id}/conversation")
def show_conversation(
    request: Request, viewer: Looking, public_id: str, seen_seq: Annotated[int | None, Query(ge=0)] = None
) -> HTMLResponse:
    """The conversation with the ticket's state and timeline beside it: fetched when something happened."""
    with transaction() as session:
        details = queries.read_ticket(session, _checked(public_id))
        parts = read_parts(session, details.messages)
        names = queue.names_of_staff(session)
        present = desk.beside(session, details, viewer)
    seen = details.ticket.last_seq if seen_seq is None else seen_seq
    shown = conversation(details, seen_seq=seen)
    return render(
        request, "ticket_live.html", viewer=viewer, names=names, live=True, parts=parts, **present, **shown
    )
