"""Kills at random moments under traffic (`make chaos KILLS=n`)."""

import os

import pytest

from tests.chaos.conftest import Battlefield
from tests.chaos.harness import ROLES, judge, kill_at_random, settle, sweeping

KILLS = int(os.environ.get("DESKFLEET_TEST_KILLS", "200"))


@pytest.mark.timeout(120 + 4 * KILLS)
def test_random_kills_lose_nothing_and_say_nothing_twice(battlefield: Battlefield) -> None:
    fleet, traffic = battlefield.fleet, battlefield.traffic
    for role in ROLES:
        fleet.start(role)
    with sweeping():
        kill_at_random(fleet, KILLS, traffic)
        settle(fleet, traffic)
    outcome = judge(traffic, battlefield.smtp, kills=fleet.kills)
    print(
        f"\n{outcome.kills} kills, {outcome.sent_in} messages, {outcome.mails} mails sent, lost {len(outcome.lost)}, "
        f"unanswered {len(outcome.unanswered)}, duplicates {len(outcome.duplicate_replies + outcome.duplicate_mails)}, "
        f"parked {outcome.parked}"
    )
    assert outcome.sound, outcome
