"""Everything is away when the product starts."""

from pathlib import Path

import httpx
import pytest

from tests.journeys.fleet import eventually
from tests.ops.fault_desk import LONG_S, PROCESSES, a_desk
from tests.servers.fault_proxy import Fault

pytestmark = [pytest.mark.journey, pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.mark.parametrize("fault", [Fault.REFUSE, Fault.BLACKHOLE])
def test_what_is_away_at_the_start_is_awaited(database_server: str, tmp_path: Path, fault: Fault) -> None:
    with a_desk(database_server, tmp_path, "faults_at_start") as desk:
        for line in desk.lines.values():
            line.fail(fault)
        for name in PROCESSES:
            desk.fleet.start(name)

        def lives() -> bool:
            try:
                answer = httpx.get(f"{desk.fleet.url}/health/live", timeout=30)
            except httpx.TransportError:
                return False
            return answer.status_code == 200

        eventually(lives, timeout_s=LONG_S, what="the web process does not start")
        body = desk.wait_for(503, "database", "down")
        assert body["degraded"] == ["database", "broker", "redis"]
        for line in desk.lines.values():
            line.fail(Fault.NONE)
        for part in desk.lines:
            desk.wait_for(200, part, "up")
        desk.wait_for_outcome(desk.write_until_taken())
        desk.restart_nothing()
