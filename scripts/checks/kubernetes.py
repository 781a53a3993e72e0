"""The rendered manifests: each fits the schema of its kind, strictly; together they keep `manifest_rules`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import kubernetes_validate
import yaml
from cloudcoil.models.keda import v1alpha1 as keda
from cloudcoil.models.prometheus_operator import v1 as operator
from pydantic import BaseModel, ValidationError

from scripts.checks import crds, entry_rules, manifest_rules, pooling_rules
from scripts.checks.tools import Missing, program, run, said

KUBERNETES = "1.33"
ENVIRONMENTS = ("dev", "staging", "production")
Manifest = dict[str, Any]

_CRDS: dict[tuple[str, str], type[BaseModel]] = {
    ("keda.sh/v1alpha1", "ScaledObject"): keda.ScaledObject,
    ("keda.sh/v1alpha1", "TriggerAuthentication"): keda.TriggerAuthentication,
    ("monitoring.coreos.com/v1", "ServiceMonitor"): operator.ServiceMonitor,
    ("monitoring.coreos.com/v1", "PodMonitor"): operator.PodMonitor,
    ("monitoring.coreos.com/v1", "Probe"): operator.Probe,
    ("monitoring.coreos.com/v1", "PrometheusRule"): operator.PrometheusRule,
    ("external-secrets.io/v1", "ExternalSecret"): crds.ExternalSecret,
    ("argoproj.io/v1alpha1", "Rollout"): crds.Rollout,
    ("argoproj.io/v1alpha1", "AnalysisTemplate"): crds.AnalysisTemplate,
}


def render(root: Path, environment: str) -> list[Manifest]:
    """What kustomize makes of an overlay. Raises Missing when it makes nothing."""
    done = run(program("kubectl"), "kustomize", str(root / "k8s" / "overlays" / environment))
    if done.returncode:
        raise Missing(f"k8s/overlays/{environment}: {said(done)}")
    return [one for one in yaml.safe_load_all(done.stdout) if one]


def manifests_fit_their_schemas(root: Path) -> list[str]:
    return _of_each(root, lambda manifests, _name: [line for one in manifests for line in misfits(one)])


def manifests_keep_the_rules(root: Path) -> list[str]:
    return _of_each(root, broken)


def broken(manifests: list[Manifest], environment: str) -> list[str]:
    """The rules that the manifests of an environment break, one sentence each."""
    return [
        *manifest_rules.broken(manifests, environment),
        *entry_rules.broken(manifests, environment),
        *pooling_rules.broken(manifests),
    ]


def _of_each(root: Path, check: Callable[[list[Manifest], str], list[str]]) -> list[str]:
    return [
        f"k8s/overlays/{name}: {problem}"
        for name in ENVIRONMENTS
        for problem in check(render(root, name), name)
    ]


def misfits(manifest: Manifest) -> list[str]:
    """What the schema of its kind says against a manifest."""
    kind = (manifest["apiVersion"], manifest["kind"])
    if model := _CRDS.get(kind):
        return _model_misfits(model, manifest) + (_template_misfits(manifest) if kind[1] == "Rollout" else [])
    return _schema_misfits(manifest)


def _model_misfits(model: type[BaseModel], manifest: Manifest) -> list[str]:
    try:
        model.model_validate(manifest, extra="forbid")
    except ValidationError as error:
        return [
            f"{_name(manifest)}: {'.'.join(map(str, one['loc']))}: {one['msg']}"
            for one in error.errors(include_url=False)
        ]
    return []


def _template_misfits(rollout: Manifest) -> list[str]:
    spec = {key: rollout["spec"][key] for key in ("selector", "template")}
    return _schema_misfits(
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": rollout["metadata"], "spec": spec}
    )


def _schema_misfits(manifest: Manifest) -> list[str]:
    try:
        kubernetes_validate.validate(manifest, KUBERNETES, strict=True)
    except kubernetes_validate.ValidationError as error:
        where = ".".join(map(str, error.path))
        return [f"{_name(manifest)}: {where}: {error.message[:300]}"]
    except kubernetes_validate.SchemaNotFoundError:
        return [f"{_name(manifest)}: there is no schema of its kind"]
    return []


def _name(manifest: Manifest) -> str:
    return f"{manifest['kind']} {manifest['metadata']['name']}"
