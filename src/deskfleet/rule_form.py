"""The escalation rules as the fields of a form, and back: the form and the text make the same document."""

import re
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from agent_core import rule_file
from agent_core.escalation import RULES
from agent_core.facts import rule_book
from agent_core.rule_file import RuleFile
from agent_core.rule_writing import written
from console.ruling import CONDITIONS, THRESHOLDS, OwnRule, RulesForm, Switch
from runtime.errors import InvalidInput

_LINE = re.compile(r"\s*([^=]+?)\s*=\s*(\S+)\s*")


def in_force() -> RulesForm:
    """What the form shows; an empty threshold is the one of the settings."""
    listed = _listed()
    book = rule_book()
    switches = [Switch(rule.key, rule.key not in listed.off, rule.fixed) for rule in RULES]
    stated = dict(listed.thresholds)
    by_category = listed.thresholds.category_confidence or {}
    return RulesForm(
        switches=tuple(switches),
        thresholds={name: _said(stated[name]) for name in THRESHOLDS},
        usual={name: _said(getattr(book.thresholds, name)) for name in THRESHOLDS},
        category_confidence="\n".join(f"{name} = {least:g}" for name, least in by_category.items()),
        own=tuple(_own(rule, is_on=rule.name not in listed.off) for rule in listed.rule),
    )


def _listed() -> RuleFile:
    text = rule_file.text_in_force()
    return rule_file.parse(text) if text else RuleFile()


def _said(value: object) -> str:
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else f"{value:g}"


def _own(rule: Any, *, is_on: bool) -> OwnRule:  # noqa: ANN401  # the type has no public name
    conditions = {name: ", ".join(map(str, values or ())) for name, values in rule.when}
    return OwnRule(rule.name, rule.reason.value, is_on, conditions)


def text_of(form: RulesForm) -> str:
    """The text that says the same; the order of the present one is kept. Raises InvalidInput naming the field."""
    own = [one for one in form.own if one.name or any(one.conditions.values())]
    names = {*(rule.key for rule in RULES), *(one.name for one in own)}
    off = [one.key for one in form.switches if not one.is_on] + [one.name for one in own if not one.is_on]
    given: dict[str, Any] = {
        "order": [name for name in _listed().order if name in names],
        "off": off,
        "thresholds": {name: said for name, said in form.thresholds.items() if said},
        "rule": [
            {
                "name": one.name,
                "reason": one.reason,
                "when": {
                    name: words for name in CONDITIONS if (words := _words(one.conditions.get(name, "")))
                },
            }
            for one in own
        ],
    }
    if by_category := _by_category(form.category_confidence):
        given["thresholds"]["category_confidence"] = by_category
    return written(_checked(given))


def _words(said: str) -> list[str]:
    return [word.strip() for word in re.split(r"[,\n]", said) if word.strip()]


def _by_category(said: str) -> dict[str, str]:
    found = {}
    for line in filter(str.strip, said.splitlines()):
        match = _LINE.fullmatch(line)
        if match is None:
            raise InvalidInput(
                f"Confidence by category: a line is category = number, not {line[:60]!r}.",
                field="category_confidence",
            )
        found[match[1]] = match[2]
    return found


def _checked(given: Mapping[str, Any]) -> RuleFile:
    try:
        listed = RuleFile.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise _wrong(given, first["loc"], first["msg"]) from None
    for place, what in rule_file.mistakes(listed):
        raise _wrong(given, place, what)
    return listed


def _wrong(given: Mapping[str, Any], place: tuple[int | str, ...], what: str) -> InvalidInput:
    """The place in the words of the form."""
    if place[0] == "thresholds":
        field = str(place[1])
        label = THRESHOLDS.get(field, "Confidence by category")
        where = f"{label}, {place[2]}" if len(place) > 2 else label
        return InvalidInput(f"{where}: {what}.", field=field)
    if place[0] == "rule" and len(place) > 1:
        number = int(place[1])
        name = given["rule"][number]["name"] or f"number {number + 1}"
        part = next(
            (str(one) for one in place[2:] if one in CONDITIONS or one in {"name", "reason"}), "conditions"
        )
        return InvalidInput(
            f"Rule {name[:60]}, {CONDITIONS.get(part, part).lower()}: {what}.", field=f"rule_{part} {number}"
        )
    return InvalidInput(f"{str(place[0]).capitalize()}: {what}.", field=str(place[0]))
