"""What is planted into the manifests of production is found: a wrong field, a broken reference, a rule left out."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scripts.checks import kubernetes, manifest_rules

ROOT = Path(__file__).resolve().parents[3]
Manifest = dict[str, Any]
Plant = Callable[[dict[str, Manifest]], None]


@pytest.fixture(scope="session")
def rendered() -> list[Manifest]:
    return kubernetes.render(ROOT, "production")


@pytest.fixture
def manifests(rendered: list[Manifest]) -> dict[str, Manifest]:
    """By kind and name; a test may change them."""
    copied = copy.deepcopy(rendered)
    return {f"{one['kind']} {one['metadata']['name']}": one for one in copied}


def container(one: Manifest) -> Manifest:
    found: Manifest = one["spec"]["template"]["spec"]["containers"][0]
    return found


def test_production_as_it_stands_is_sound(manifests: dict[str, Manifest]) -> None:
    assert [line for one in manifests.values() for line in kubernetes.misfits(one)] == []
    assert kubernetes.broken(list(manifests.values()), "production") == []


@pytest.mark.parametrize(
    ("name", "plant", "problem"),
    [
        ("Deployment worker", lambda one: container(one).update(imagePullPolice="Always"), "imagePullPolice"),
        ("Rollout api", lambda one: container(one).update(prots=[]), "prots"),
        ("Rollout api", lambda one: one["spec"]["strategy"]["canary"].update(maxSurges=1), "maxSurges"),
        ("ScaledObject worker", lambda one: one["spec"].update(minReplicas=1), "minReplicas"),
        ("ExternalSecret deskfleet", lambda one: one["spec"].update(refreshIntervall="1m"), "refreshIntervall"),
        ("ExternalSecret pgbouncer", lambda one: one["spec"]["target"]["template"].update(date={}), "date"),
        ("ServiceMonitor web", lambda one: one["spec"]["endpoints"][0].update(paths="/"), "paths"),
        ("AnalysisTemplate canary", lambda one: one["spec"]["metrics"][0].update(limit=1), "limit"),
        ("PrometheusRule deskfleet", lambda one: one["spec"].update(group=[]), "group"),
        ("Job migrate", lambda one: one.update(kind="Jop"), "there is no schema of its kind"),
    ],
)  # fmt: skip
def test_a_field_that_a_kind_does_not_have_is_found(
    manifests: dict[str, Manifest], name: str, plant: Callable[[Manifest], None], problem: str
) -> None:
    plant(manifests[name])
    assert any(problem in found for found in kubernetes.misfits(manifests[name]))


def _wear_another_name(all_: dict[str, Manifest]) -> None:
    all_["Deployment worker"]["spec"]["template"]["metadata"]["labels"][manifest_rules.NAME] = "wörker"


def _count_replicas_twice(all_: dict[str, Manifest]) -> None:
    all_["HorizontalPodAutoscaler api"]["spec"]["scaleTargetRef"] = {"kind": "Deployment", "name": "worker"}


def _say_replicas_beside_keda(all_: dict[str, Manifest]) -> None:
    all_["Deployment worker"]["spec"]["replicas"] = 3


def _lose_the_settings(all_: dict[str, Manifest]) -> None:
    container(all_["Deployment beat"])["envFrom"][0]["configMapRef"]["name"] = "setings"


def _block_a_drain(all_: dict[str, Manifest]) -> None:
    all_["PodDisruptionBudget api"]["spec"]["minAvailable"] = 3


def _take_away(name: str, key: str) -> Plant:
    def plant(all_: dict[str, Manifest]) -> None:
        del container(all_[name])[key]

    return plant


def _be_root(all_: dict[str, Manifest]) -> None:
    all_["Rollout api"]["spec"]["template"]["spec"]["securityContext"]["runAsNonRoot"] = False


def _be_killed_early(all_: dict[str, Manifest]) -> None:
    all_["Deployment worker"]["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = 30


def _be_killed_for_the_database(all_: dict[str, Manifest]) -> None:
    container(all_["Rollout api"])["livenessProbe"]["httpGet"]["path"] = "/health/ready"


def _forget_a_queue(all_: dict[str, Manifest]) -> None:
    container(all_["Deployment worker"])["args"][2] = "agent_core,ingestion"


def _show_a_secret(all_: dict[str, Manifest]) -> None:
    settings = next(one for name, one in all_.items() if name.startswith("ConfigMap settings"))
    settings["data"]["DESKFLEET_SECRET_KEY"] = "x" * 32


def _misspell_a_setting(all_: dict[str, Manifest]) -> None:
    settings = next(one for name, one in all_.items() if name.startswith("ConfigMap settings"))
    settings["data"]["DESKFLEET_PUBLIK_URL"] = "https://support.example.com"


def _scrape_elsewhere(all_: dict[str, Manifest]) -> None:
    all_["PodMonitor processes"]["spec"]["selector"]["matchExpressions"][0]["values"].remove("poller")


def _open_the_metrics(all_: dict[str, Manifest]) -> None:
    ways = all_["Ingress web"]["spec"]["rules"][0]["http"]["paths"]
    ways.append({"path": "/metrics", "pathType": "Prefix"})


def _grow_one_door_alone(all_: dict[str, Manifest]) -> None:
    container(all_["Rollout chat"])["resources"]["limits"]["cpu"] = "3"


def _forget_a_door(all_: dict[str, Manifest]) -> None:
    del all_["Rollout console"]


def _close_the_webhooks(all_: dict[str, Manifest]) -> None:
    rule = all_["Ingress web"]["spec"]["rules"][0]["http"]
    rule["paths"] = [way for way in rule["paths"] if way["path"] != "/webhooks"]


def _speak_old_tls(all_: dict[str, Manifest]) -> None:
    all_["Ingress web"]["metadata"]["annotations"]["alb.ingress.kubernetes.io/ssl-policy"] = (
        "ELBSecurityPolicy-2016-08"
    )


def _take_the_firewall_away(all_: dict[str, Manifest]) -> None:
    del all_["Ingress web"]["metadata"]["annotations"]["alb.ingress.kubernetes.io/wafv2-acl-name"]


def _open_the_network(all_: dict[str, Manifest]) -> None:
    all_["NetworkPolicy to-database"]["spec"]["podSelector"] = {}


def _allow_by_default(all_: dict[str, Manifest]) -> None:
    all_["NetworkPolicy default-deny"]["spec"]["egress"] = [{}]


def _tag_the_image(all_: dict[str, Manifest]) -> None:
    container(all_["Job migrate"])["image"] = "deskfleet:latest"


def _analyse_nothing(all_: dict[str, Manifest]) -> None:
    all_["Rollout api"]["spec"]["strategy"]["canary"]["analysis"]["templates"][0]["templateName"] = "carnary"


def _listen_elsewhere(all_: dict[str, Manifest]) -> None:
    all_["Service api-stable"]["spec"]["ports"][0]["targetPort"] = "htpp"


def _watch_another_queue(all_: dict[str, Manifest]) -> None:
    all_["ScaledObject worker"]["spec"]["triggers"][0]["metadata"]["queueName"] = "agent-core"


@pytest.mark.parametrize(
    ("plant", "problem"),
    [
        (_wear_another_name, "Deployment worker: its selector does not match"),
        (_count_replicas_twice, "Deployment worker: scaled by"),
        (_say_replicas_beside_keda, "Deployment worker: counts replicas itself"),
        (_lose_the_settings, "Deployment beat: there is no ConfigMap setings"),
        (_block_a_drain, "PodDisruptionBudget api: never lets a node be drained"),
        (_take_away("Deployment poller", "readinessProbe"), "Deployment poller: has no readinessProbe"),
        (_take_away("Rollout api", "resources"), "Rollout api: has no limits"),
        (_take_away("Rollout api", "lifecycle"), "Rollout api: does not wait until the load balancer"),
        (_be_root, "Rollout api: not so: runs as a user of its own"),
        (_be_killed_early, "Deployment worker: is killed before a chain"),
        (_be_killed_for_the_database, "Rollout api: would be killed when something else is away"),
        (_forget_a_queue, "the workers take"),
        (_show_a_secret, "DESKFLEET_SECRET_KEY is a secret"),
        (_misspell_a_setting, "there is no setting DESKFLEET_PUBLIK_URL"),
        (_scrape_elsewhere, "Deployment poller: nobody reads its metrics"),
        (_open_the_metrics, "/metrics is open to everybody"),
        (_grow_one_door_alone, "Rollout: api, chat, console differ in more than their names"),
        (_forget_a_door, "web runs as ['api', 'chat'], not as"),
        (_close_the_webhooks, "/webhooks/{channel} is closed to customers"),
        (_speak_old_tls, "less than TLS 1.3"),
        (_take_the_firewall_away, "Ingress web: no firewall stands before it"),
        (_open_the_network, "Deployment beat: may talk to the ports"),
        (_allow_by_default, "no NetworkPolicy that denies everything"),
        (_tag_the_image, "Job migrate: its image has no digest"),
        (_analyse_nothing, "there is no AnalysisTemplate carnary"),
        (_listen_elsewhere, "no container has the port htpp"),
        (_watch_another_queue, "there is no queue agent-core"),
    ],
)  # fmt: skip
def test_a_rule_that_is_broken_is_found(manifests: dict[str, Manifest], plant: Plant, problem: str) -> None:
    plant(manifests)
    found = kubernetes.broken(list(manifests.values()), "production")
    assert any(problem in one for one in found), found
