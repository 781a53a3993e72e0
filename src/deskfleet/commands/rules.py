"""deskfleet rules list|explain|test: what sends a message to staff, why one ticket, and whether rules say the right."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from agent_core import shared_training
from deskfleet import rule_desk
from deskfleet.commands import rule_tests
from deskfleet.commands.output import JSON_HELP, print_json, print_table
from deskfleet.migrate import migrate
from runtime import desk_settings
from runtime.settings import settings
from tickets.contracts import Case, Reason

rules = typer.Typer(no_args_is_help=True, add_completion=False)


@rules.callback()
def group() -> None:
    """Rules of escalation."""


@rules.command("list")
def list_rules(json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False) -> None:
    """Every rule in the order they are asked, and what else sends a message to staff."""
    heads = ("order", "rule", "reason", "asked", "condition", "source")
    rows: list[tuple[object, ...]] = [
        (None if one.asked == "never" else place, one.key, one.reason, one.asked, one.condition, one.source)
        for place, one in enumerate(rule_desk.list_rules(), start=1)
    ]
    rows += [
        (None, reason.value, reason.value, "on the way", why, "built in") for reason, why in _on_the_way()
    ]
    if json:
        print_json([dict(zip(heads, row, strict=True)) for row in rows])
    else:
        print_table(heads, rows, empty="There are no rules.")


def _on_the_way() -> list[tuple[Reason, str]]:
    """What is no rule, because it is seen only while the agent works."""
    return [
        (Reason.SUSPICIOUS, "the message holds an attack on the agent and nothing else"),
        (Reason.OUTPUT_REFUSED, "the last check before sending refuses the reply"),
        (Reason.BUDGET, "the models' budget is used up, and the settings then want staff"),
        (Reason.AGENT_FAILED, f"{settings().agent.max_attempts} attempts to answer have failed"),
    ]


@rules.command("test")
def judge(
    file: Annotated[Path, typer.Argument(help="JSON lines, or TOML with [[row]] tables.")],
    json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
) -> None:
    """Ask the rules about rows of `facts` or a `text`, each with the `expected` reason or reply; exit 1: one failed."""
    rows = rule_tests.read(file)
    if any(isinstance(row.asked, Case) for row in rows):
        migrate()
        shared_training.refresh()
    judged = [rule_tests.judge(row) for row in rows]
    failed = sum(not one.passed for one in judged)
    if json:
        listed = [asdict(one) | {"passed": one.passed} for one in judged]
        print_json({"passed": len(judged) - failed, "failed": failed, "rows": listed})
    else:
        print_table(
            ("row", "result", "expected", "got", "name"),
            [(one.row, "pass" if one.passed else "FAIL", one.expected, one.got, one.name) for one in judged],
            empty="",
        )
        print(f"\n{len(judged) - failed} passed, {failed} failed.")
    if failed:
        raise typer.Exit(1)


@rules.command("explain")
def explain(
    ticket_id: Annotated[str, typer.Argument(help="TKT-…")],
    json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False,
) -> None:
    """Ask every rule about the ticket's newest messages, as they stand now."""
    migrate()
    desk_settings.follow()
    found = rule_desk.explain(ticket_id)
    if json:
        recorded, now = found.recorded or None, found.now or None
        listed = [asdict(one) for one in found.rules]
        print_json({"ticket_id": ticket_id, "recorded_reason": recorded, "reason": now, "rules": listed})
        return
    print_table(
        ("rule", "applies", "because"),
        [(one.reason, "yes" if one.applies else "", one.because) for one in found.rules],
        empty="There are no rules.",
    )
    print(f"\nRecorded: {found.recorded or 'none'}. Now: {found.now or 'the agent may reply'}.")
