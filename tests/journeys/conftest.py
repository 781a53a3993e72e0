"""One fleet on real RabbitMQ, Redis, Postgres, IMAP and SMTP for all journeys."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.journeys.fleet import ARTICLES, BROKER_URL, REDIS_URL, Fleet, a_database, a_fleet
from tests.servers.dovecot import Dovecot, running_dovecot
from tests.servers.smtp import SmtpServer, running_smtp


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "journeys" in item.path.parts:
            item.add_marker(pytest.mark.journey)


@dataclass
class Desk:
    """The running product, and the servers around it."""

    fleet: Fleet
    imap: Dovecot
    smtp: SmtpServer
    api_key: str
    admin: dict[str, str]

    @property
    def api(self) -> httpx.Client:
        return httpx.Client(
            base_url=self.fleet.url, headers={"Authorization": f"Bearer {self.api_key}"}, timeout=10.0
        )


@pytest.fixture(scope="package")  # Its worker would take the jobs of other tests' fleets on the same broker.
def desk(database_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder: Path = tmp_path_factory.mktemp("journeys")
    with (
        running_dovecot() as imap,
        running_smtp() as smtp,
        a_database(database_server, "journeys") as database_url,
        a_fleet(
            folder,
            database_url,
            BROKER_URL=BROKER_URL,
            REDIS_URL=REDIS_URL,
            MAIL_IMAP_URL=imap.url(),
            MAIL_SMTP_URL=smtp.url,
        ) as fleet,
    ):
        fleet.run("migrate")
        fleet.run("knowledge", "add", str(ARTICLES), "--json")
        admin = fleet.run("user", "create", "admin@example.com", "--name", "Bob", "--role", "admin", "--json")
        key = fleet.run(
            "key", "create", "journeys", "--scope", "tickets:create", "--scope", "tickets:read", "--scope",
            "tickets:work", "--json",
        )["key"]  # fmt: skip
        for process in ("web", "worker", "poller", "beat"):
            fleet.start(process)
        fleet.wait_until_ready()
        yield Desk(fleet, imap, smtp, key, admin)
