"""What no schema knows of manifests: that they find one another, and what we ask of every process. Pure."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from deskfleet.cli import COMMANDS
from runtime.jobs import QUEUES
from runtime.settings import known_variables

Manifest = dict[str, Any]
NAME = "app.kubernetes.io/name"
POOLER = "pgbouncer"
# What each process talks to: PgBouncer 6432, PostgreSQL 5432, RabbitMQ 5671, Redis 6379, mail 587 and 993, the rest
# by 443.
_WEB = {53, 443, 4318, 5671, 6379, 6432}
DOORS = {"api", "chat", "console"}
NEEDS = {
    "api": _WEB,
    "chat": _WEB,
    "console": _WEB | {587, 993},  # It tries the servers of a mailbox that an admin adds.
    "worker": {53, 443, 587, 993, 4318, 5671, 6379, 6432},
    "upkeep": {53, 443, 587, 993, 4318, 5671, 6379, 6432},
    "poller": {53, 443, 587, 993, 4318, 5671, 6432},
    "beat": {53, 4318, 5671},
    "migrate": {53, 4318, 5432},
    POOLER: {53, 5432},
}
_SECRET = re.compile(r"KEY|SECRET|TOKEN|PASSWORD|(DATABASE|BROKER|REDIS|IMAP|SMTP)_URL")
_PAUSE_OF_A_MODEL_S = 90


class Cluster:
    """The manifests of one environment, by kind."""

    def __init__(self, manifests: list[Manifest]) -> None:
        self.all = manifests

    def of(self, *kinds: str) -> list[Manifest]:
        return [one for one in self.all if one["kind"] in kinds]

    def named(self, kind: str, name: str) -> Manifest | None:
        return next((one for one in self.of(kind) if one["metadata"]["name"] == name), None)

    @property
    def processes(self) -> list[Manifest]:
        return self.of("Deployment", "Rollout")

    @property
    def pods(self) -> list[Manifest]:
        return [*self.processes, *self.of("Job")]

    @property
    def ours(self) -> list[Manifest]:
        """What runs the product's own image: all but the pooler."""
        return [one for one in self.pods if one["metadata"]["name"] != POOLER]


def broken(manifests: list[Manifest], environment: str) -> list[str]:
    """The rules that are broken, one sentence each."""
    cluster = Cluster(manifests)
    problems = [problem for rule in RULES for problem in rule(cluster)]
    if environment != "dev":
        problems += [
            f"{_name(pod)}: its image has no digest"
            for pod in cluster.pods
            if not re.search(r"@sha256:[0-9a-f]{64}$", _container(pod)["image"])
        ]
    return problems


def _pod(owner: Manifest) -> Manifest:
    found: Manifest = owner["spec"]["template"]["spec"]
    return found


def _container(owner: Manifest) -> Manifest:
    found: Manifest = _pod(owner)["containers"][0]
    return found


def _labels(owner: Manifest) -> dict[str, str]:
    found: dict[str, str] = owner["spec"]["template"]["metadata"]["labels"]
    return found


def _name(manifest: Manifest) -> str:
    return f"{manifest['kind']} {manifest['metadata']['name']}"


def _selects(selector: Manifest, labels: dict[str, str]) -> bool:
    """A label selector as Kubernetes reads it; only the operator In is used."""
    wanted = selector.get("matchLabels", {}).items() <= labels.items()
    return wanted and all(
        one["operator"] == "In" and labels.get(one["key"]) in one["values"]
        for one in selector.get("matchExpressions", [])
    )


def _selectors_find_pods(cluster: Cluster) -> Iterator[str]:
    for one in cluster.processes:
        if not _selects(one["spec"]["selector"], _labels(one)):
            yield f"{_name(one)}: its selector does not match its own pods"
    for service in cluster.of("Service"):
        selected = [
            pod for pod in cluster.processes if service["spec"]["selector"].items() <= _labels(pod).items()
        ]
        if not selected:
            yield f"{_name(service)}: selects no process"
        for port in service["spec"]["ports"]:
            if any(port["targetPort"] not in _ports(pod) for pod in selected):
                yield f"{_name(service)}: no container has the port {port['targetPort']}"


def _ports(owner: Manifest) -> dict[str, int]:
    return {one["name"]: one["containerPort"] for one in _container(owner).get("ports", [])}


