"""deskfleet llm: the sizes of the prompts, and what models have cost."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from typer.testing import CliRunner

from deskfleet.commands.llm import llm
from llm import records
from llm.purposes import Purpose
from tests.llm.test_figures import CALL

TRIAGE = replace(CALL, cost_usd=Decimal("0.25"))
REPLY = replace(CALL, purpose="reply", prompt_version="c", cost_usd=Decimal("0.5"), outcome="unavailable")


@pytest.fixture
def _calls(database: str) -> None:
    for call in (TRIAGE, TRIAGE, REPLY):
        records.write(call)


def said(*arguments: str) -> str:
    done = CliRunner().invoke(llm, list(arguments))
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.mark.usefixtures("_calls")
def test_sizes_are_told_of_the_prompts_as_shipped_and_of_the_calls() -> None:
    told = json.loads(said("sizes", "--json"))
    assert {one["purpose"] for one in told["shipped"]} >= {purpose.value for purpose in Purpose}
    assert all(one["system"] > 0 and one["user"] > 0 for one in told["shipped"])
    triage = next(one for one in told["measured"] if one["purpose"] == "triage")
    assert (triage["calls"], triage["input_mean"], triage["cached"]) == (2, 1000, 0.8)


@pytest.mark.usefixtures("_calls")
def test_costs_are_told_by_purpose_and_model_the_dearest_first() -> None:
    told = json.loads(said("costs", "--days", "7", "--json"))
    assert Decimal(told["total_usd"]) == Decimal(1)
    assert [(one["purpose"], one["calls"], one["failed"]) for one in told["costs"]] == [
        ("reply", 1, 1),
        ("triage", 2, 0),
    ]


@pytest.mark.usefixtures("_calls")
def test_people_get_tables() -> None:
    assert "1.0000 USD in the last 30 days." in said("costs")
    assert "triage" in said("sizes")


@pytest.mark.usefixtures("database")
def test_a_desk_that_has_called_no_model_says_so() -> None:
    assert "No model was called." in said("costs")
    assert "No vendor was called." in said("sizes")


def test_a_span_of_no_day_is_refused() -> None:
    assert CliRunner().invoke(llm, ["costs", "--days", "0"]).exit_code == 2
