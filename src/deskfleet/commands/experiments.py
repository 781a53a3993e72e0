"""deskfleet experiments: a candidate for some customers, what it proves, and one command to promote it."""

from pathlib import Path
from typing import Annotated

import typer

from agent_core import candidates
from analytics import experiments as rows
from analytics.experiment_models import Experiment
from analytics.experiments import Plan, Standing
from deskfleet.commands.output import JSON_HELP, print_json, print_table
from deskfleet.migrate import migrate
from runtime.database import transaction

experiments = typer.Typer(no_args_is_help=True, add_completion=False)

_Json = Annotated[bool, typer.Option("--json", help=JSON_HELP)]
_Id = Annotated[str, typer.Argument(help="EXP-…, as `experiments list` shows it.")]
_BY = "command line"


@experiments.callback()
def group() -> None:
    """Try a prompt, a model or a threshold on some customers."""


@experiments.command("start")
def start(
    candidate: Annotated[Path, typer.Argument(help="TOML file, as of `deskfleet replay`.")],
    share: Annotated[float, typer.Option("--share", help="Of the customers, those who meet it.")] = 0.5,
    effect: Annotated[
        float, typer.Option("--effect", help="The least change of the share answered alone that matters.")
    ] = 0.05,
    most_wrong: Annotated[
        float, typer.Option("--most-wrong", help="Guardrail: more wrong answers than this stop it.")
    ] = 0.05,
    json: _Json = False,
) -> None:
    """Says how many customers are needed before anything is proven."""
    migrate()
    given = candidates.read(candidate).model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    with transaction() as session:
        made = rows.start(session, {"name": candidate.stem, **given}, Plan(share, effect, most_wrong), by=_BY)
    if json:
        print_json(_row(made))
        return
    print(
        f"{made.public_id} runs. {made.needed} customers are needed in each arm: from {made.baseline:.0%} answered"
    )
    print(
        f"alone, a change by {made.effect:.0%} is then seen with a chance of 80 %, and chance taken for one in 5 %."
    )


@experiments.command("list")
def list_all(json: _Json = False) -> None:
    """The newest first."""
    migrate()
    with transaction() as session:
        found = [rows.standing(session, one) for one in rows.newest(session)]
    if json:
        print_json([_standing(one) for one in found])
        return
    print_table(
        ("experiment", "name", "state", "control", "candidate", "needed", "change", "proven", "why"),
        [
            (one.experiment.public_id, one.experiment.name, one.experiment.state, one.control, one.candidate,
             one.experiment.needed, _change(one), _proven(one), one.experiment.why)
            for one in found
        ],
        empty="There was no experiment yet.",
    )  # fmt: skip


@experiments.command("stop")
def stop(experiment: _Id, json: _Json = False) -> None:
    """Everybody is answered as before."""
    migrate()
    with transaction() as session:
        changed = rows.stop(session, experiment, by=_BY)
    _say(changed, json=json)


@experiments.command("promote")
def promote(experiment: _Id, json: _Json = False) -> None:
    """Everybody meets the candidate from now on."""
    migrate()
    with transaction() as session:
        changed = rows.promote(session, experiment, by=_BY)
    _say(changed, json=json)


@experiments.command("rollback")
def roll_back(experiment: _Id, json: _Json = False) -> None:
    """What was promoted holds for nobody any more."""
    migrate()
    with transaction() as session:
        changed = rows.roll_back(session, experiment, by=_BY)
    _say(changed, json=json)


def _say(changed: Experiment, *, json: bool) -> None:
    if json:
        print_json(_row(changed))
    else:
        print(f"{changed.public_id} is {changed.state.replace('_', ' ')}.")


def _row(one: Experiment) -> dict[str, object]:
    return {
        "experiment": one.public_id, "name": one.name, "state": one.state, "share": one.share,
        "baseline": one.baseline, "effect": one.effect, "needed": one.needed, "most_wrong": one.most_wrong,
        "why": one.why,
    }  # fmt: skip


def _standing(one: Standing) -> dict[str, object]:
    change = one.outcome.difference
    return _row(one.experiment) | {
        "control": one.control, "candidate": one.candidate, "change": change.value, "low": change.low,
        "high": change.high, "p_value": one.outcome.p_value, "judged": one.judged, "wrong": one.wrong,
    }  # fmt: skip


def _change(one: Standing) -> str:
    change = one.outcome.difference
    if change.value is None or change.low is None or change.high is None:
        return "–"
    return f"{change.value:+.1%} ({change.low:+.1%} to {change.high:+.1%})"


def _proven(one: Standing) -> str:
    if one.outcome.p_value is None:
        return "not yet"
    return f"{'yes' if one.outcome.is_significant else 'no'}, p = {one.outcome.p_value:.3f}"
