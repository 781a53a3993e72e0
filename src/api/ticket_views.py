"""A ticket as the API and the command line show it: its shapes, and how they are filled from the rows."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from runtime.settings import settings
from tickets import attachments, corrections, queries
from tickets.contracts import Channel, Kind, Mood, Priority, Status
from tickets.corrections import Verdict
from tickets.holding import is_held
from tickets.models import Attachment, Message, Ticket


class CitationView(BaseModel):
    title: str
    url: str
    article: str
    version: int
    quote: str


class AttachmentView(BaseModel):
    """`refused` says why a file is named here and was not kept; then it has no `url`."""

    file_id: Annotated[str, Field(examples=["FILE-7Q4K2M9X7Q4K2M9X7Q4K"])]
    name: Annotated[str, Field(examples=["damage.png"])]
    type: Annotated[str, Field(examples=["image/png"])]
    size: int
    refused: str
    url: Annotated[str | None, Field(examples=["/api/v1/files/FILE-7Q4K2M9X7Q4K2M9X7Q4K"])]


class MessageView(BaseModel):
    """`automatic` is empty, or the kind of machine that wrote the message: such a one is owed no answer.

    `copied` are the others who got the mail, `reply_to` is where its sender wants the answer, if elsewhere.
    """

    id: int
    seq: int
    author: str
    author_name: str
    text: str
    citations: list[CitationView]
    delivery: str | None
    automatic: str
    copied: Annotated[list[str], Field(examples=[["bob@example.com"]])]
    reply_to: str
    attachments: list[AttachmentView]
    created_at: datetime


class AnalysisView(BaseModel):
    """What the AI said of the newest messages. `verdict` is what staff said of its answer.

    `raw_confidence` is what the model claimed, `confidence` what such claims were worth so far.
    """

    category: str
    group: Annotated[str, Field(examples=["general"])]
    priority: Priority
    sentiment: float
    mood: Mood
    language: str
    intent: Annotated[str, Field(examples=["know where the order is"])]
    summary: str
    reasoning: Annotated[str, Field(examples=["It asks for a delivery that is late."])]
    confidence: float
    raw_confidence: Annotated[float | None, Field(examples=[0.97])]
    urgency: Annotated[list[str], Field(examples=[["as soon as possible"]])]
    model: Annotated[str, Field(examples=["local:local"])]
    processing_ms: Annotated[int, Field(examples=[12])]
    input_tokens: int
    output_tokens: int
    cost_usd: float
    verdict: Annotated[Verdict | None, Field(examples=["right"])] = None


class TicketSummary(BaseModel):
    ticket_id: str
    status: Status
    owner: str
    priority: Priority
    category: str | None
    language: str
    channel: str
    subject: str
    summary: str
    assignee: str | None
    reason: str | None
    customer_id: str
    due_at: datetime
    created_at: datetime
    updated_at: datetime


class TicketView(TicketSummary):
    """A ticket with its conversation. `reply` is the newest answer; `reason` says why staff have it."""

    confidence: float | None
    sentiment: float | None
    analysis: AnalysisView | None
    metadata: dict[str, Any]
    messages: list[MessageView]
    reply: MessageView | None


def summary_of(ticket: Ticket, customer_id: str, due_at: datetime) -> dict[str, Any]:
    names = (
        "status", "owner", "priority", "category", "language", "channel", "subject", "summary", "assignee", "reason",
        "created_at", "updated_at",
    )  # fmt: skip
    shared = {name: getattr(ticket, name) for name in names}
    return {"ticket_id": ticket.public_id, "customer_id": customer_id, "due_at": due_at, **shared}


Files = Mapping[int, Sequence[Attachment]]
_NO_FILES: Files = {}


def _message(message: Message, files: Files) -> MessageView:
    return MessageView(
        id=message.id,
        seq=message.seq,
        author=message.author,
        author_name=message.author_name,
        text=message.text,
        citations=[CitationView.model_validate(citation, extra="ignore") for citation in message.citations],
        delivery=message.delivery,
        automatic=message.automatic,
        copied=message.copied,
        reply_to=message.reply_to,
        attachments=[_attachment(file) for file in files.get(message.id, ())],
        created_at=message.created_at,
    )


def _attachment(file: Attachment) -> AttachmentView:
    return AttachmentView(
        file_id=file.public_id,
        name=file.name,
        type=file.type,
        size=file.size,
        refused=file.refused,
        url=None if file.refused else f"{settings().public_url}/api/v1/files/{file.public_id}",
    )


def _analysis(details: queries.Details) -> AnalysisView | None:
    judgement = details.decision.judgement if details.decision else {}
    return AnalysisView.model_validate(judgement, extra="ignore") if judgement else None


def view_of(details: queries.Details, files: Files = _NO_FILES) -> TicketView:
    ticket = details.ticket
    due_at = ticket.staff_due_at or ticket.answer_due_at
    return TicketView(
        **summary_of(ticket, details.customer.public_id, due_at),
        confidence=ticket.confidence,
        sentiment=ticket.sentiment,
        analysis=_analysis(details),
        metadata=ticket.meta,
        messages=[_message(message, files) for message in _shown(details)],
        reply=_message(details.reply, files) if details.reply else None,
    )


def _shown(details: queries.Details) -> list[Message]:
    """Without notes. Who wrote by REST reads here what others are sent: not what may yet be taken back."""
    said = [message for message in details.messages if message.kind != Kind.NOTE]
    return [one for one in said if details.ticket.channel != Channel.API or not is_held(one)]


def read_view(session: Session, ticket_id: str) -> TicketView:
    """The whole of a ticket, as the API and the command line show it."""
    details = queries.read_ticket(session, ticket_id)
    view = view_of(details, attachments.of_messages(session, [message.id for message in details.messages]))
    said = corrections.verdict_of(session, details.decision.id) if details.decision else None
    if view.analysis and said:
        view.analysis.verdict = Verdict(said.verdict)
    return view
