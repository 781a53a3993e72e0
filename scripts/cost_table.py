"""The table of what models cost in docs/operations.md, from the settings' defaults, the prompts and the price list."""

import re
import sys
from decimal import Decimal
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # Called by its path, Python looks for modules beside this file alone.

from agent_core import prompts  # noqa: E402  # found only now
from llm.pricing import Usage, cost  # noqa: E402  # found only now
from llm.sizes import likely_tokens  # noqa: E402  # found only now
from runtime.llm_settings import LlmSettings  # noqa: E402  # found only now

DOCUMENT = "docs/operations.md"
_PLACE = re.compile(r"(<!-- costs -->\n).*?(<!-- /costs -->)", re.DOTALL)
_BUDGET = re.compile(r"DESKFLEET_LLM_BUDGET_DAY_USD=(\d+)")
# A message with what was said before it, five passages, and answers of the usual length.
_MESSAGE, _PASSAGES = 400, 1_500
_ANSWERS = {"triage": 150, "reply": 250}
_INPUTS = {"triage": _MESSAGE, "reply": _MESSAGE + _PASSAGES}


def of_a_message(model: str) -> Decimal:
    """US dollars for triage and reply; the system parts come from the vendor's cache."""
    total = Decimal(0)
    for name, output in _ANSWERS.items():
        empty = prompts.prompt(name)
        system = likely_tokens(empty.system)
        whole = system + likely_tokens(empty.user) + _INPUTS[name]
        total += cost(Usage(whole, output, cache_read=system), model)
    return total


def budgets(root: Path) -> dict[str, int]:
    """Of each environment, a day's, in US dollars."""
    return {
        name: int(_BUDGET.findall((root / f"k8s/overlays/{name}/kustomization.yaml").read_text("utf-8"))[0])
        for name in ("dev", "staging", "production")
    }


def table(root: Path) -> str:
    defaults = LlmSettings.model_fields
    roles = {
        "Claude": "anthropic_model", "Claude when a budget is short": "anthropic_cheaper_model",
        "GPT, the fallback": "openai_model",
    }  # fmt: skip
    found = budgets(root)
    head = [f"messages that {usd} USD a day pay ({name})" for name, usd in found.items()]
    lines = [
        f"| asked | model | USD a message | 1,000 messages a day, a month | {' | '.join(head)} |",
        f"|---|---|---|---|{'---|' * len(head)}",
    ]
    for role, field in roles.items():
        model = str(defaults[field].default)
        one = of_a_message(model)
        paid = " | ".join(f"{_roughly(usd / one):,}" for usd in found.values())
        month = _roughly(one * 30_000)
        lines.append(f"| {role} | `{model}` | {one:.3f} | {month:,} USD | {paid} |")
    return "\n".join(lines) + "\n"


def _roughly(number: Decimal) -> int:
    """Two digits: the rest is of today's wording of the prompts."""
    return int(Decimal(f"{number:.1e}"))


def written(root: Path) -> str:
    """The document with the table as it is now."""
    text = (root / DOCUMENT).read_text(encoding="utf-8")
    return _PLACE.sub(lambda place: f"{place[1]}{table(root)}{place[2]}", text)


def costs_are_fresh(root: Path) -> list[str]:
    text = (root / DOCUMENT).read_text(encoding="utf-8")
    if not _PLACE.search(text):
        return [f"{DOCUMENT}: has no place for the table of costs"]
    return [] if written(root) == text else [f"{DOCUMENT}: the table of costs is old: make ops-files"]


def main(root: Path = ROOT) -> int:
    (root / DOCUMENT).write_text(written(root), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
