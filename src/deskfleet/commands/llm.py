"""deskfleet llm sizes|costs: how large the prompts are, and what the models have cost."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from agent_core import prompts
from deskfleet.commands.output import JSON_HELP, print_json, print_table
from deskfleet.migrate import migrate
from llm import figures
from llm.sizes import likely_tokens
from runtime.database import transaction

llm = typer.Typer(no_args_is_help=True, add_completion=False)

_DAYS = Annotated[int, typer.Option(min=1, max=3_650, help="Only the calls of the last days.")]
_JSON = Annotated[bool, typer.Option("--json", help=JSON_HELP)]


@llm.callback()
def group() -> None:
    """Prompts and costs of models."""


@llm.command("sizes")
def sizes(days: _DAYS = 30, json: _JSON = False) -> None:
    """Tokens of each purpose's prompt: as it is shipped, without a case, and as the vendors counted its calls."""
    shipped = [_shipped(name) for name in prompts.names()]
    migrate()
    with transaction() as session:
        measured = [asdict(one) for one in figures.prompt_sizes(session, days=days)]
    if json:
        print_json({"shipped": shipped, "measured": measured})
        return
    print("Prompts as they are shipped, in tokens (estimated):")
    _print(shipped, empty="There is no prompt.")
    print(f"\nCalls of the last {days} days, in tokens as the vendors counted them:")
    _print(measured, empty="No vendor was called.")


def _shipped(name: str) -> dict[str, Any]:
    """The system part is the same for every case, so vendors cache it."""
    empty = prompts.prompt(name)
    return {
        "purpose": name,
        "prompt_version": empty.version,
        "system": likely_tokens(empty.system),
        "user": likely_tokens(empty.user),
    }


@llm.command("costs")
def costs(days: _DAYS = 30, json: _JSON = False) -> None:
    """What models were paid, by purpose and model, and how much of the budgets is spent."""
    migrate()
    with transaction() as session:
        paid = figures.costs(session, days=days)
        budgets = [asdict(one) for one in figures.budget_states(session)]
    total = sum((one.cost_usd for one in paid), start=figures.NOTHING)
    rows = [asdict(one) for one in paid]
    if json:
        print_json({"total_usd": total, "costs": rows, "budgets": budgets})
        return
    print(f"{total:.4f} USD in the last {days} days.\n")
    _print(rows, empty="No model was called.")
    print("\nBudgets:")
    _print(budgets, empty="None has been used.")


def _print(rows: list[dict[str, Any]], *, empty: str) -> None:
    print_table(list(rows[0]) if rows else [], [list(row.values()) for row in rows], empty=empty)
