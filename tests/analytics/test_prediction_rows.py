"""Predictions out of a desk's rows: fitted at night, shown on the ticket and by REST, with their measured error."""

import random
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import delete, insert, select

from accounts.permissions import Role
from analytics import prediction_rows
from analytics.prediction_rows import Target
from analytics.predictions import RiskFitted, Silent, TimesFitted
from analytics.tasks import refit_predictions
from api import predictions
from deskfleet import demo
from ingestion import intake
from runtime.database import transaction
from tests.api.desk import staff
from tests.console.desk import member, receive
from tests.jobs import CollectedJobs
from tickets.models import Customer, Ticket, TicketEvent

NOW = datetime.now(UTC)


def live_through(count: int, *, rated: bool = True) -> None:
    """Tickets of the past: bugs take days and need staff, shipping takes an hour; who waits long rates low."""
    chance = random.Random(4)
    with transaction() as session:
        customer = session.scalars(
            insert(Customer).values(public_id="CUST-PASTPAST", name="Alice").returning(Customer.id)
        ).one()
        rows: list[dict[str, Any]] = []
        events: list[tuple[int, str, dict[str, Any]]] = []
        for number in range(1, count + 1):
            slow = chance.random() < 0.4
            began = NOW - timedelta(hours=2 * (count - number) + 200)
            hours = (60 if slow else 1) * (0.5 + chance.random())
            rows.append(
                {
                    "public_id": f"TKT-PAST-{number}", "customer_id": customer, "channel": "api",
                    "category": "bug_report" if slow else "shipping", "status": "resolved", "created_at": began,
                    "resolved_at": began + timedelta(hours=hours), "answer_due_at": began, "language": "en",
                }
            )  # fmt: skip
            if chance.random() < (0.8 if slow else 0.1):
                events.append((number, "escalated", {"reason": "legal"}))
            if rated:
                low = chance.random() < (0.6 if slow else 0.1)
                events.append((number, "rated", {"rating": 1 if low else 5}))
        numbers = dict(
            zip(
                range(1, count + 1),
                session.scalars(insert(Ticket).returning(Ticket.id, sort_by_parameter_order=True), rows),
                strict=True,
            )
        )
        session.execute(
            insert(TicketEvent),
            [
                {"ticket_id": numbers[number], "kind": kind, "actor": "agent", "data": data}
                for number, kind, data in events
            ],
        )


def test_a_desk_with_a_past_predicts_and_tells_how_well(run_jobs: CollectedJobs) -> None:
    live_through(900)
    with transaction() as session:
        found = prediction_rows.refit(session)
    times, staff_needed, rating = (found[one] for one in Target)
    assert isinstance(times, TimesFitted)
    assert times.error_s < 0.7 * times.error_of_median_s
    assert 0.7 < times.coverage < 0.9
    for risk in (staff_needed, rating):
        assert isinstance(risk, RiskFitted)
        assert risk.brier < risk.brier_of_share
    with transaction() as session:
        numbers = {
            category: session.scalars(select(Ticket.id).where(Ticket.category == category).limit(1)).one()
            for category in ("bug_report", "shipping")
        }
        slow, quick = (prediction_rows.predict(session, numbers[one]) for one in ("bug_report", "shipping"))
    assert slow.time is not None
    assert quick.time is not None
    assert slow.time.low_s > quick.time.high_s
    assert (slow.escalation or 0) > 0.6
    assert (quick.escalation or 1) < 0.3
    assert (slow.low_satisfaction or 0) > (quick.low_satisfaction or 1)


def test_a_young_desk_is_silent_and_says_what_it_lacks(run_jobs: CollectedJobs) -> None:
    live_through(150, rated=False)
    with transaction() as session:
        found = prediction_rows.refit(session)
        assert found[Target.RESOLUTION_TIME] == Silent("50 more resolved tickets are needed.")
        assert all(isinstance(one, Silent) for one in found.values())
        assert prediction_rows.predict(session, 1) == prediction_rows.Prediction()


def test_the_demos_day_alone_predicts_nothing_and_says_why(run_jobs: CollectedJobs) -> None:
    with transaction() as session:
        for sample in demo.sample_tickets():
            intake.receive(session, demo.as_message(sample))
    with transaction() as session:
        prediction_rows.refit(session)
        number = session.scalars(select(Ticket.id).limit(1)).one()
        assert prediction_rows.predict(session, number) == prediction_rows.Prediction()
        told = {one.target: one.silent for one in prediction_rows.models(session)}
    assert told["resolution_time"] == "200 more resolved tickets are needed."
    assert "200 tickets with a known outcome are needed" in told["escalation"]
    page = member("Bob", role=Role.MANAGER).client.get("/console/figures/calibration").text
    assert "nothing is predicted. 200 more resolved tickets are needed." in page


