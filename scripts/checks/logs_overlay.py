"""The overlay that reads the desk's logs on each node: it fits its schemas, sees the desk alone, and loses nothing."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from scripts.checks.kubernetes import misfits, render

_OVERLAY = "logs"
_ON_ONE_MACHINE = "ops/fluent-bit/fluent-bit.yaml"
Manifest = dict[str, Any]


def logs_overlay_is_sound(root: Path) -> list[str]:
    manifests = render(root, _OVERLAY)
    beside = yaml.safe_load((root / _ON_ONE_MACHINE).read_text(encoding="utf-8"))
    problems = [line for one in manifests for line in misfits(one)]
    return [f"k8s/overlays/{_OVERLAY}: {one}" for one in (*problems, *broken(manifests, beside))]


def broken(manifests: list[Manifest], on_one_machine: dict[str, Any]) -> list[str]:
    """The rules that are broken, one sentence each."""
    kinds = {(one["kind"], one["metadata"]["name"].split("-")[0]): one for one in manifests}
    readers = [one for one in manifests if one["kind"] == "DaemonSet"]
    if len(readers) != 1:
        return [f"there are {len(readers)} readers, not one on each node"]
    config = yaml.safe_load(next(iter(kinds[("ConfigMap", "fluent")]["data"].values())))
    pod = readers[0]["spec"]["template"]["spec"]
    secrets = kinds[("ExternalSecret", "elasticsearch")]["spec"]["data"]
    return [
        *_pod_is_bounded(pod),
        *_reads_the_desk_alone(config),
        *_sends_safely(config, on_one_machine),
        *_names_exist(config, pod, {one["secretKey"] for one in secrets}),
    ]


def _pod_is_bounded(pod: Manifest) -> Iterator[str]:
    container = pod["containers"][0]
    own = container.get("securityContext", {})
    asked = {
        "has a read-only file system": own.get("readOnlyRootFilesystem") is True,
        "gains no privileges": own.get("allowPrivilegeEscalation") is False,
        "drops all capabilities": own.get("capabilities", {}).get("drop") == ["ALL"],
        "has no token of the cluster": pod.get("automountServiceAccountToken") is False,
        "has limits": set(container.get("resources", {}).get("limits", {})) == {"cpu", "memory"},
        "reads the node's logs and does not write there": all(
            one.get("readOnly") is True for one in container["volumeMounts"] if one["mountPath"] == "/var/log"
        ),
        "keeps its state on the node": any(
            one["name"] == "state" and "hostPath" in one for one in pod["volumes"]
        ),
        "is asked for its health": {"livenessProbe", "readinessProbe"} <= container.keys(),
    }
    yield from (f"the reader: not so: {what}" for what, kept in asked.items() if not kept)


def _reads_the_desk_alone(config: Manifest) -> Iterator[str]:
    for one in config["pipeline"]["inputs"]:
        if "_deskfleet_" not in one["path"]:
            yield f"{one['path']} holds the lines of others"
        if not one.get("db", "").startswith("/state/"):
            yield "where it has read to is forgotten with the pod"


def _sends_safely(config: Manifest, on_one_machine: Manifest) -> Iterator[str]:
    for one in config["pipeline"]["outputs"]:
        if one.get("tls") is not True or one.get("tls.verify") is not True:
            yield "what it sends can be read, or goes to anybody"
        beside = on_one_machine["pipeline"]["outputs"][0]
        if one["logstash_prefix"] != beside["logstash_prefix"]:
            yield "its index is not that of one machine, so the pages of Kibana do not fit"
        if one.get("retry_limit") != "no_limits":
            yield "lines are dropped while Elasticsearch is away"


def _names_exist(config: Manifest, pod: Manifest, secrets: set[str]) -> Iterator[str]:
    container = pod["containers"][0]
    given = secrets | {one["name"] for one in container.get("env", [])}
    asked = set(re.findall(r"\$\{(\w+)\}", yaml.safe_dump(config)))
    yield from (f"nothing sets {one}" for one in sorted(asked - given))
    if "/etc/deskfleet/fluent-bit-cluster.yaml" not in container["args"][0]:
        yield "it does not read its configuration"
