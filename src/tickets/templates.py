"""Templates and macros: kept by those who lead the desk, suggested for a case, and measured by what became of it."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from runtime.errors import Conflict, InvalidInput, NotFound
from runtime.language import LANGUAGES
from tickets import categories, lifecycle
from tickets.contracts import Priority, Status
from tickets.desk_models import Template, TemplateUse
from tickets.lifecycle import Corrections
from tickets.template_texts import check, kept_share

_LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LONGEST_NAME = 80


class TemplateKind(StrEnum):
    FIRST_RESPONSE = "first_response"
    STATUS_UPDATE = "status_update"
    ESCALATION = "escalation"
    RESOLUTION = "resolution"
    CLARIFICATION = "clarification"


@dataclass(frozen=True)
class Steps:
    """What a macro does besides its text, when the reply is sent. None: nothing of it."""

    resolve: bool = False
    priority: Priority | None = None
    category: str | None = None

    @classmethod
    def of(cls, template: Template) -> "Steps":
        kept = template.steps
        priority = kept.get("priority")
        return cls(bool(kept.get("resolve")), Priority(priority) if priority else None, kept.get("category"))

    def kept(self) -> dict[str, object]:
        told = {"resolve": self.resolve, "priority": self.priority, "category": self.category}
        return {name: value for name, value in told.items() if value}


@dataclass(frozen=True)
class Written:
    """A template as somebody wrote it."""

    kind: TemplateKind
    name: str
    text: str
    language: str = ""
    categories: Sequence[str] = ()
    severities: Sequence[Priority] = ()
    steps: Steps = Steps()


def _checked(written: Written) -> dict[str, object]:
    """The columns. Raises InvalidInput naming the field that is wrong."""
    name = " ".join(written.name.split())
    if not name or len(name) > _LONGEST_NAME or not name.isprintable():
        raise InvalidInput(f"A template needs a name of 1 to {_LONGEST_NAME} characters.", field="name")
    if written.language and written.language not in LANGUAGES:
        raise InvalidInput(f"The language is one of {', '.join(LANGUAGES)}.", field="language")
    if written.steps.category:
        categories.checked(written.steps.category)
    return {
        "kind": written.kind.value,
        "name": name,
        "text": check(written.text),
        "language": written.language,
        "categories": [categories.checked(one) for one in written.categories],
        "severities": [one.value for one in written.severities],
        "steps": written.steps.kept(),
    }


def add(session: Session, written: Written, *, by: str) -> Template:
    """Raises InvalidInput, or Conflict when the name is taken."""
    public_id = "TPL-" + "".join(secrets.choice(_LETTERS) for _ in range(8))
    values = _checked(written) | {"public_id": public_id, "changed_by": by}
    try:
        with session.begin_nested():
            return session.scalars(insert(Template).values(**values).returning(Template)).one()
    except IntegrityError:
        raise Conflict("There is a template of this name already.", field="name") from None


def change(session: Session, public_id: str, written: Written, *, by: str) -> Template:
    """Raises NotFound, InvalidInput or Conflict. What was sent with it stays what it was."""
    template = find(session, public_id)
    values = _checked(written) | {"changed_by": by, "changed_at": func.now()}
    try:
        with session.begin_nested():
            session.execute(update(Template).where(Template.id == template.id).values(**values))
    except IntegrityError:
        raise Conflict("There is a template of this name already.", field="name") from None
    session.refresh(template)
    return template


def withdraw(session: Session, public_id: str, *, by: str) -> None:
    """Nobody is offered it any more; its figures stay."""
    template = find(session, public_id)
    template.withdrawn_at = session.scalar(select(func.now()))
    template.changed_by = by
    session.flush()


def find(session: Session, public_id: str) -> Template:
    wanted = select(Template).where(Template.public_id == public_id, Template.withdrawn_at.is_(None))
    template = session.scalars(wanted).first()
    if template is None:
        raise NotFound(f"There is no template {public_id[:40]}.")
    return template


def list_templates(
    session: Session, *, kind: TemplateKind | None = None, severity: Priority | None = None
) -> list[Template]:
    """By kind and name; of a severity also those that fit every one."""
    query = select(Template).where(Template.withdrawn_at.is_(None)).order_by(Template.kind, Template.name)
    if kind is not None:
        query = query.where(Template.kind == kind)
    if severity is not None:
        query = query.where(
            or_(func.cardinality(Template.severities) == 0, Template.severities.contains([severity.value]))
        )
    return list(session.scalars(query))


def use(  # noqa: PLR0913  # keyword-only: what was offered, what was sent, and by whom
    session: Session,
    template: Template,
    ticket_id: int,
    message_id: int,
    *,
    filled: str,
    sent: str,
    staff: str,
) -> None:
    """Note that a reply was sent with it, and do the steps of a macro."""
    session.execute(
        insert(TemplateUse).values(
            template_id=template.id,
            ticket_id=ticket_id,
            message_id=message_id,
            staff=staff,
            kept=kept_share(filled, sent),
        )
    )
    steps = Steps.of(template)
    if steps.priority or steps.category:
        corrected = Corrections(category=steps.category, priority=steps.priority)
        lifecycle.correct(session, ticket_id, corrected, staff=staff)
    if steps.resolve:
        lifecycle.set_status(session, ticket_id, Status.RESOLVED, actor=staff)