def test_the_demos_tickets_with_a_past_of_months_have_sane_figures(run_jobs: CollectedJobs) -> None:
    """Times with a long tail, as desks have them: a median of hours, and some that take weeks."""
    with transaction() as session:
        for sample in demo.sample_tickets():
            intake.receive(session, demo.as_message(sample))
    draw = random.Random(11)
    with transaction() as session:
        samples = session.scalars(select(Ticket).order_by(Ticket.id)).all()
        rows = []
        for number in range(1_200):
            like = samples[number % len(samples)]
            began = NOW - timedelta(hours=2 * (1_200 - number) + 200)
            usual = {"mail": 20.0, "web_chat": 0.5}.get(like.channel, 5.0)
            rows.append(
                {
                    "public_id": f"TKT-DEMO-{number}", "customer_id": like.customer_id, "channel": like.channel,
                    "category": "shipping", "status": "resolved", "created_at": began, "answer_due_at": began,
                    "resolved_at": began + timedelta(hours=usual * draw.lognormvariate(0, 1.2)),
                    "language": like.language or "en",
                }
            )  # fmt: skip
        session.execute(insert(Ticket), rows)
        times = prediction_rows.refit(session)[Target.RESOLUTION_TIME]
        chat = session.scalars(select(Ticket.id).where(Ticket.channel == "web_chat").limit(1)).one()
        told = prediction_rows.predict(session, chat).time
    assert isinstance(times, TimesFitted)
    assert times.error_s < times.error_of_median_s
    assert 0.72 < times.coverage < 0.88
    assert told is not None
    assert 60 < told.low_s < told.middle_s < told.high_s < 24 * 3600
    page = member("Bob", role=Role.MANAGER).client.get("/console/figures/calibration").text
    assert re.search(r"off by \d+ (hours|days) on average, the median of all by \d+ (hours|days)", page)


def test_what_became_silent_predicts_nothing_any_more(run_jobs: CollectedJobs) -> None:
    live_through(900)
    with transaction() as session:
        prediction_rows.refit(session)
        session.execute(delete(TicketEvent))
        prediction_rows.refit(session)
        told = {one.target: bool(one.silent) for one in prediction_rows.models(session)}
        found = prediction_rows.predict(session, 1)
    assert told == {"escalation": True, "low_satisfaction": True, "resolution_time": False}
    assert (found.escalation, found.low_satisfaction, found.time is not None) == (None, None, True)


@pytest.fixture
def programs(run_jobs: CollectedJobs) -> TestClient:
    client = staff(Role.MANAGER)
    client.app.include_router(predictions.router)  # type: ignore[attr-defined]  # an application
    return client


def test_rest_and_the_console_show_what_is_to_be_expected(programs: TestClient) -> None:
    live_through(900)
    public_id = receive()
    carol = member(role=Role.MANAGER)
    assert "says too little yet" in carol.client.get(f"/console/tickets/{public_id}/prediction").text
    assert programs.get(f"/api/v1/tickets/{public_id}/prediction").json()["resolution_time"] is None
    assert "None yet" in carol.client.get("/console/figures/calibration").text
    refit_predictions()
    told = programs.get(f"/api/v1/tickets/{public_id}/prediction").json()
    assert told["resolution_time"]["low_s"] < told["resolution_time"]["high_s"]
    assert 0 < told["escalation"] < 1
    assert [one["target"] for one in programs.get("/api/v1/predictions").json()] == [
        "escalation", "low_satisfaction", "resolution_time",
    ]  # fmt: skip
    panel = carol.client.get(f"/console/tickets/{public_id}/prediction").text
    assert "in 8 of 10 cases" in panel
    page = carol.client.get("/console/figures/calibration").text
    assert "the interval for 8 of 10 held" in page
    assert page.count("Brier score") == 2


def test_of_a_ticket_that_there_is_not_nothing_is_predicted(programs: TestClient) -> None:
    assert programs.get("/api/v1/tickets/TKT-NONE/prediction").status_code == 404
