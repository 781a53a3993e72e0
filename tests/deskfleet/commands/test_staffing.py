"""deskfleet staffing, and the desk's own forecast and figures on the command line."""

import json
from datetime import UTC, datetime

from typer.testing import CliRunner

from analytics import volume
from deskfleet.cli import app
from runtime.database import transaction
from tests.analytics.test_desk_forecast import past
from tests.analytics.test_stories import answered_by_agent, answered_by_staff
from tests.jobs import CollectedJobs


def test_the_need_and_what_one_more_or_fewer_gives() -> None:
    result = CliRunner().invoke(
        app, ["staffing", "--contacts", "200", "--handling", "180", "--within", "20", "--json"]
    )
    found = json.loads(result.stdout)
    assert (found["at_work"], found["scheduled"]) == (14, 20)
    assert [one["staff"] for one in found["service"]] == [12, 13, 14, 15, 16]
    assert found["service"][1]["answered_in_time"] < 0.8 <= found["service"][2]["answered_in_time"]


def test_customers_who_give_up_are_shown() -> None:
    said = (
        CliRunner()
        .invoke(app, ["staffing", "--contacts", "60", "--handling", "300", "--patience", "120"])
        .stdout
    )
    assert "at work" in said
    assert "on the roster" in said


def test_impossible_numbers_end_with_exit_code_2() -> None:
    result = CliRunner().invoke(app, ["staffing", "--contacts", "-1", "--handling", "180"])
    assert result.exit_code == 2
    assert "Contacts are 0 or more" in result.stderr


def test_the_desks_forecast_is_fitted_stored_and_shown(database: str) -> None:
    with transaction() as session:
        volume.add(session, past(30, until=datetime.now(UTC)))
    found = json.loads(CliRunner().invoke(app, ["forecast", "--json"]).stdout)
    assert len(found["bins"]) == 7
    assert found["model"]["is_enough"]
    refused = CliRunner().invoke(app, ["forecast", "--channel", "x"])
    assert "nothing of it came" in str(refused.exception)


def test_the_desks_figures_are_shown(run_jobs: CollectedJobs) -> None:
    answered_by_agent()
    answered_by_staff()
    found = json.loads(CliRunner().invoke(app, ["metrics", "--days", "2", "--json"]).stdout)
    assert (found["tickets"], found["escalation"], found["reasons"]) == (2, 0.5, {"vip": 1})
    assert "hours saved" in CliRunner().invoke(app, ["metrics"]).stdout
