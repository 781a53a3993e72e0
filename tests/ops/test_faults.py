"""Lines that break in the middle: what the product says, what it still takes, and how it heals."""

from collections.abc import Iterator

import httpx
import pytest

from tests.ops.fault_desk import PROCESSES, Desk, a_desk
from tests.servers.fault_proxy import Fault

pytestmark = [pytest.mark.journey, pytest.mark.slow, pytest.mark.timeout(600)]

_BREAKING = (Fault.REFUSE, Fault.RESET, Fault.BLACKHOLE)


@pytest.fixture(scope="module")
def desk(database_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    with a_desk(database_server, tmp_path_factory.mktemp("faults"), "faults") as made:
        for name in PROCESSES:
            made.fleet.start(name)
        made.fleet.wait_until_ready()
        made.wait_for_outcome(made.write_until_taken())
        yield made


@pytest.fixture
def healed(desk: Desk) -> Iterator[Desk]:
    """Whatever a test does to the lines, the next one finds them whole."""
    yield desk
    for line in desk.lines.values():
        line.fail(Fault.NONE)


@pytest.mark.parametrize("fault", _BREAKING)
def test_without_the_database_nothing_is_taken_and_afterwards_all_goes_on(healed: Desk, fault: Fault) -> None:
    desk = healed
    desk.lines["database"].fail(fault)
    body = desk.wait_for(503, "database", "down")
    assert (body["status"], "database" in body["degraded"]) == ("not ready", True)
    assert desk.is_up("database") == "0.0"
    answer = desk.write_in()
    assert answer.status_code == 503, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) >= 1
    assert httpx.get(f"{desk.fleet.url}/health/live", timeout=30).status_code == 200

    desk.lines["database"].fail(Fault.NONE)
    desk.wait_for(200, "database", "up")
    assert desk.is_up("database") == "1.0"
    desk.wait_for_outcome(desk.write_until_taken())
    desk.restart_nothing()


@pytest.mark.parametrize("part", ["broker", "redis"])
@pytest.mark.parametrize("fault", _BREAKING)
def test_without_broker_or_redis_messages_are_taken_and_answered_afterwards(
    healed: Desk, part: str, fault: Fault
) -> None:
    desk = healed
    desk.lines[part].fail(fault)
    assert part in desk.wait_for(200, part, "down")["degraded"]
    assert desk.is_up(part) == "0.0"
    taken = []
    for _ in range(5):
        answer = desk.write_in()
        assert answer.status_code == 202, answer.text
        assert answer.elapsed.total_seconds() < 10, "the intake waits for what it does not need"
        taken.append(answer.json()["ticket_id"])

    desk.lines[part].fail(Fault.NONE)
    assert part not in desk.wait_for(200, part, "up")["degraded"]
    assert desk.is_up(part) == "1.0"
    for ticket_id in (*taken, desk.write_until_taken()):
        desk.wait_for_outcome(ticket_id)
    desk.restart_nothing()


def test_slow_lines_make_it_slow_and_nothing_else(healed: Desk) -> None:
    desk = healed
    for line in desk.lines.values():
        line.fail(Fault.LATENCY)
    desk.wait_for(200, "database", "up")
    desk.wait_for_outcome(desk.write_until_taken())
    desk.restart_nothing()
