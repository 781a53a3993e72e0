"""The desk reaches PostgreSQL through PgBouncer and by no other way: what is asked of the rendered manifests. Pure."""

import configparser
import re
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

from scripts.checks.manifest_rules import NAME, NEEDS, POOLER, Cluster

Manifest = dict[str, Any]
URL = "DESKFLEET_DATABASE_URL"
POOLED = "DESKFLEET_DATABASE_PGBOUNCER"
_POOL = "DESKFLEET_DATABASE_POOL"
POOLER_PORT, DATABASE_PORT = 6432, 5432
_PART = re.compile(r"\{\{.*?\}\}")
# A rollout has one process more than it may have.
_SURGE = 1


def broken(manifests: list[Manifest]) -> list[str]:
    """The rules that are broken, one sentence each."""
    cluster = Cluster(manifests)
    return [problem for rule in RULES for problem in rule(cluster)]


def _container(owner: Manifest) -> Manifest:
    found: Manifest = owner["spec"]["template"]["spec"]["containers"][0]
    return found


def _secrets(cluster: Cluster) -> dict[str, dict[str, str]]:
    """What External Secrets makes: templates where there are some, nothing where a value comes as it is."""
    made: dict[str, dict[str, str]] = {}
    for one in cluster.of("ExternalSecret"):
        target = one["spec"]["target"]
        plain = {data["secretKey"]: "" for data in one["spec"].get("data", [])}
        made[target["name"]] = plain | target.get("template", {}).get("data", {})
    return made


def environment(cluster: Cluster, owner: Manifest) -> dict[str, str]:
    """What a container is started with; of what several sources say, the last one holds."""
    secrets, found = _secrets(cluster), dict[str, str]()
    for source in _container(owner).get("envFrom", []):
        if reference := source.get("configMapRef"):
            found |= (cluster.named("ConfigMap", reference["name"]) or {"data": {}})["data"]
        else:
            found |= secrets.get(source["secretRef"]["name"], {})
    for one in _container(owner).get("env", []):
        chosen = one.get("valueFrom", {}).get("secretKeyRef")
        found[one["name"]] = (
            secrets.get(chosen["name"], {}).get(chosen["key"], "") if chosen else one["value"]
        )
    return found


def _way(url: str) -> tuple[str, str]:
    """Host and port of a URL whose parts may be filled in later."""
    host, _, port = urlsplit(_PART.sub("later", url)).netloc.rpartition("@")[2].partition(":")
    return host, port


def _each_process_goes_its_way(cluster: Cluster) -> Iterator[str]:
    for one in cluster.ours:
        name, given = one["metadata"]["name"], environment(cluster, one)
        host, port = _way(given.get(URL, ""))
        needs = NEEDS.get(name, set())
        if POOLER_PORT in needs and (host, port) != (POOLER, str(POOLER_PORT)):
            yield f"{name}: talks to the database past {POOLER}, at {host or 'a place nobody can see'}"
        if POOLER_PORT in needs and given.get(POOLED) != "true":
            yield f"{name}: prepares statements that another's connection does not know ({POOLED})"
        if DATABASE_PORT in needs and (host == POOLER or given.get(POOLED) == "true"):
            yield f"{name}: a lock of its session is lost behind {POOLER}"


def _no_other_way_is_open(cluster: Cluster) -> Iterator[str]:
    """A process that has a way around would take it as soon as an address is wrong."""
    names = {one["spec"]["template"]["metadata"]["labels"][NAME] for one in cluster.pods}
    allowed = {POOLER, *(name for name, ports in NEEDS.items() if DATABASE_PORT in ports)}
    for policy in cluster.of("NetworkPolicy"):
        ports = {port["port"] for rule in policy["spec"].get("egress", []) for port in rule.get("ports", [])}
        if DATABASE_PORT in ports and (open_to := _chosen(policy["spec"]["podSelector"], names) - allowed):
            yield f"{policy['metadata']['name']}: opens the database to {', '.join(sorted(open_to))}"
    clients = {name for name, ports in NEEDS.items() if POOLER_PORT in ports}
    let_in = {
        name
        for policy in cluster.of("NetworkPolicy")
        if POOLER in _chosen(policy["spec"]["podSelector"], {POOLER})
        for rule in policy["spec"].get("ingress", [])
        if POOLER_PORT in {port["port"] for port in rule.get("ports", [])}
        for other in rule.get("from", [{}])
        for name in _chosen(other.get("podSelector", {}), names)
    }
    if let_in != clients:
        yield f"{POOLER}: lets in {sorted(let_in)}, its clients are {sorted(clients)}"


