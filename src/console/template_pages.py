"""The pages of templates and macros: the list with what they are worth, and the form of those who lead."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from accounts.permissions import Permission
from console import queue, words
from console.rendering import render
from console.sessions import Looking, Posting, Viewer
from runtime.database import transaction
from runtime.errors import Conflict, InvalidInput
from runtime.language import LANGUAGES
from tickets import template_figures, templates
from tickets.categories import categories
from tickets.contracts import Priority
from tickets.desk_models import Template
from tickets.template_figures import Effect
from tickets.template_texts import LONGEST, Variable
from tickets.templates import Steps, TemplateKind, Written

router = APIRouter(prefix="/templates")
_LIST = "/console/templates"
KINDS: dict[TemplateKind, str] = {
    TemplateKind.FIRST_RESPONSE: "First response",
    TemplateKind.STATUS_UPDATE: "Status update",
    TemplateKind.ESCALATION: "Escalation",
    TemplateKind.RESOLUTION: "Resolution",
    TemplateKind.CLARIFICATION: "Clarification",
}


@dataclass(frozen=True)
class Typed:
    """The fields of the form as they were sent: a refused form shows all of them again."""

    kind: str = TemplateKind.FIRST_RESPONSE
    name: str = ""
    text: str = ""
    language: str = ""
    categories: Sequence[str] = field(default_factory=list)
    severities: Sequence[str] = field(default_factory=list)
    resolve: str = ""
    set_priority: str = ""
    set_category: str = ""

    @classmethod
    def of(cls, template: Template) -> "Typed":
        steps = Steps.of(template)
        return cls(
            template.kind,
            template.name,
            template.text,
            template.language,
            template.categories,
            template.severities,
            "1" if steps.resolve else "",
            steps.priority or "",
            steps.category or "",
        )

    def written(self) -> Written:
        """Raises InvalidInput for a value that the form does not offer."""
        priorities = [*self.severities, *filter(None, [self.set_priority])]
        if self.kind not in list(TemplateKind) or any(one not in list(Priority) for one in priorities):
            raise InvalidInput("Choose among what the form offers.")
        priority = Priority(self.set_priority) if self.set_priority else None
        return Written(
            TemplateKind(self.kind),
            self.name,
            self.text,
            self.language,
            self.categories,
            [Priority(one) for one in self.severities],
            Steps(bool(self.resolve), priority, self.set_category or None),
        )


def _typed(  # noqa: PLR0913, PLR0917  # one argument for each field of the form
    kind: Annotated[str, Form(max_length=20)] = "",
    name: Annotated[str, Form(max_length=200)] = "",
    text: Annotated[str, Form(max_length=LONGEST + 1)] = "",
    language: Annotated[str, Form(max_length=2)] = "",
    categories: Annotated[list[str], Form(max_length=100)] = [],  # noqa: B006  # FastAPI copies it
    severities: Annotated[list[str], Form(max_length=10)] = [],  # noqa: B006  # FastAPI copies it
    resolve: Annotated[str, Form(max_length=1)] = "",
    set_priority: Annotated[str, Form(max_length=20)] = "",
    set_category: Annotated[str, Form(max_length=80)] = "",
) -> Typed:
    return Typed(kind, name, text, language, categories, severities, resolve, set_priority, set_category)


Filled = Annotated[Typed, Depends(_typed)]


def _frame(viewer: Viewer) -> dict[str, Any]:
    """What every page of the desk shows beside its own."""
    with transaction() as session:
        counts = queue.count_views(session, viewer.principal.public_id)
    return {"views": queue.VIEWS, "counts": counts, "kinds": KINDS, "variables": list(Variable)}


@router.get("")
def list_templates(request: Request, viewer: Looking) -> HTMLResponse:
    with transaction() as session:
        found = templates.list_templates(session)
        effects = template_figures.effects(session)
    shown = [(one, effects.get(one.id, Effect()), Steps.of(one)) for one in found]
    return render(request, "templates.html", viewer=viewer, found=shown, **_frame(viewer))


@router.get("/new")
def show_new(request: Request, viewer: Looking) -> HTMLResponse:
    viewer.principal.require(Permission.WRITE_KNOWLEDGE)
    return _form(request, viewer, Typed())


@router.get("/{template_id}")
def show_template(request: Request, viewer: Looking, template_id: str) -> HTMLResponse:
    viewer.principal.require(Permission.WRITE_KNOWLEDGE)
    with transaction() as session:
        typed = Typed.of(templates.find(session, template_id))
    return _form(request, viewer, typed, template_id=template_id)


@router.post("/new")
def add(request: Request, viewer: Posting, typed: Filled) -> Response:
    return _save(request, viewer, typed, template_id="")


@router.post("/{template_id}")
def change(request: Request, viewer: Posting, template_id: str, typed: Filled) -> Response:
    return _save(request, viewer, typed, template_id=template_id)


@router.post("/{template_id}/withdraw")
def withdraw(viewer: Posting, template_id: str) -> Response:
    viewer.principal.require(Permission.WRITE_KNOWLEDGE)
    with transaction() as session:
        templates.withdraw(session, template_id, by=viewer.principal.public_id)
    return RedirectResponse(_LIST, status_code=303)


def _save(request: Request, viewer: Viewer, typed: Typed, *, template_id: str) -> Response:
    viewer.principal.require(Permission.WRITE_KNOWLEDGE)
    me = viewer.principal.public_id
    typed = replace(typed, text=typed.text.replace("\r\n", "\n"))
    try:
        with transaction() as session:
            if template_id:
                templates.change(session, template_id, typed.written(), by=me)
            else:
                templates.add(session, typed.written(), by=me)
    except (Conflict, InvalidInput) as error:
        status = 409 if isinstance(error, Conflict) else 422
        return _form(request, viewer, typed, template_id=template_id, error=error.detail, status=status)
    return RedirectResponse(_LIST, status_code=303)


def _form(  # keyword-only: what a refused form shows
    request: Request,
    viewer: Viewer,
    typed: Typed,
    *,
    template_id: str = "",
    error: str = "",
    status: int = 200,
) -> HTMLResponse:
    return render(
        request,
        "template_form.html",
        viewer=viewer,
        status=status,
        typed=typed,
        template_id=template_id,
        error=error,
        priorities=words.PRIORITIES,
        categories=categories(),
        languages=LANGUAGES,
        **_frame(viewer),
    )
