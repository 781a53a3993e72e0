"""The page of the dial and its REST sister."""

import re
from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from accounts.permissions import Permission, Role
from analytics import volume
from analytics.desk_forecast import refit
from deskfleet.web import create_app
from runtime.database import transaction
from tests.agent_core.past_desk import answered
from tests.analytics.test_desk_forecast import past
from tests.api.test_forecast import use_key
from tests.console.desk import member
from tests.jobs import CollectedJobs


def many_decisions() -> None:
    answered("How long does it take?")
    with transaction() as session:
        session.execute(
            text(
                "insert into agent_decisions (ticket_id, answers_seq, outcome, draft, judgement, confidence) "
                "select ticket_id, answers_seq, outcome, draft, judgement, n / 50.0 "
                "from agent_decisions, generate_series(1, 49) n"
            )
        )


def test_with_too_few_decisions_it_says_so(run_jobs: CollectedJobs) -> None:
    answered("How long does it take?")
    page = member(role=Role.MANAGER).client.get("/console/figures/dial").text
    assert "1 decision in four weeks, 30 are needed." in page
    assert 'href="/console/figures/replays"' in page
    assert '<input id="dial" type="range"' in page


def test_the_threshold_moves_the_figures_without_script(run_jobs: CollectedJobs) -> None:
    many_decisions()
    with transaction() as session:
        session.execute(text("delete from hourly_volume"))
        volume.add(session, past(40, until=datetime.now(UTC)))
    refit()
    carol = member(role=Role.MANAGER).client
    low, high = (carol.get(f"/console/figures/dial?threshold={one}").text for one in (0.1, 0.9))
    assert "<polyline" in low
    assert "Staff hours in the next day" in low
    assert low != high
    assert "style=" not in low
    assert re.search(r'<dt>Answered alone</dt><dd><strong>[\d.]+%</strong><span class="hint">[\d.]+% to', low)
    assert 'class="chart-text chart-scale" x="712.0" y="212">1.00</text>' in low
    assert 'value="0.1"' in low


@pytest.mark.parametrize("query", ["threshold=2", "threshold=x", "handling=1", "at_work=-1"])
def test_what_cannot_be_is_refused(run_jobs: CollectedJobs, query: str) -> None:
    assert member(role=Role.MANAGER).client.get(f"/console/figures/dial?{query}").status_code == 422


def test_it_is_for_managers(run_jobs: CollectedJobs) -> None:
    assert member(role=Role.AGENT).client.get("/console/figures/dial").status_code == 403


def test_programs_read_the_same(run_jobs: CollectedJobs) -> None:
    client = TestClient(create_app(), raise_server_exceptions=False)
    use_key(client, Permission.READ_FIGURES)
    few = client.get("/api/v1/dial").json()
    assert (few["is_enough"], few["curve"], few["hours"]) == (False, [], [])
    many_decisions()
    found = client.get("/api/v1/dial?threshold=0.5").json()
    assert found["is_enough"]
    assert 0 < found["chosen"]["automation"]["low"] < found["chosen"]["automation"]["high"] < 1
    assert client.get("/api/v1/dial?threshold=2").status_code == 422
    use_key(client, Permission.READ_TICKETS)
    assert client.get("/api/v1/dial").status_code == 403
