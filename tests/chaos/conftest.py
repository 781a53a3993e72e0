"""A desk under fire: real Postgres, RabbitMQ and SMTP, and processes that can be killed."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from accounts import credentials
from accounts.permissions import Permission
from runtime import jobs
from runtime.data_folder import data_folder
from runtime.database import transaction
from runtime.settings import settings
from tests.chaos.harness import Fleet, Traffic, Zygote
from tests.journeys.fleet import BROKER_URL, free_port
from tests.servers.rabbitmq import of_its_own
from tests.servers.smtp_process import PostOffice, running_post_office


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "chaos" in item.path.parts:
            item.add_marker(pytest.mark.chaos)


@dataclass
class Battlefield:
    fleet: Fleet
    traffic: Traffic
    smtp: PostOffice


@pytest.fixture(scope="session")
def zygote() -> Iterator[Zygote]:
    with Zygote() as forks:
        yield forks


@pytest.fixture
def battlefield(
    zygote: Zygote, database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Battlefield]:
    """The processes are not started yet; the test chooses where they die."""
    port, broker_url = free_port(), of_its_own(BROKER_URL, database)
    with running_post_office(tmp_path / "sent") as smtp:
        environment = {
            "DESKFLEET_DATA": str(tmp_path),
            "DESKFLEET_DATABASE_URL": database,
            "DESKFLEET_BROKER_URL": broker_url,
            "DESKFLEET_MAIL_SMTP_URL": smtp.url,
            "DESKFLEET_MAIL_POLL_S": "0.05",
            "DESKFLEET_MAIL_SEND_LIMIT_S": "6",
            "DESKFLEET_SWEEP_S": "1",
            "DESKFLEET_AGENT_LEASE_S": "1.5",
            "DESKFLEET_AGENT_MAX_ATTEMPTS": "50",
            "DESKFLEET_PORT": str(port),
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        settings.cache_clear()
        # Celery has read its settings once, maybe in a test that needed no broker; the sweeps run in this process.
        monkeypatch.setattr(jobs.app.conf, "broker_url", broker_url)
        jobs.app._after_fork()
        inbox = data_folder() / "mail" / "in"
        inbox.mkdir(parents=True)
        with transaction() as session:
            key = credentials.create_api_key(session, "chaos", scopes=[str(Permission.CREATE_TICKETS)])
        with Fleet(zygote, environment) as fleet:
            yield Battlefield(fleet, Traffic(port, key, inbox), smtp)
        monkeypatch.undo()
        jobs.app._after_fork()
    settings.cache_clear()
