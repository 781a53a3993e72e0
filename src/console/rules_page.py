"""The rules of escalation: listed as they are asked, edited as one text, tried on a ticket."""

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Query, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import Field

from console import ruling, words
from console.ruling import CONDITIONS, THRESHOLDS, OwnRule, RulesForm, Ruling, Switch
from console.settings_pages import REFUSALS, Changing, Managing, Refused, Version, page, save
from runtime.desk_settings import Document
from runtime.errors import InvalidInput, NotFound

router = APIRouter()
_TAB = Document.RULES


def _ruling(request: Request) -> Ruling:
    kept = ruling.use(request)
    if kept is None:
        raise NotFound("The agent is not in this process.")
    return kept


Kept = Annotated[Ruling, Depends(_ruling)]


_Line = Annotated[str, Form(max_length=60)]
_Lines = Annotated[list[Annotated[str, Field(max_length=20_000)]], Form(max_length=101)]
_REASONS = {
    name: words.reason_label(name)
    for name in ("desk_rule", "legal", "safety", "vip", "suspicious", "high_stakes_action", "asks_for_person")
}


def _typed(  # noqa: PLR0913, PLR0917  # one argument for each field of the form
    kept: Kept,
    on: _Lines = [],  # noqa: B006  # FastAPI copies it, as the other lists
    min_confidence: _Line = "",
    min_support: _Line = "",
    max_turns: _Line = "",
    max_negative: _Line = "",
    replies_per_hour: _Line = "",
    vip_to_staff: _Line = "",
    category_confidence: Annotated[str, Form(max_length=10_000)] = "",
    rule_name: _Lines = [],  # noqa: B006
    rule_reason: _Lines = [],  # noqa: B006
    rule_words: _Lines = [],  # noqa: B006
    rule_category: _Lines = [],  # noqa: B006
    rule_language: _Lines = [],  # noqa: B006
    rule_channel: _Lines = [],  # noqa: B006
    rule_tier: _Lines = [],  # noqa: B006
    rule_priority: _Lines = [],  # noqa: B006
    rule_on: _Lines = [],  # noqa: B006
    rule_removed: _Lines = [],  # noqa: B006
) -> RulesForm:
    """What the form says. Of the rules of one's own each list holds one value for each; boxes name places."""
    said = (min_confidence, min_support, max_turns, max_negative, replies_per_hour, vip_to_staff)
    lists = (rule_words, rule_category, rule_language, rule_channel, rule_tier, rule_priority)
    columns = [rule_name, rule_reason, *lists]
    if len({len(one) for one in columns}) > 1:
        raise InvalidInput("The form is not whole.")
    own = tuple(
        OwnRule(name.strip(), reason, str(number) in rule_on, dict(zip(CONDITIONS, conditions, strict=True)))
        for number, (name, reason, *conditions) in enumerate(zip(*columns, strict=True))
        if str(number) not in rule_removed
    )
    switches = tuple(
        Switch(one.key, one.is_fixed or one.key in on, one.is_fixed) for one in kept.rules_form().switches
    )
    thresholds = {name: value.strip() for name, value in zip(THRESHOLDS, said, strict=True)}
    return RulesForm(switches, thresholds, category_confidence, own)


@router.get("/settings/rules")
def show_rules(
    request: Request, viewer: Managing, kept: Kept, ticket: Annotated[str, Query(max_length=40)] = ""
) -> HTMLResponse:
    """With a ticket: what every rule says of it now, and why."""
    asked_of = ticket.strip().upper()
    explained, missing = None, ""
    if asked_of:
        try:
            explained = kept.explain(asked_of)
        except NotFound as error:
            missing = error.detail
    return page(
        request,
        viewer,
        _TAB,
        rules=kept.list_rules(),
        text=kept.rules_text(),
        asked_of=asked_of,
        explained=explained,
        missing=missing,
        **_form(kept.rules_form()),
    )


def _form(form: RulesForm, wrong_field: str | None = None) -> dict[str, Any]:
    """With a row for one rule more."""
    blank = OwnRule("", "desk_rule", is_on=True, conditions={})
    return {
        "form": form,
        "own": (*form.own, blank),
        "titles": THRESHOLDS,
        "conditions": CONDITIONS,
        "reasons": _REASONS,
        "wrong_field": wrong_field,
    }


@router.post("/settings/rules/form")
def change_by_form(
    request: Request,
    viewer: Changing,
    kept: Kept,
    seen: Version,
    typed: Annotated[RulesForm, Depends(_typed)],
) -> Response:
    """The same document as the text makes."""
    try:
        text = kept.text_of_form(typed)
        kept.check_rules(text)
        return save(viewer, _TAB, {"text": text}, seen=seen)
    except REFUSALS as error:
        shown = replace(typed, usual=kept.rules_form().usual)
        return page(
            request,
            viewer,
            _TAB,
            refused=Refused(error, seen),
            rules=kept.list_rules(),
            text=kept.rules_text(),
            asked_of="",
            explained=None,
            missing="",
            **_form(shown, error.field),
        )


@router.post("/settings/rules")
def change_rules(
    request: Request,
    viewer: Changing,
    kept: Kept,
    seen: Version,
    text: Annotated[str, Form(max_length=200_000)] = "",
) -> Response:
    written = text.replace("\r\n", "\n").strip()
    try:
        kept.check_rules(written)
        return save(viewer, _TAB, {"text": written}, seen=seen)
    except REFUSALS as error:
        return page(
            request,
            viewer,
            _TAB,
            refused=Refused(error, seen),
            rules=kept.list_rules(),
            text=written,
            asked_of="",
            explained=None,
            missing="",
            text_is_wrong=True,
            **_form(kept.rules_form()),
        )
