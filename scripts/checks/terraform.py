"""Terraform: formatted, and the plan of each environment, made without an account, keeps the rules of `plan_rules`."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from scripts.checks import plan_rules
from scripts.checks.tools import Missing, program, run, said

ENVIRONMENTS = ("staging", "production")
# The provider from a folder instead of the registry: this variable, or where a machine may have a mirror.
PLUGINS = "TF_PLUGIN_DIR"
_MIRRORS = ("opt", "usr/local/share", "usr/share")

_WITHOUT_ACCOUNT = """
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
"""
_OVERRIDE = f"""
terraform {{
  backend "local" {{}}
}}
provider "aws" {{
  region = "us-east-1"
{_WITHOUT_ACCOUNT}}}
provider "aws" {{
  alias  = "second"
  region = "eu-west-1"
{_WITHOUT_ACCOUNT}}}
"""
_ENTRY = json.dumps({"name": "entry.example.com", "zone_id": "Z0000000000000"})
_VALUES = {
    "cache_token": "0123456789abcdef", "broker_password": "0123456789abcdef", "zone_id": "Z0000000000000",
    "first_entry": _ENTRY, "second_entry": _ENTRY,
}  # fmt: skip


def terraform_is_formatted(root: Path) -> list[str]:
    done = run(program("terraform"), "fmt", "-check", "-recursive", "-no-color", str(root / "terraform"))
    return [f"terraform: run terraform fmt: {said(done)}"] if done.returncode else []


def plans_keep_the_rules(root: Path) -> list[str]:
    return [
        f"terraform/environments/{name}: {problem}"
        for name in ENVIRONMENTS
        for problem in plan_rules.broken(make_plan(root, name), lasting=name == "production")
    ]


def make_plan(root: Path, environment: str) -> dict[str, Any]:
    """What Terraform would make of nothing, as JSON. Raises Missing with its own words."""
    with prepared(root, environment) as folder:
        values = {f"TF_VAR_{name}": value for name, value in _VALUES.items()}
        terraform(folder, "plan", "-input=false", "-refresh=false", "-lock=false", "-out=plan", **values)
        plan: dict[str, Any] = json.loads(terraform(folder, "show", "-json", "plan"))
        return plan


@contextmanager
def prepared(root: Path, environment: str) -> Iterator[Path]:
    """A copy of the environment that is initialised and asks no account."""
    with copied(root) as copy:
        folder = copy / "environments" / environment
        (folder / "check_override.tf").write_text(_OVERRIDE)
        initialise(folder)
        yield folder


@contextmanager
def copied(root: Path) -> Iterator[Path]:
    """The folder terraform, to be written into."""
    with tempfile.TemporaryDirectory() as made:
        copy = Path(made) / "terraform"
        shutil.copytree(root / "terraform", copy, ignore=shutil.ignore_patterns(".terraform", "*.tfstate*"))
        yield copy


def initialise(folder: Path) -> None:
    mirror = [f"-plugin-dir={found}"] if (found := plugins()) else []
    terraform(folder, "init", "-input=false", *mirror)


def plugins() -> str:
    """The folder of a mirror of providers, or nothing: then the registry is asked."""
    if chosen := os.environ.get(PLUGINS):
        return chosen
    found = [
        one for place in _MIRRORS for one in Path("/", place).glob("*/registry.terraform.io/hashicorp/aws")
    ]
    return str(found[0].parents[2]) if found else ""


def terraform(folder: Path, *arguments: str, **environment: str) -> str:
    # A file of the machine's owner that is named and not there makes Terraform complain on every call.
    done = run(
        program("terraform"), *arguments, *(["-no-color"] if arguments[0] != "version" else []), cwd=folder,
        TF_CLI_CONFIG_FILE=os.devnull, TF_IN_AUTOMATION="1", CHECKPOINT_DISABLE="1", **environment,
    )  # fmt: skip
    if done.returncode:
        raise Missing(f"terraform {arguments[0]} of {folder.name}: {said(done)}")
    return done.stdout
