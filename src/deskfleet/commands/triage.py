"""deskfleet triage retrain: learn from what staff corrected, now instead of in the night."""

from dataclasses import asdict
from typing import Annotated

import typer

from agent_core import retraining
from agent_core.retraining import Figures
from deskfleet.commands.output import JSON_HELP, print_json, print_table, progress_bar
from deskfleet.migrate import migrate

triage = typer.Typer(no_args_is_help=True, add_completion=False)


@triage.callback()
def group() -> None:
    """How messages are sorted."""


@triage.command("retrain")
def retrain(json: Annotated[bool, typer.Option("--json", help=JSON_HELP)] = False) -> None:
    """Train the local classifiers and measure every model's confidence. Only what is not worse is taken."""
    migrate()
    with progress_bar(quiet=json) as progress:
        progress.add_task("Learning from what staff corrected …", total=None)
        done = retraining.retrain()
    if json:
        print_json(asdict(done))
        return
    print(f"Version {done.version}, from {done.lessons} messages that staff spoke of.\n")
    rows = [(target, one.texts, one.taught, *_told(one)) for target, one in done.figures.items()]
    print_table(("classifier", "texts", "of staff", "right before", "right after", ""), rows, empty="")
    print()
    curves = [
        (model, one["outcomes"], one["ece_before"], one["ece_after"]) for model, one in done.curves.items()
    ]
    print_table(
        ("model", "outcomes", "error before", "error after"),
        curves,
        empty="No model has enough outcomes yet to measure its confidence by.",
    )


def _told(figures: Figures) -> tuple[object, object, str]:
    if figures.after is None:
        return "", "", "nothing new to learn"
    return figures.before, figures.after, "replaced" if figures.is_replaced else "worse: not taken"
