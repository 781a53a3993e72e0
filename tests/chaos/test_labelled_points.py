"""A process dies at the worst possible moment, once at each: nothing is lost, nothing is said twice."""

import pytest

from tests.chaos.conftest import Battlefield
from tests.chaos.harness import ROLES, judge, settle, sweeping

POINTS = {
    "after_receive": "web",
    "after_claim": "worker",
    "during_model": "worker",
    "after_reply": "worker",
    "before_send": "worker",
    "after_send": "worker",
}


@pytest.mark.parametrize("point", POINTS)
def test_a_process_killed_there_loses_nothing_and_says_nothing_twice(
    battlefield: Battlefield, point: str
) -> None:
    fleet, traffic = battlefield.fleet, battlefield.traffic
    doomed = POINTS[point]
    with sweeping():
        for role in ROLES:
            fleet.start(role, kill_at=point if role == doomed else None)
        if doomed == "worker":
            traffic.mail()
            traffic.post()
        else:
            traffic.mail()
            poster_dies_first(battlefield)
        assert fleet.wait_until_dead(doomed, timeout_s=20), f"{doomed} was not killed {point}"
        fleet.start(doomed)
        traffic.post()
        traffic.mail()
        settle(fleet, traffic)
    outcome = judge(traffic, battlefield.smtp, kills=1)
    assert outcome.sound, outcome
    assert outcome.sent_in == 4 if doomed == "worker" else outcome.sent_in >= 3
    # Only a send that may or may not have reached the customer is left to a person.
    assert outcome.parked == (1 if point in {"before_send", "after_send"} else 0), outcome


def poster_dies_first(battlefield: Battlefield) -> None:
    """The client never hears of the 202, and tries again with the same key once the web process is back."""
    fleet, traffic = battlefield.fleet, battlefield.traffic
    with pytest.raises(AssertionError, match="did not come back"):
        traffic.post(patience_s=3.0)
    assert not fleet.alive("web")


def test_a_poller_killed_between_mails_reads_each_mail_once(battlefield: Battlefield) -> None:
    fleet, traffic = battlefield.fleet, battlefield.traffic
    with sweeping():
        fleet.start("worker")
        for _ in range(6):
            fleet.start("poller")
            for _mail in range(5):
                traffic.mail()
            fleet.kill("poller")
        fleet.start("poller")
        settle(fleet, traffic)
    outcome = judge(traffic, battlefield.smtp, kills=fleet.kills)
    assert outcome.sound, outcome
    assert outcome.mails == 30