def _references_resolve(cluster: Cluster) -> Iterator[str]:
    secrets = {one["spec"]["target"]["name"] for one in cluster.of("ExternalSecret")}
    for pod in cluster.pods:
        for source in _container(pod).get("envFrom", []):
            if reference := source.get("configMapRef"):
                if not cluster.named("ConfigMap", reference["name"]):
                    yield f"{_name(pod)}: there is no ConfigMap {reference['name']}"
            elif source["secretRef"]["name"] not in secrets:
                yield f"{_name(pod)}: no ExternalSecret makes {source['secretRef']['name']}"
        if not cluster.named("ServiceAccount", _pod(pod)["serviceAccountName"]):
            yield f"{_name(pod)}: there is no ServiceAccount {_pod(pod)['serviceAccountName']}"
    for canary in (one["spec"]["strategy"]["canary"] for one in cluster.of("Rollout")):
        alb = canary["trafficRouting"]["alb"]
        services = (canary["stableService"], canary["canaryService"], alb["rootService"])
        wanted = [("Service", name) for name in services] + [("Ingress", alb["ingress"])]
        wanted += [("AnalysisTemplate", one["templateName"]) for one in canary["analysis"]["templates"]]
        yield from (
            f"Rollout: there is no {kind} {name}" for kind, name in wanted if not cluster.named(kind, name)
        )


def _scaled(cluster: Cluster) -> list[tuple[Manifest, Manifest, int]]:
    """Each autoscaler with its target and the fewest replicas."""
    return [
        (
            one,
            one["spec"]["scaleTargetRef"],
            one["spec"].get("minReplicas", one["spec"].get("minReplicaCount")),
        )
        for one in cluster.of("HorizontalPodAutoscaler", "ScaledObject")
    ]


def _scaling_has_one_owner(cluster: Cluster) -> Iterator[str]:
    owned: dict[tuple[str, str], str] = {}
    for scaler, target, _fewest in _scaled(cluster):
        key = (target["kind"], target["name"])
        found = cluster.named(*key)
        if not found:
            yield f"{_name(scaler)}: there is no {' '.join(key)}"
        elif "replicas" in found["spec"]:
            yield f"{_name(found)}: counts replicas itself, and {_name(scaler)} does"
        if key in owned:
            yield f"{' '.join(key)}: scaled by {owned[key]} and {_name(scaler)}"
        owned[key] = _name(scaler)
    for one in cluster.processes:
        if "replicas" not in one["spec"] and (one["kind"], one["metadata"]["name"]) not in owned:
            yield f"{_name(one)}: nobody says how many"


def _scalers_ask_for_what_exists(cluster: Cluster) -> Iterator[str]:
    for scaler in cluster.of("ScaledObject"):
        for trigger in scaler["spec"]["triggers"]:
            values = trigger["metadata"]
            if not all(isinstance(value, str) for value in values.values()):
                yield f"{_name(scaler)}: a trigger has a value that is no string"
            if trigger["type"] == "rabbitmq" and values.get("queueName") not in QUEUES:
                yield f"{_name(scaler)}: there is no queue {values.get('queueName')}"
            access = trigger.get("authenticationRef", {}).get("name")
            if access and not cluster.named("TriggerAuthentication", access):
                yield f"{_name(scaler)}: there is no TriggerAuthentication {access}"


def _budgets_leave_room(cluster: Cluster) -> Iterator[str]:
    fewest = {target["name"]: count for _scaler, target, count in _scaled(cluster)}
    for budget in cluster.of("PodDisruptionBudget"):
        selected = [one for one in cluster.processes if _selects(budget["spec"]["selector"], _labels(one))]
        if not selected:
            yield f"{_name(budget)}: selects nothing"
        for one in selected:
            count = one["spec"].get("replicas", fewest.get(one["metadata"]["name"], 1))
            if budget["spec"]["minAvailable"] >= count:
                yield f"{_name(budget)}: never lets a node be drained, there may be {count}"


def _processes_are_bounded(cluster: Cluster) -> Iterator[str]:
    for one in cluster.pods:
        for which in ("requests", "limits"):
            if set(_container(one).get("resources", {}).get(which, {})) != {"cpu", "memory"}:
                yield f"{_name(one)}: has no {which} of cpu and memory"


