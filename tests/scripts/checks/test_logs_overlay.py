"""What is planted into the overlay of the logs is found."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.checks import logs_overlay
from scripts.checks.kubernetes import render

ROOT = Path(__file__).resolve().parents[3]
Manifest = dict[str, Any]
Change = Callable[[Manifest, Manifest], object]


@pytest.fixture(scope="module")
def rendered() -> list[Manifest]:
    return render(ROOT, "logs")


@pytest.fixture(scope="module")
def beside() -> Manifest:
    read: Manifest = yaml.safe_load((ROOT / "ops/fluent-bit/fluent-bit.yaml").read_text())
    return read


def test_the_overlay_as_it_stands_is_sound() -> None:
    assert logs_overlay.logs_overlay_is_sound(ROOT) == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda pod, _c: pod["containers"][0]["volumeMounts"][1].pop("readOnly"), "does not write there"),
        (lambda pod, _c: pod["containers"][0].pop("resources"), "has limits"),
        (lambda pod, _c: pod["containers"][0].pop("readinessProbe"), "is asked for its health"),
        (lambda pod, _c: pod["containers"][0].pop("env"), "nothing sets NODE"),
        (
            lambda _p, c: c["pipeline"]["inputs"][0].update(path="/var/log/containers/*.log"),
            "lines of others",
        ),
        (lambda _p, c: c["pipeline"]["inputs"][0].pop("db"), "forgotten with the pod"),
        (lambda _p, c: c["pipeline"]["outputs"][0].update(tls=False), "can be read"),
        (lambda _p, c: c["pipeline"]["outputs"][0].update(retry_limit=3), "lines are dropped"),
        (lambda _p, c: c["pipeline"]["outputs"][0].update(logstash_prefix="x"), "pages of Kibana"),
        (lambda _p, c: c["pipeline"]["outputs"][0].update(host="${NOWHERE}"), "nothing sets NOWHERE"),
    ],
)
def test_a_rule_that_is_broken_is_found(
    rendered: list[Manifest], beside: Manifest, change: Change, problem: str
) -> None:
    manifests = copy.deepcopy(rendered)
    [reader] = [one for one in manifests if one["kind"] == "DaemonSet"]
    [told] = [one for one in manifests if one["kind"] == "ConfigMap"]
    [name] = told["data"]
    config = yaml.safe_load(told["data"][name])
    change(reader["spec"]["template"]["spec"], config)
    told["data"][name] = yaml.safe_dump(config)
    [found] = logs_overlay.broken(manifests, beside)
    assert problem in found


def test_without_a_reader_nothing_is_sent(rendered: list[Manifest], beside: Manifest) -> None:
    without = [one for one in rendered if one["kind"] != "DaemonSet"]
    assert logs_overlay.broken(without, beside) == ["there are 0 readers, not one on each node"]
