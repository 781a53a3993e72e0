"""The agent's rules and flags for the console and the command, which do not know the agent's insides."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from agent_core import routing, rule_file, shared_training
from agent_core.escalation import RULES
from agent_core.facts import rule_book
from agent_core.routing import Step
from agent_core.workflow import explain_answer
from console.ruling import Asked, Explained, Flag, RuleLine, RulesForm
from deskfleet import rule_form
from runtime.database import transaction
from runtime.errors import InvalidInput, SettingError
from runtime.settings import instead, settings
from tickets import queries
from tickets.cases import build_case
from tickets.categories import categories

_LONGEST = 100_000


def list_rules() -> Sequence[RuleLine]:
    """In the order they are asked; then the built-in ones that are off."""
    book = rule_book()
    asked = [
        RuleLine(
            rule.key,
            rule.reason,
            "of the draft" if rule.needs_draft else "at once",
            rule.condition(book.thresholds),
            rule.source,
        )
        for rule in book.rules
    ]
    on = {rule.key for rule in book.rules}
    off = [
        RuleLine(rule.key, rule.reason, "never", rule.condition(book.thresholds), "off: rules file")
        for rule in RULES
        if rule.key not in on
    ]
    return asked + off


def rules_text() -> str:
    return rule_file.text_in_force() or ""


def check_rules(text: str) -> None:
    if len(text) > _LONGEST:
        raise InvalidInput(f"The rules are longer than {_LONGEST} characters.", field="text")
    try:
        rule_file.parse(text)
    except SettingError as error:
        raise InvalidInput(_said(error), field="text") from None


def _said(error: SettingError) -> str:
    """Without the setting, which whoever fills in a form knows nothing of."""
    said = error.detail.removeprefix(f"The setting {error.field} is wrong: ")
    return said[:1].upper() + said[1:]


def rules_form() -> RulesForm:
    return rule_form.in_force()


def text_of_form(form: RulesForm) -> str:
    return rule_form.text_of(form)


def explain(ticket: str) -> Explained:
    """Every rule about the ticket's newest messages, as they stand now."""
    shared_training.refresh()
    with transaction() as session:
        found = queries.find_ticket(session, ticket)
        case = build_case(session, found.id, "", newest_again=True)
    rules = [Asked(reason, applies, because) for reason, applies, because in explain_answer(case)]
    now = next((one.reason for one in rules if one.applies), "")
    return Explained(found.public_id, found.reason or "", now, rules)


def list_flags() -> Sequence[Flag]:
    return [Flag(step, routing.is_on(step)) for step in Step]


def modes() -> Mapping[str, str]:
    return {name: routing.mode_of(name).value for name in categories()}


def check_agent(document: Mapping[str, Any]) -> None:
    present = settings()
    try:
        with instead(replace(present, agent=present.agent.model_copy(update=dict(document)))):
            routing.check()
    except SettingError as error:
        raise InvalidInput(_said(error)) from None
