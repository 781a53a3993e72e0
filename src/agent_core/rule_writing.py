"""Escalation rules as the text of a rules file: what `rule_file.parse` reads back as the same."""

import json
from collections.abc import Iterator, Sequence

from agent_core.rule_file import RuleFile


def written(listed: RuleFile) -> str:
    """Empty when nothing differs from the built-in rules."""
    return "\n".join(_lines(listed)).strip()


def _lines(listed: RuleFile) -> Iterator[str]:
    for name, values in (("order", listed.order), ("off", listed.off)):
        if values:
            yield f"{name} = {_array(values)}"
    plain = {name: one for name, one in listed.thresholds if one is not None and not isinstance(one, dict)}
    if plain:
        yield "\n[thresholds]"
        yield from (f"{name} = {_value(one)}" for name, one in plain.items())
    if by_category := listed.thresholds.category_confidence:
        yield "\n[thresholds.category_confidence]"
        yield from (f"{_value(name)} = {_value(one)}" for name, one in by_category.items())
    for rule in listed.rule:
        when = (f"{name} = {_array(values)}" for name, values in rule.when if values)
        yield f"\n[[rule]]\nname = {_value(rule.name)}\nreason = {_value(rule.reason.value)}"
        yield f"when = {{ {', '.join(when)} }}"


def _array(values: Sequence[str]) -> str:
    return f"[{', '.join(_value(str(one)) for one in values)}]"


def _value(one: str | float | bool) -> str:
    """TOML reads strings, numbers and truths as JSON writes them, but for one control character."""
    return json.dumps(one, ensure_ascii=False).replace("\x7f", "\\u007f")
