"""The modules, applied: a cloud takes them, finds nothing to change afterwards, and is empty in the end."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from scripts.checks.terraform import copied, initialise, terraform
from tests.servers.moto import running_moto

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]

ROOT = Path(__file__).resolve().parents[3]
_APPLIED = Path(__file__).parent / "applied" / "main.tf"
_MODULES = {"broker", "dns", "network", "registry", "secrets", "storage"}
# What moto does not say again as it was told: a description, the keys of copies, half of a replication.
_FORGOTTEN = {
    "aws_vpc_security_group_ingress_rule",
    "aws_secretsmanager_secret",
    "aws_s3_bucket_replication_configuration",
}
_QUIETLY = ("-input=false", "-lock=false")


@contextmanager
def prepared() -> Iterator[Path]:
    """An environment of the modules, initialised."""
    with copied(ROOT) as copy:
        folder = copy / "environments" / "applied"
        folder.mkdir()
        shutil.copy(_APPLIED, folder)
        initialise(folder)
        yield folder


def made(folder: Path) -> dict[str, list[str]]:
    """What the state holds: kinds of resources by module."""
    root = json.loads(terraform(folder, "show", "-json"))["values"]["root_module"]
    return {
        module["address"].removeprefix("module."): [
            one["type"] for one in module["resources"] if one["mode"] == "managed"
        ]
        for module in root["child_modules"]
    }


def to_be_changed(folder: Path, aws: dict[str, str]) -> set[str]:
    """Kinds of resources that a second plan would touch."""
    terraform(folder, "plan", "-out=again", *_QUIETLY, **aws)
    again = json.loads(terraform(folder, "show", "-json", "again"))
    return {
        one["type"]
        for one in again["resource_changes"]
        if one["change"]["actions"] not in (["no-op"], ["read"])
    }


def test_a_cloud_takes_the_modules_and_finds_nothing_to_change_afterwards(tmp_path: Path) -> None:
    with running_moto(tmp_path) as url, prepared() as folder:
        aws = {"AWS_ENDPOINT_URL": url}
        terraform(folder, "apply", "-auto-approve", *_QUIETLY, **aws)
        there = made(folder)
        assert there.keys() == _MODULES
        assert there["storage"].count("aws_s3_bucket") == 4
        assert there["dns"].count("aws_route53_record") == 3
        assert "Enabled" in httpx.get(f"{url}/desk-files?versioning").text
        assert "aws:kms" in httpx.get(f"{url}/desk-backups-copy?encryption").text
        assert "s3:TlsVersion" in httpx.get(f"{url}/desk-files?policy").text
        assert to_be_changed(folder, aws) == _FORGOTTEN

        terraform(folder, "destroy", "-auto-approve", *_QUIETLY, **aws)
        assert httpx.get(f"{url}/desk-files?versioning").status_code == 404
        assert "values" not in json.loads(terraform(folder, "show", "-json"))