def _processes_are_watched(cluster: Cluster) -> Iterator[str]:
    for one in cluster.processes:
        container = _container(one)
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            if probe not in container:
                yield f"{_name(one)}: has no {probe}"
            elif (port := container[probe].get("httpGet", {}).get("port")) and port not in _ports(one):
                yield f"{_name(one)}: its {probe} asks at the unknown port {port}"
        if "exec" in container.get("livenessProbe", {}) or "ready" in str(container.get("livenessProbe")):
            yield f"{_name(one)}: would be killed when something else is away"


def _processes_are_restricted(cluster: Cluster) -> Iterator[str]:
    for one in cluster.pods:
        pod, own = _pod(one).get("securityContext", {}), _container(one).get("securityContext", {})
        asked = {
            "runs as a user of its own": pod.get("runAsNonRoot") is True,
            "has a seccomp profile": pod.get("seccompProfile", {}).get("type") == "RuntimeDefault",
            "has a read-only file system": own.get("readOnlyRootFilesystem") is True,
            "gains no privileges": own.get("allowPrivilegeEscalation") is False,
            "drops all capabilities": own.get("capabilities", {}).get("drop") == ["ALL"],
            "has no token of the cluster": _pod(one).get("automountServiceAccountToken") is False,
        }
        yield from (f"{_name(one)}: not so: {what}" for what, kept in asked.items() if not kept)
    for namespace in cluster.of("Namespace"):
        if namespace["metadata"]["labels"].get("pod-security.kubernetes.io/enforce") != "restricted":
            yield f"{_name(namespace)}: does not enforce restricted pods"


def _work_is_drained(cluster: Cluster) -> Iterator[str]:
    for one in cluster.processes:
        grace, container = _pod(one).get("terminationGracePeriodSeconds", 30), _container(one)
        if container["args"][0] == "worker" and grace < _PAUSE_OF_A_MODEL_S:
            yield f"{_name(one)}: is killed before a chain of model calls can end"
        if container["args"][0] == "web":
            pause = container.get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
            if not 5 <= pause < grace - 5:
                yield f"{_name(one)}: does not wait until the load balancer sends no more, or is killed then"
        rolling = one["spec"]["strategy"]
        rolling = rolling.get("canary") or rolling.get("rollingUpdate")
        if rolling and (rolling["maxSurge"], rolling["maxUnavailable"]) != (1, 0):
            yield f"{_name(one)}: a rollout takes replicas away before others are there"


def _commands_exist(cluster: Cluster) -> Iterator[str]:
    for one in cluster.ours:
        if _container(one)["args"][0] not in COMMANDS:
            yield f"{_name(one)}: there is no command {_container(one)['args'][0]}"
    taken = [
        queue
        for one in cluster.processes
        if (arguments := _container(one)["args"])[0] == "worker"
        for queue in arguments[arguments.index("--queues") + 1].split(",")
    ]
    if sorted(taken) != sorted(QUEUES):
        yield f"the workers take {sorted(taken)}, the queues are {sorted(QUEUES)}"


def _keys_made(secret: Manifest) -> dict[str, str]:
    """What an ExternalSecret makes: a template replaces what it was made of."""
    if template := secret["spec"]["target"].get("template"):
        return dict(template["data"])
    return {one["secretKey"]: "" for one in secret["spec"]["data"]}


def _given(cluster: Cluster, kind: str, read: Callable[[Manifest], dict[str, str]]) -> dict[str, str]:
    """Of all objects of a kind, what becomes a setting: files have names with a dot."""
    return {name: value for one in cluster.of(kind) for name, value in read(one).items() if "." not in name}


def _settings_exist(cluster: Cluster) -> Iterator[str]:
    plain = _given(cluster, "ConfigMap", lambda one: one["data"])
    secret = _given(cluster, "ExternalSecret", _keys_made)
    yield from (f"there is no setting {one}" for one in {*plain, *secret} - set(known_variables()))
    yield from (
        f"the setting {one} is a secret and stands in the open" for one in plain if _SECRET.search(one)
    )
    needed = {"DESKFLEET_DATABASE_URL", "DESKFLEET_BROKER_URL", "DESKFLEET_REDIS_URL", "DESKFLEET_SECRET_KEY"}
    yield from (f"the setting {one} is missing" for one in sorted(needed - secret.keys()))
    for one in cluster.processes:
        port = _ports(one).get("metrics")
        if port is not None and str(port) != plain.get("DESKFLEET_METRICS_PORT"):
            yield f"{_name(one)}: its metrics are not at the port {port}"


