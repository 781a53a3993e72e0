"""A model that calls the tools of the toolbox: what it is told, what it may read, and what it has found in the end."""

from dataclasses import dataclass
from functools import partial

from agent_core.fencing import fenced
from agent_core.prompts import prompt
from agent_core.toolbox import TOOLS, Declared, Desk, ToolArguments
from agent_core.tools import FAILURES, told
from llm import tools
from llm.ask import Prompt
from llm.purposes import Purpose
from llm.tools import Told, Tool
from runtime.redaction import redact
from runtime.settings import settings
from tickets.action_kinds import Proposal
from tickets.contracts import Order

_AWAY = "The shop cannot be asked now."
_MOST_LETTERS = 2_000
_MOST_TURNS = 6


@dataclass(frozen=True)
class Found:
    """What a model with the tools has found and proposed."""

    proposal: Proposal | None
    orders: tuple[Order, ...]
    failure: str | None
    notes: tuple[str, ...]


def has_model() -> bool:
    return settings().agent.tool_loop and tools.can_run()


def consult(desk: Desk) -> Found | None:
    """Let a model look and propose; None when none is there or it did not manage: then the rules do."""
    if not has_model():
        return None
    told_by_model = tools.run(Purpose.TOOLS, _prompt(desk), _tools(desk))
    if told_by_model is None:
        return None
    return Found(
        desk.proposal, tuple(desk.orders.values()), desk.failure, (*desk.notes, _note(told_by_model))
    )


def _note(ended: Told) -> str:
    cost = f"{ended.input_tokens + ended.output_tokens} tokens, {ended.cost_usd:.4f} USD"
    return f"tools by {ended.provider}:{ended.model}: {cost}"


def _prompt(desk: Desk) -> Prompt:
    case = desk.case
    return prompt(
        "tools",
        desk=settings().agent.desk_name,
        earlier=fenced("\n".join(f"{turn.author}: {turn.text}" for turn in case.earlier[-_MOST_TURNS:])),
        question=fenced(f"{case.subject}\n{case.question}"),
    )


def _tools(desk: Desk) -> list[Tool]:
    return [
        Tool(one.name, f"{one.what} {one.limits}".strip(), one.arguments, partial(_answered, one, desk))
        for one in TOOLS
    ]


def _answered(tool: Declared, desk: Desk, arguments: ToolArguments) -> str:
    """What a tool says is data too: it is bounded, cannot close its fence, and a failure stays inside."""
    try:
        text = tool.run(desk, arguments)
    except FAILURES as error:
        desk.failure = told(error, desk.case)
        text = _AWAY
    return f"<tool_result>\n{fenced(redact(text)[:_MOST_LETTERS])}\n</tool_result>"
