"""How long the server takes for the pages of staff, on a desk that `scripts/fill_desk.py` has filled.

`DESKFLEET_DATABASE_URL=… python -m tests.bench.console_pages` prints a line for each page.
"""

import json
import re
import sys
import time
from dataclasses import asdict, dataclass

from fastapi.testclient import TestClient
from sqlalchemy import select, text

from accounts import credentials, users
from accounts.models import User
from accounts.permissions import Role
from console.sessions import COOKIE
from runtime.database import transaction
from tests.console.desk import PASSWORD, console_app

_TIMES = 60
_EMAIL = "bench@example.com"


@dataclass(frozen=True)
class Figure:
    """Milliseconds of server time, how many of them this process computed, and kilobytes of the page."""

    page: str
    p50_ms: float
    p95_ms: float
    cpu_ms: float
    kilobytes: float


def main() -> None:
    client = _logged_in()
    tickets = _tickets(_TIMES)
    later = _later(client)
    pages = {
        "queue": ["/console/queue"] * _TIMES,
        "queue, second page": [later] * _TIMES,
        "queue, mine": ["/console/queue?view=mine"] * _TIMES,
        "all tickets": ["/console/queue?view=all"] * _TIMES,
        "queue, filtered": ["/console/queue?priority=critical&category=shipping"] * _TIMES,
        "search, rare word": [f"/console/queue?view=all&q={number}" for number in range(1000, 1000 + _TIMES)],
        "search, two words": [f"/console/queue?view=all&q=kettle+{n}" for n in range(2000, 2000 + _TIMES)],
        "search, common word": ["/console/queue?view=all&q=order"] * 10,
        "ticket": [f"/console/tickets/{public_id}" for public_id in tickets],
        "conversation": [f"/console/tickets/{public_id}/conversation" for public_id in tickets],
    }
    for name, addresses in pages.items():
        sys.stdout.write(json.dumps(asdict(_measure(client, name, addresses))) + "\n")
        sys.stdout.flush()


def _logged_in() -> TestClient:
    with transaction() as session:
        user = session.scalars(select(User).where(User.email == _EMAIL)).first() or users.create_user(
            session, _EMAIL, name="Bench", role=Role.AGENT, password=PASSWORD
        )
        secret = credentials.start_session(session, user)
    return TestClient(console_app(), cookies={COOKIE: secret})


def _tickets(count: int) -> list[str]:
    query = text("select public_id from tickets where id % 997 = 0 order by id limit :count")
    with transaction() as session:
        return list(session.scalars(query, {"count": count}))


def _later(client: TestClient) -> str:
    found = re.search(r'href="(/console/queue\?[^"]*after=[^"]+)"', client.get("/console/queue").text)
    if found is None:
        sys.exit("The queue has one page: fill the desk first.")
    return found[1].replace("&amp;", "&")


def _measure(client: TestClient, name: str, addresses: list[str]) -> Figure:
    took, computed, size = [], [], 0
    for address in [addresses[0], *addresses]:
        began, busy = time.perf_counter(), time.process_time()
        response = client.get(address)
        took.append((time.perf_counter() - began) * 1000)
        computed.append((time.process_time() - busy) * 1000)
        if response.status_code != 200:
            sys.exit(f"{address} answered {response.status_code}")
        size = max(size, len(response.content))
    times = sorted(took[1:])  # The first one warms up.
    return Figure(
        name,
        round(times[len(times) // 2], 1),
        round(times[int(len(times) * 0.95)], 1),
        round(sorted(computed[1:])[len(times) // 2], 1),
        round(size / 1024, 1),
    )


if __name__ == "__main__":
    main()