def _network_is_closed_but_for_needs(cluster: Cluster) -> Iterator[str]:
    policies = cluster.of("NetworkPolicy")
    if not any(
        not one["spec"]["podSelector"]
        and set(one["spec"]["policyTypes"]) == {"Ingress", "Egress"}
        and not {"ingress", "egress"} & set(one["spec"])
        for one in policies
    ):
        yield "there is no NetworkPolicy that denies everything"
    for one in cluster.pods:
        mine = [policy for policy in policies if _selects(policy["spec"]["podSelector"], _labels(one))]
        open_ports = {port["port"] for policy in mine for port in _egress_ports(policy)}
        needed = NEEDS[one["metadata"]["name"]]
        if open_ports - {465} != needed:
            yield f"{_name(one)}: may talk to the ports {sorted(open_ports)}, needs {sorted(needed)}"


def _egress_ports(policy: Manifest) -> Iterator[Manifest]:
    for rule in policy["spec"].get("egress", []):
        yield from rule.get("ports", [{"port": 0}])


def _metrics_are_scraped(cluster: Cluster) -> Iterator[str]:
    scraped: set[str] = set()
    for monitor in cluster.of("ServiceMonitor"):
        found = [
            one
            for one in cluster.of("Service")
            if _selects(monitor["spec"]["selector"], one["metadata"]["labels"])
        ]
        scraped |= {one["spec"]["selector"][NAME] for one in found}
        ports = {port["name"] for one in found for port in one["spec"]["ports"]}
        yield from (
            f"{_name(monitor)}: no port {end['port']}"
            for end in monitor["spec"]["endpoints"]
            if end["port"] not in ports
        )
    for monitor in cluster.of("PodMonitor"):
        chosen = [one for one in cluster.processes if _selects(monitor["spec"]["selector"], _labels(one))]
        scraped |= {_labels(one)[NAME] for one in chosen}
        ends = monitor["spec"]["podMetricsEndpoints"]
        yield from (
            f"{_name(monitor)}: {_name(one)} has no port {end['port']}"
            for one in chosen
            for end in ends
            if end["port"] not in _ports(one)
        )
    for one in cluster.processes:
        # The pooler speaks no HTTP: what it holds up shows in the desk's own figures of its connections.
        if _labels(one)[NAME] not in scraped | {POOLER}:
            yield f"{_name(one)}: nobody reads its metrics"


def _doors_are_alike(cluster: Cluster) -> Iterator[str]:
    """One process under three names: what is changed of one and forgotten of another would be a trap."""
    doors = [one for one in cluster.of("Rollout") if _container(one)["args"] == ["web"]]
    if {one["metadata"]["name"] for one in doors} != DOORS:
        yield f"web runs as {sorted(one['metadata']['name'] for one in doors)}, not as {sorted(DOORS)}"
    kinds = ("Rollout", "HorizontalPodAutoscaler", "PodDisruptionBudget")
    for kind in kinds:
        made = {name: found for name in DOORS if (found := cluster.named(kind, name))}
        without_names = {_without_name(one, name) for name, one in made.items()}
        if len(without_names) > 1:
            yield f"{kind}: {', '.join(sorted(made))} differ in more than their names"


def _without_name(manifest: Manifest, name: str) -> str:
    return re.sub(rf"\b{name}\b", "NAME", json.dumps(manifest, sort_keys=True))


RULES: tuple[Callable[[Cluster], Iterator[str]], ...] = (
    _selectors_find_pods,
    _references_resolve,
    _scaling_has_one_owner,
    _scalers_ask_for_what_exists,
    _budgets_leave_room,
    _processes_are_bounded,
    _processes_are_watched,
    _processes_are_restricted,
    _work_is_drained,
    _commands_exist,
    _settings_exist,
    _network_is_closed_but_for_needs,
    _metrics_are_scraped,
    _doors_are_alike,
)
