"""REST: the texts that staff use again, which of them fit a ticket, and how well they serve."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.orm import Session

from accounts.access import allowed
from accounts.permissions import Permission, Principal
from api.paging import Cursor, Limit, page_of
from api.preconditions import IfMatch, check
from runtime.database import transaction
from tickets import queries, template_figures, template_suggestions, templates
from tickets.contracts import Priority
from tickets.desk_models import Template
from tickets.template_figures import Effect
from tickets.templates import Steps, TemplateKind, Written

router = APIRouter(prefix="/api/v1/templates", tags=["templates"])

Reader = Annotated[Principal, Depends(allowed(Permission.READ_TICKETS))]
Writer = Annotated[Principal, Depends(allowed(Permission.WRITE_KNOWLEDGE))]


class EffectView(BaseModel):
    """`kept`: mean share of the words that was sent unchanged; `resolved`: share of the tickets; `rating`: 1 to 5."""

    uses: int
    kept: float
    resolved: float
    rating: float | None
    ratings: int


class StepsView(BaseModel):
    """What else is done when a reply is sent with it."""

    model_config = ConfigDict(extra="forbid")

    resolve: bool = False
    priority: Priority | None = None
    category: Annotated[str | None, Field(max_length=60, examples=["shipping"])] = None


class NewTemplate(BaseModel):
    """Variables are written `{{customer_name}}`. An empty list fits every case."""

    model_config = ConfigDict(extra="forbid")

    kind: TemplateKind
    name: Annotated[str, Field(min_length=1, max_length=80, examples=["Parcel is late"])]
    text: Annotated[
        str, Field(min_length=1, max_length=20_000, examples=["Dear {{customer_name}}, we look into it."])
    ]
    language: Annotated[str, Field(max_length=2, examples=["en"])] = ""
    categories: Annotated[list[str], Field(max_length=50)] = []
    severities: Annotated[list[Priority], Field(max_length=4)] = []
    steps: StepsView = StepsView()

    def written(self) -> Written:
        steps = Steps(self.steps.resolve, self.steps.priority, self.steps.category)
        return Written(
            self.kind, self.name, self.text, self.language, self.categories, self.severities, steps
        )


class TemplateView(BaseModel):
    template_id: Annotated[str, Field(examples=["TPL-7Q4K2M9X"])]
    kind: TemplateKind
    name: str
    text: str
    language: str
    categories: list[str]
    severities: list[Priority]
    steps: StepsView
    changed_by: str
    changed_at: datetime
    effect: EffectView


class TemplateList(BaseModel):
    templates: list[TemplateView]
    next_cursor: str | None


class Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")

    ticket_id: Annotated[str, Field(max_length=40, examples=["TKT-20260302-7Q4K2M9X"])]
    kind: Annotated[TemplateKind | None, Field(examples=["resolution"])] = None
    limit: Annotated[int, Field(ge=1, le=20)] = 5


class SuggestionView(BaseModel):
    """`text` is filled in for the ticket; a variable in `missing` has no value there. `fit` is 0 to 1."""

    template: TemplateView
    text: str
    missing: list[str]
    fit: float


class Suggestions(BaseModel):
    suggestions: list[SuggestionView]


def _view(template: Template, effect: Effect) -> TemplateView:
    steps = Steps.of(template)
    return TemplateView(
        template_id=template.public_id,
        kind=TemplateKind(template.kind),
        name=template.name,
        text=template.text,
        language=template.language,
        categories=template.categories,
        severities=[Priority(one) for one in template.severities],
        steps=StepsView(resolve=steps.resolve, priority=steps.priority, category=steps.category),
        changed_by=template.changed_by,
        changed_at=template.changed_at,
        effect=EffectView(
            uses=effect.uses,
            kept=effect.kept,
            resolved=effect.resolved,
            rating=effect.rating,
            ratings=effect.ratings,
        ),
    )


@router.get("", summary="List templates")
def list_templates(
    _reader: Reader,
    kind: Annotated[TemplateKind | None, Query()] = None,
    severity: Annotated[Priority | None, Query(description="Also those that fit every severity.")] = None,
    limit: Limit = 200,
    cursor: Cursor = "",
) -> TemplateList:
    """By kind and name, with how well each of them serves."""
    with transaction() as session:
        effects = template_figures.effects(session)
        found = templates.list_templates(session, kind=kind, severity=severity)
    views = [_view(one, effects.get(one.id, Effect())) for one in found]
    shown, more = page_of(
        views, lambda one: [str(one.kind), one.name, one.template_id], limit=limit, cursor=cursor
    )
    return TemplateList(templates=shown, next_cursor=more)


@router.get("/{template_id}", summary="Read a template")
def read_template(template_id: str, _reader: Reader) -> TemplateView:
    with transaction() as session:
        return _read(session, template_id)


def _read(session: Session, template_id: str) -> TemplateView:
    found = templates.find(session, template_id)
    return _view(found, template_figures.effects(session).get(found.id, Effect()))


def _check(session: Session, template_id: str, if_match: str) -> None:
    """Whoever changes it at the same moment waits, and is then told."""
    if if_match:
        session.refresh(templates.find(session, template_id), with_for_update=True)
        check(if_match, _read(session, template_id))


@router.post("", status_code=201, summary="Add a template")
def add_template(body: NewTemplate, writer: Writer) -> TemplateView:
    """409 when there is one of this name; 422 names a variable that there is not."""
    with transaction() as session:
        return _view(templates.add(session, body.written(), by=writer.public_id), Effect())


@router.put("/{template_id}", summary="Change a template")
def change_template(
    template_id: str, body: NewTemplate, writer: Writer, if_match: IfMatch = ""
) -> TemplateView:
    with transaction() as session:
        _check(session, template_id, if_match)
        changed = templates.change(session, template_id, body.written(), by=writer.public_id)
        return _view(changed, template_figures.effects(session).get(changed.id, Effect()))


@router.delete("/{template_id}", status_code=204, summary="Withdraw a template")
def withdraw_template(template_id: str, writer: Writer, if_match: IfMatch = "") -> None:
    """Nobody is offered it any more."""
    with transaction() as session:
        _check(session, template_id, if_match)
        templates.withdraw(session, template_id, by=writer.public_id)


@router.post("/suggest", summary="Suggest templates for a ticket")
def suggest(body: Asked, reader: Reader) -> Suggestions:
    """The best fit first, filled in for the ticket."""
    with transaction() as session:
        details = queries.read_ticket(session, body.ticket_id)
        found = template_suggestions.suggest(
            session, details, staff_name=reader.name, kind=body.kind, limit=body.limit
        )
    return Suggestions(
        suggestions=[
            SuggestionView(
                template=_view(one.template, one.effect),
                text=one.filled.text,
                missing=list(one.filled.missing),
                fit=round(one.fit, 4),
            )
            for one in found
        ]
    )