def _chosen(selector: Manifest, names: set[str]) -> set[str]:
    """Of these names, those of the pods that a selector finds."""
    if not selector:
        return names
    said = {selector.get("matchLabels", {}).get(NAME)} - {None}
    for one in selector.get("matchExpressions", []):
        said |= set(one["values"]) if one["key"] == NAME and one["operator"] == "In" else set()
    return names & said


def _settings_of_the_pooler(cluster: Cluster) -> dict[str, str]:
    for one in cluster.of("ConfigMap"):
        if said := one["data"].get("pgbouncer.ini"):
            read = configparser.ConfigParser(interpolation=None)
            read.read_string("\n".join(line for line in said.splitlines() if not line.startswith("%include")))
            return dict(read["pgbouncer"])
    return {}


def _pools_transactions_in_secret(cluster: Cluster) -> Iterator[str]:
    said = _settings_of_the_pooler(cluster)
    wanted = {
        "pool_mode": "transaction", "auth_type": "scram-sha-256", "listen_port": str(POOLER_PORT),
        "client_tls_sslmode": "require", "client_tls_protocols": "tlsv1.3",
        "server_tls_sslmode": "verify-full", "server_tls_protocols": "tlsv1.3",
    }  # fmt: skip
    yield from (
        f"pgbouncer.ini: {key} is {said.get(key)}, not {value}"
        for key, value in wanted.items()
        if said.get(key) != value
    )
    files = {"databases.ini"} | {
        value.rpartition("/")[2] for key, value in said.items() if key.endswith("_file")
    }
    if missing := files - _secrets(cluster).get(POOLER, {}).keys():
        yield f"pgbouncer.ini: nothing makes {', '.join(sorted(missing))}"


def _files_are_there(cluster: Cluster) -> Iterator[str]:
    secrets = _secrets(cluster)
    for one in cluster.pods:
        volumes = one["spec"]["template"]["spec"].get("volumes", [])
        sources = [
            source
            for volume in volumes
            for source in (volume, *volume.get("projected", {}).get("sources", []))
        ]
        for source in sources:
            secret = source.get("secret", {})
            if (name := secret.get("secretName", secret.get("name"))) and name not in secrets:
                yield f"{one['metadata']['name']}: no ExternalSecret makes {name}"
            name = source.get("configMap", {}).get("name")
            if name and not cluster.named("ConfigMap", name):
                yield f"{one['metadata']['name']}: there is no ConfigMap {name}"


def _takes_all_who_may_come(cluster: Cluster) -> Iterator[str]:
    """One pooler alone must have room for every connection that the processes may open."""
    most = {
        one["spec"]["scaleTargetRef"]["name"]: one["spec"].get(
            "maxReplicas", one["spec"].get("maxReplicaCount")
        )
        for one in cluster.of("HorizontalPodAutoscaler", "ScaledObject")
    }
    clients = sum(
        (most.get(one["metadata"]["name"], one["spec"].get("replicas", 1)) + _SURGE)
        * int(environment(cluster, one).get(_POOL, 0))
        for one in cluster.processes
        if POOLER_PORT in NEEDS.get(one["metadata"]["name"], set())
    )
    room = int(_settings_of_the_pooler(cluster).get("max_client_conn", 0))
    if clients > room:
        yield f"pgbouncer.ini: takes {room} connections, the processes may open {clients}"


RULES: tuple[Callable[[Cluster], Iterator[str]], ...] = (
    _each_process_goes_its_way,
    _no_other_way_is_open,
    _pools_transactions_in_secret,
    _files_are_there,
    _takes_all_who_may_come,
)
