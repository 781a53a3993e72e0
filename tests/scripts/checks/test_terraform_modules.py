"""The modules' own tests, which make nothing: they pass, and each fails when its module breaks a promise."""

import shutil
from pathlib import Path

import pytest

from scripts.checks.terraform_modules import modules_pass_their_tests

ROOT = Path(__file__).resolve().parents[3]
# The module that only puts the others together is judged by its plan (plan_rules).
_COMPOSED = "desk"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]


def test_every_module_has_tests_and_passes_them() -> None:
    modules = {one.name for one in (ROOT / "terraform" / "modules").iterdir()} - {_COMPOSED}
    tested = {one.parents[1].name for one in (ROOT / "terraform" / "modules").glob("*/tests/*.tftest.hcl")}
    assert tested == modules
    assert modules_pass_their_tests(ROOT) == []


@pytest.mark.parametrize(
    ("module", "promise", "broken", "said"),
    [
        ("broker", "publicly_accessible        = false", "publicly_accessible = true", "strangers reach it"),
        ("budgets", "[80, 90, 100]", "[90, 100]", "nobody hears of 80, 90 and 100 %"),
        ("cache", '"required"', '"preferred"', "it may be spoken to in the open"),
        ("cluster", '"SPOT"', '"ON_DEMAND"', "workers run on dear ones"),
        ("database", '"TLSv1.3"', '"TLSv1.2"', "older TLS is spoken"),
        ("dns", '"SECONDARY"', '"PRIMARY"', "the name does not turn"),
        ("encryption", "multi_region            = true", "multi_region = false", "the copies cannot be opened"),
        ("network", "nat_gateway_id = ", 'gateway_id = "igw-1" # ', "does not go out by its own gateway"),
        ("registry", "scan_on_push = true", "scan_on_push = false", "images are not scanned"),
        ("secrets", "region     = var.second_region", 'region = "x"', "a secret is in one region alone"),
        ("security", "block {}", "count {}", "a flood passes"),
        ("storage", "noncurrent_days = 90", "noncurrent_days = 30", "another time than 90 days"),
        ("storage", '["1.3"]', '["1.2"]', "older TLS is spoken"),
        ("storage", "kms_master_key_id = var.second_key_arn", "", "a copy is not sealed"),
    ],
)  # fmt: skip
def test_a_module_that_breaks_its_promise_is_named(
    tmp_path: Path, module: str, promise: str, broken: str, said: str
) -> None:
    folder = Path("terraform") / "modules" / module
    shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns(".terraform*"))
    source = (tmp_path / folder / "main.tf").read_text()
    assert promise in source
    (tmp_path / folder / "main.tf").write_text(source.replace(promise, broken))
    [problem] = modules_pass_their_tests(tmp_path)
    assert said in problem
