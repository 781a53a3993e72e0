"""Which templates fit a ticket, filled in for it, the best first."""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from runtime.settings import settings
from tickets import template_figures, templates
from tickets.contracts import Author, Kind, Status
from tickets.desk_models import Template
from tickets.queries import Details
from tickets.template_figures import Effect
from tickets.template_texts import Filled, Variable, fill
from tickets.templates import TemplateKind

_LIKELY = 0.3
_SAME_CATEGORY = 0.25
_SAME_SEVERITY = 0.15
_SAME_LANGUAGE = 0.1
_WORTH = 0.2  # The five sum to 1.


@dataclass(frozen=True)
class Suggestion:
    """`fit` is 0 to 1."""

    template: Template
    filled: Filled
    fit: float
    effect: Effect


def suggest(
    session: Session, details: Details, *, staff_name: str, kind: TemplateKind | None = None, limit: int = 5
) -> list[Suggestion]:
    """Templates that exclude this category, severity or language by naming others are left out."""
    effects = template_figures.effects(session)
    values = values_of(details, staff_name)
    likely = likely_kind(details)
    found = []
    for template in templates.list_templates(session, kind=kind):
        effect = effects.get(template.id, Effect())
        fit = _fit(template, details, likely, effect)
        if fit is not None:
            found.append(Suggestion(template, fill(template.text, values), fit, effect))
    return sorted(found, key=lambda one: (-one.fit, one.template.name))[:limit]


def values_of(details: Details, staff_name: str) -> Mapping[str, str]:
    """What the variables stand for in this ticket."""
    name = details.customer.name.strip()
    return {
        Variable.CUSTOMER_NAME: name,
        Variable.CUSTOMER_FIRST_NAME: name.split()[0] if name else "",
        Variable.TICKET_ID: details.ticket.public_id,
        Variable.SUBJECT: details.ticket.subject or details.ticket.summary,
        Variable.ORDER_ID: str(details.ticket.meta.get("order_id") or ""),
        Variable.STAFF_NAME: staff_name,
        Variable.DESK_NAME: settings().agent.desk_name,
    }


def likely_kind(details: Details) -> TemplateKind:
    """What is written next, as a rule: who was never answered gets a first response."""
    answered = any(
        one.kind == Kind.OUTBOUND and one.author in (Author.STAFF, Author.AGENT) for one in details.messages
    )
    if not answered:
        return TemplateKind.FIRST_RESPONSE
    if details.ticket.status in (Status.RESOLVED, Status.CLOSED):
        return TemplateKind.RESOLUTION
    return TemplateKind.STATUS_UPDATE


def _fit(template: Template, details: Details, likely: TemplateKind, effect: Effect) -> float | None:
    """None: it is for other cases."""
    ticket = details.ticket
    wanted = (
        (template.categories, ticket.category, _SAME_CATEGORY),
        (template.severities, ticket.priority, _SAME_SEVERITY),
        ([template.language] if template.language else [], ticket.language, _SAME_LANGUAGE),
    )
    fit = _LIKELY * (template.kind == likely) + _WORTH * effect.worth
    for named, present, weight in wanted:
        if named and present not in named:
            return None
        # What names this very case fits better than what fits them all.
        fit += weight if named else weight / 2
    return fit
