"""deskfleet evaluate calibration: how honest each model's confidence is, by what became of its judgements."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from agent_core import calibration
from agent_core.calibration import Measured
from agent_core.reliability import Bin
from deskfleet.commands.output import JSON_HELP, print_json, print_table
from deskfleet.migrate import migrate
from runtime.database import transaction
from tickets import corrections

_MOST_OUTCOMES = 20_000


def run(json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False) -> None:
    """Right is a category that staff left or confirmed, wrong one that they corrected.

    Before is as the models claim; after is with the curve of all other outcomes, so no outcome measures itself.
    """
    migrate()
    with transaction() as session:
        outcomes = corrections.claim_outcomes(session, limit=_MOST_OUTCOMES)
    found = {model: calibration.measured(mine) for model, mine in calibration.by_model(outcomes).items()}
    if json:
        print_json({"least_outcomes": calibration.LEAST_OUTCOMES, "models": _figures(found)})
        return
    if not found:
        print("There is no outcome yet: a ticket has to be resolved, or its category corrected or confirmed.")
    for model, measured in found.items():
        _print(model, measured)


def _figures(found: dict[str, Measured]) -> dict[str, Any]:
    return {
        model: {
            **asdict(one),
            "ece_before": round(one.ece_before, 4),
            "ece_after": round(one.ece_after, 4),
            "is_calibrated": one.outcomes >= calibration.LEAST_OUTCOMES,
        }
        for model, one in found.items()
    }


def _print(model: str, measured: Measured) -> None:
    print(f"{model or 'unknown model'}: {measured.outcomes:,} outcomes")
    print(f"error of the confidence (ECE): {measured.ece_before:.4f} before, {measured.ece_after:.4f} after")
    if measured.outcomes < calibration.LEAST_OUTCOMES:
        print(f"Taken as told until there are {calibration.LEAST_OUTCOMES} outcomes.")
    rows = [("before", *_row(one)) for one in measured.bins_before]
    rows += [("after", *_row(one)) for one in measured.bins_after]
    print_table(("", "confidence", "right", "outcomes"), rows, empty="")
    print()


def _row(one: Bin) -> tuple[str, str, int]:
    return f"{one.confidence:.3f}", f"{one.accuracy:.3f}", one.texts
