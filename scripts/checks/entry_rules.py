"""What is asked of the way in from outside: TLS 1.3, a firewall, and every path of customers, and no other. Pure."""

from collections.abc import Iterator
from typing import Any

from scripts.checks.manifest_rules import Cluster
from scripts.checks.routes import paths_of_the_product

Manifest = dict[str, Any]
_ALB = "alb.ingress.kubernetes.io"


def broken(manifests: list[Manifest], environment: str) -> list[str]:
    """The rules that are broken, one sentence each."""
    return [
        f"Ingress {one['metadata']['name']}: {problem}"
        for one in Cluster(manifests).of("Ingress")
        for problem in (*_is_guarded(one, environment), *_lets_in_what_customers_need(one))
    ]


def _is_guarded(ingress: Manifest, environment: str) -> Iterator[str]:
    said = ingress["metadata"]["annotations"]
    if "TLS13-1-3" not in said.get(f"{_ALB}/ssl-policy", ""):
        yield "its listener speaks less than TLS 1.3"
    # Terraform's module security makes one of this name; a developer's cluster has none.
    if environment != "dev" and said.get(f"{_ALB}/wafv2-acl-name") != f"deskfleet-{environment}":
        yield "no firewall stands before it"


def _lets_in_what_customers_need(ingress: Manifest) -> Iterator[str]:
    ways = [way for rule in ingress["spec"]["rules"] for way in rule["http"]["paths"]]
    for path in paths_of_the_product():
        inside = path.startswith(("/metrics", "/health"))
        if inside == any(_leads(way, path) for way in ways):
            state = "open to everybody" if inside else "closed to customers"
            yield f"{path} is {state} (k8s/base/web-entry.yaml)"


def _leads(way: Manifest, path: str) -> bool:
    prefix: str = way["path"]
    if way["pathType"] == "Exact":
        return path == prefix
    return path == prefix or path.startswith(prefix.rstrip("/") + "/")
