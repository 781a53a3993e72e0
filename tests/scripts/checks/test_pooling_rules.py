"""What is planted into the way to the database is found: a process that goes past the pooler, a door left open."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scripts.checks import kubernetes, pooling_rules

ROOT = Path(__file__).resolve().parents[3]
Manifest = dict[str, Any]
Plant = Callable[[dict[str, Manifest]], None]


@pytest.fixture(scope="module")
def rendered() -> list[Manifest]:
    return kubernetes.render(ROOT, "production")


@pytest.fixture
def manifests(rendered: list[Manifest]) -> dict[str, Manifest]:
    """By kind and name; a test may change them."""
    return {f"{one['kind']} {one['metadata']['name']}": one for one in copy.deepcopy(rendered)}


def container(one: Manifest) -> Manifest:
    found: Manifest = one["spec"]["template"]["spec"]["containers"][0]
    return found


def ini(all_: dict[str, Manifest]) -> Manifest:
    found: Manifest = next(one for name, one in all_.items() if name.startswith("ConfigMap pgbouncer"))[
        "data"
    ]
    return found


def _name_the_database(all_: dict[str, Manifest]) -> None:
    template = all_["ExternalSecret database"]["spec"]["target"]["template"]["data"]
    template["DESKFLEET_DATABASE_URL"] = template["DESKFLEET_DATABASE_URL"].replace(
        "pgbouncer:6432", "{{ .host }}:5432"
    )


def _take_the_direct_secret(all_: dict[str, Manifest]) -> None:
    container(all_["Rollout api"])["envFrom"].append({"secretRef": {"name": "database-direct"}})


def _take_a_url_that_nobody_sees(all_: dict[str, Manifest]) -> None:
    all_["ExternalSecret deskfleet"]["spec"]["data"].append(
        {"secretKey": "DESKFLEET_DATABASE_URL", "remoteRef": {"key": "x", "property": "y"}}
    )
    container(all_["Deployment worker"])["envFrom"].remove({"secretRef": {"name": "database"}})


def _say_it_in_the_container(all_: dict[str, Manifest]) -> None:
    container(all_["Deployment upkeep"])["env"] = [
        {
            "name": "DESKFLEET_DATABASE_URL",
            "value": "postgresql://deskfleet@database.example.com:5432/deskfleet",
        }
    ]


def _prepare_statements(all_: dict[str, Manifest]) -> None:
    settings = next(one for name, one in all_.items() if name.startswith("ConfigMap settings"))
    settings["data"]["DESKFLEET_DATABASE_PGBOUNCER"] = "false"


def _migrate_through_the_pooler(all_: dict[str, Manifest]) -> None:
    container(all_["Job migrate"]).pop("env")
    container(all_["Job migrate"])["envFrom"].append({"secretRef": {"name": "database"}})


def _open_the_database(all_: dict[str, Manifest]) -> None:
    values = all_["NetworkPolicy to-database"]["spec"]["podSelector"]["matchExpressions"][0]["values"]
    values.append("worker")


def _let_everybody_in(all_: dict[str, Manifest]) -> None:
    all_["NetworkPolicy pgbouncer-from-desk"]["spec"]["ingress"][0]["from"] = [{"podSelector": {}}]


def _set(old: str, new: str) -> Plant:
    def plant(all_: dict[str, Manifest]) -> None:
        said = ini(all_)
        assert old in said["pgbouncer.ini"]
        said["pgbouncer.ini"] = said["pgbouncer.ini"].replace(old, new)

    return plant


def _lose_a_file(all_: dict[str, Manifest]) -> None:
    del all_["ExternalSecret pgbouncer"]["spec"]["target"]["template"]["data"]["database-ca.pem"]


def _lose_the_secret(all_: dict[str, Manifest]) -> None:
    del all_["ExternalSecret pgbouncer"]


def _grow(all_: dict[str, Manifest]) -> None:
    all_["ScaledObject worker"]["spec"]["maxReplicaCount"] = 200


@pytest.mark.parametrize("environment", kubernetes.ENVIRONMENTS)
def test_each_environment_as_it_stands_goes_through_the_pooler(environment: str) -> None:
    assert pooling_rules.broken(kubernetes.render(ROOT, environment)) == []


@pytest.mark.parametrize(
    ("plant", "problem"),
    [
        (_name_the_database, "chat: talks to the database past pgbouncer, at later"),
        (_take_the_direct_secret, "api: talks to the database past pgbouncer"),
        (_take_a_url_that_nobody_sees, "worker: talks to the database past pgbouncer, at a place nobody can see"),
        (_say_it_in_the_container, "upkeep: talks to the database past pgbouncer, at database.example.com"),
        (_prepare_statements, "worker: prepares statements"),
        (_migrate_through_the_pooler, "migrate: a lock of its session is lost behind pgbouncer"),
        (_open_the_database, "to-database: opens the database to worker"),
        (_let_everybody_in, "pgbouncer: lets in ['api', 'beat'"),
        (_set("pool_mode = transaction", "pool_mode = session"), "pool_mode is session"),
        (_set("client_tls_sslmode = require", "client_tls_sslmode = allow"), "client_tls_sslmode is allow"),
        (_set("verify-full", "require"), "server_tls_sslmode is require"),
        (_set("max_client_conn = 1000", "max_client_conn = 400"), "takes 400 connections, the processes may open"),
        (_lose_a_file, "nothing makes database-ca.pem"),
        (_lose_the_secret, "pgbouncer: no ExternalSecret makes pgbouncer"),
        (_grow, "takes 1000 connections, the processes may open"),
    ],
)  # fmt: skip
def test_a_way_past_the_pooler_is_found(manifests: dict[str, Manifest], plant: Plant, problem: str) -> None:
    plant(manifests)
    found = pooling_rules.broken(list(manifests.values()))
    assert any(problem in one for one in found), found
