"""The desk behind a real PgBouncer, set up as a cluster sets it up: transactions of many on few connections."""

import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import psycopg
import pytest

from tests.journeys.fleet import ARTICLES, BROKER_URL, Fleet, a_database, a_fleet, eventually
from tests.ops.sample_day import write_in
from tests.servers.fault_proxy import before_database
from tests.servers.pgbouncer import Pooler, running_pgbouncer

pytestmark = [pytest.mark.journey, pytest.mark.slow, pytest.mark.timeout(600)]

# Fewer than the processes want at once, so that they do share them.
_CONNECTIONS = 3


@dataclass
class Pooled:
    fleet: Fleet
    pooler: Pooler
    direct: str
    key: str


@pytest.fixture(scope="module")
def pooled(database_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pooled]:
    with (
        a_database(database_server, "pooled") as direct,
        before_database(direct) as (_line, database_url),
        running_pgbouncer(database_url, default_pool_size=str(_CONNECTIONS)) as pooler,
        a_fleet(
            tmp_path_factory.mktemp("pooled"), pooler.url, BROKER_URL=BROKER_URL, DATABASE_PGBOUNCER="true"
        ) as fleet,
    ):
        # As the job of a cluster does it: past the pooler.
        with a_fleet(tmp_path_factory.mktemp("direct"), direct) as past:
            past.run("migrate")
        fleet.run("knowledge", "add", str(ARTICLES), "--json")
        key = fleet.run("key", "create", "pooled", "--json")["key"]
        for name in ("web", "worker", "beat"):
            fleet.start(name)
        fleet.wait_until_ready()
        yield Pooled(fleet, pooler, direct, key)


def test_many_messages_are_answered_on_few_connections(pooled: Pooled) -> None:
    with ThreadPoolExecutor(8) as programs:
        tickets = list(programs.map(lambda _: write_in(pooled.fleet, pooled.key), range(40)))
    asked = "select count(*) from tickets where public_id = any(%s) and handled_seq >= last_inbound_seq"
    used = (
        "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    )
    most = 0
    with psycopg.connect(pooled.direct, autocommit=True) as connection:

        def answered() -> bool:
            nonlocal most
            row, at_once = (connection.execute(*one).fetchone() for one in ((asked, (tickets,)), (used,)))
            assert row
            assert at_once
            most = max(most, at_once[0])
            return bool(row[0] == len(tickets))

        eventually(answered, timeout_s=240, what="a message is never answered")
    assert 0 < most <= _CONNECTIONS
    for name in pooled.fleet.processes:
        assert "prepared statement" not in pooled.fleet.log(name)


def test_the_desks_role_may_see_the_poolers_figures_and_change_nothing(pooled: Pooled) -> None:
    with psycopg.connect(pooled.pooler.url, dbname="pgbouncer", autocommit=True) as connection:
        assert {row[0] for row in connection.execute("show pools")} >= {"pgbouncer"}
        with pytest.raises(psycopg.Error, match="admin access needed"):
            connection.execute("shutdown")


def test_nobody_gets_in_in_the_open_or_without_the_password(pooled: Pooled) -> None:
    with pytest.raises(psycopg.OperationalError, match="SSL required"):
        psycopg.connect(pooled.pooler.url.replace("sslmode=require", "sslmode=disable"))
    with pytest.raises(psycopg.OperationalError, match="authentication failed"):
        psycopg.connect(pooled.pooler.url, password="guessed")
    with pytest.raises(psycopg.OperationalError, match=r"no such database|database .* does not exist"):
        psycopg.connect(pooled.pooler.url, dbname="postgres")


def test_it_goes_when_transactions_have_ended_though_clients_stay(pooled: Pooled) -> None:
    """The last test: what a pod is told before it is ended. Nobody loses what they had begun."""
    with psycopg.connect(pooled.pooler.url, prepare_threshold=None) as connection:
        connection.execute("create table written (line text)")
        connection.execute("insert into written values ('begun before')")
        pooled.pooler.process.send_signal(signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            pooled.pooler.process.wait(timeout=2)
        connection.execute("insert into written values ('ended after')")
        connection.commit()
        assert pooled.pooler.process.wait(timeout=20) == 0
    with psycopg.connect(pooled.direct) as connection:
        row = connection.execute("select count(*) from written").fetchone()
    assert row == (2,)
