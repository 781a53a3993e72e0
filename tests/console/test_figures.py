"""The page of figures: for managers, with charts, drill-down and CSV."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest

from accounts.permissions import Role
from analytics import volume
from analytics.desk_forecast import refit
from console.figures_chart import Bar, bars
from runtime.database import transaction
from tests.analytics.test_desk_forecast import past
from tests.analytics.test_stories import answered_by_agent, answered_by_staff
from tests.console.desk import member
from tests.jobs import CollectedJobs


def test_a_manager_sees_what_was_with_a_way_into_the_queue(run_jobs: CollectedJobs) -> None:
    answered_by_agent()
    answered_by_staff()
    page = member(role=Role.MANAGER).client.get("/console/figures").text
    assert "<strong>50%</strong>" in page  # Of two tickets one was with staff.
    assert f"{datetime.now(UTC).date()}: 2 tickets" in page
    assert 'href="/console/queue?view=all&amp;category=shipping"' in page
    assert "The forecast is being made" in page


def test_the_forecast_and_the_staff_it_needs_are_shown(run_jobs: CollectedJobs) -> None:
    with transaction() as session:
        volume.add(session, past(40, until=datetime.now(UTC)))
    refit()
    carol = member(role=Role.MANAGER)
    page = carol.client.get("/console/figures").text
    assert "in 8 of 10 cases" in page
    assert page.count("<time datetime") >= 24
    more = carol.client.get("/console/figures?handling=1800").text
    assert more != page


def test_asking_for_a_forecast_that_is_not_there_has_it_made(run_jobs: CollectedJobs) -> None:
    carol = member(role=Role.MANAGER)
    carol.client.get("/console/figures")
    run_jobs()
    assert "Too little history" in carol.client.get("/console/figures").text


def test_the_csv_has_a_line_a_day_with_the_same_figures(run_jobs: CollectedJobs) -> None:
    answered_by_agent()
    answer = member(role=Role.MANAGER).client.get("/console/figures.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(lines) == 28
    assert (lines[-1]["day"], lines[-1]["tickets"], lines[0]["tickets"]) == (
        datetime.now(UTC).date().isoformat(),
        "1",
        "0",
    )
    assert lines[0]["escalation"] == ""


def test_a_span_without_end_is_refused_and_an_empty_one_is_a_page(run_jobs: CollectedJobs) -> None:
    carol = member(role=Role.MANAGER)
    assert carol.client.get("/console/figures?since=2026-02-02&until=2026-02-01").status_code == 422
    early = datetime.now(UTC).date() - timedelta(days=300)
    assert (
        "No ticket began" in carol.client.get(f"/console/figures?since={early}&until={early}&channel=").text
    )


@pytest.mark.parametrize("path", ["/console/figures", "/console/figures.csv"])
def test_figures_are_not_for_everybody(run_jobs: CollectedJobs, path: str) -> None:
    assert member(role=Role.AGENT).client.get(path).status_code == 403


def test_charts_need_neither_script_nor_inline_style(run_jobs: CollectedJobs) -> None:
    drawn = bars([Bar("<b>", 3, "three"), Bar("x", 12, "twelve", 8, 15)], "A & B")
    assert "style=" not in drawn
    assert "&lt;b&gt;" in drawn
    assert 'aria-label="A &amp; B"' in drawn
    assert drawn.count("chart-whisker") == 1


def test_a_chart_of_nothing_is_an_empty_grid() -> None:
    assert "chart-bar" not in bars([], "Nothing")
