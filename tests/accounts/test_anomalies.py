"""The score of an hour: low for what is usual, high for what nobody would expect of this actor."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from accounts import anomalies
from accounts.anomalies import PRIORS, Expected
from runtime.database import transaction

HOUR = datetime(2026, 11, 21, 10, tzinfo=UTC)


def entries(actor: str, hour: datetime, count: int, *, action: str = "request.view") -> None:
    with transaction() as session:
        session.execute(
            text(
                "insert into audit_entries (actor, action, target, at) "
                "select :actor, :action, 'TKT-' || one, :at from generate_series(1, :count) one"
            ),
            {"actor": actor, "action": action, "count": count, "at": hour + timedelta(minutes=5)},
        )


def test_a_surprise_grows_with_the_count_and_shrinks_with_the_habit() -> None:
    prior = PRIORS["views"]
    counts = [anomalies.surprise(count, Expected(0, 0), prior) for count in (0, 12, 60, 300)]
    assert counts == sorted(counts)
    assert (counts[0], counts[1] < 1) == (0.0, True)
    assert counts[3] > anomalies.ALERT_FROM
    used_to_it = anomalies.surprise(300, Expected(300 * 100, 100), prior)
    assert used_to_it < 1


def test_the_tail_is_the_probability_that_it_says() -> None:
    """Against the sum of the distribution from below."""
    shape, stays, count = 6.0, 0.8, 4
    below, term = 0.0, stays**shape
    for k in range(count):
        below += term
        term *= (shape + k) / (k + 1) * (1 - stays)
    assert 10 ** anomalies._log10_tail(count, shape, stays) == pytest.approx(1 - below)


def test_who_suddenly_reads_hundreds_of_customers_stands_out(database: str) -> None:
    for day in range(1, 15):
        for actor in ("AGENT-ANNA", "AGENT-BOB"):
            entries(actor, HOUR - timedelta(days=day), 15)
    entries("AGENT-ANNA", HOUR, 18)
    entries("AGENT-BOB", HOUR, 400)
    with transaction() as session:
        bob, anna = anomalies.score_hour(session, HOUR)
    assert (bob.actor, anna.actor) == ("AGENT-BOB", "AGENT-ANNA")
    assert bob.score > anomalies.ALERT_FROM > 1 > anna.score
    assert bob.signs["views"]["count"] == 400
    assert 13 < bob.signs["views"]["usual"] < 17
    assert "AGENT-BOB is unlike itself" in anomalies.words(bob)
    assert "views 400" in anomalies.words(bob)


def test_a_key_that_is_refused_again_and_again_stands_out(database: str) -> None:
    entries("KEY-7", HOUR, 30, action="request.refused")
    entries("nobody", HOUR, 500, action="login.failed")
    with transaction() as session:
        [scored] = anomalies.score_hour(session, HOUR)
    assert (scored.actor, list(scored.signs)) == ("KEY-7", ["refusals"])
    assert scored.score > anomalies.ALERT_FROM


def test_the_same_hour_is_scored_again_without_harm(database: str) -> None:
    entries("AGENT-BOB", HOUR, 400)
    for _ in range(2):
        with transaction() as session:
            anomalies.score_hour(session, HOUR)
    with transaction() as session:
        [kept] = anomalies.newest_scores(session)
    assert (kept.actor, kept.hour) == ("AGENT-BOB", HOUR)
