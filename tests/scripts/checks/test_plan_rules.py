"""What is planted into the plan of production is found. The plan is made by Terraform, without an account."""

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from scripts.checks import plan_rules, terraform

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[3]
Plan = dict[str, Any]


@pytest.fixture(scope="session")
def planned() -> Plan:
    return terraform.make_plan(ROOT, "production")


def of(plan: Plan, kind: str) -> list[Plan]:
    return [one["change"]["after"] for one in plan["resource_changes"] if one["type"] == kind]


def drop(plan: Plan, kind: str) -> None:
    plan["resource_changes"] = [one for one in plan["resource_changes"] if one["type"] != kind]


def _lose_a_key(plan: Plan) -> None:
    (database,) = [one for one in plan["resource_changes"] if one["address"].endswith("aws_db_instance.main")]
    database["change"]["after_unknown"].pop("kms_key_id")


def _take_old_tls(plan: Plan) -> None:
    (group,) = of(plan, "aws_db_parameter_group")
    next(one for one in group["parameter"] if one["name"] == "ssl_min_protocol_version")["value"] = "TLSv1.2"


def _take_old_tls_at_a_bucket(plan: Plan) -> None:
    policy = of(plan, "aws_s3_bucket_policy")[0]
    policy["policy"] = policy["policy"].replace("s3:TlsVersion", "s3:x-amz-acl")


def _change(kind: str, **values: object) -> Callable[[Plan], None]:
    def plant(plan: Plan) -> None:
        for one in of(plan, kind):
            one.update(values)

    return plant


@pytest.mark.parametrize(
    ("plant", "problem"),
    [
        (_lose_a_key, "aws_db_instance.main: has no key of ours"),
        (_take_old_tls, "the database takes less than TLS 1.3"),
        (_take_old_tls_at_a_bucket, "a bucket takes less than TLS 1.3"),
        (_change("aws_db_instance", publicly_accessible=True), "is public"),
        (_change("aws_db_instance", multi_az=False), "is lost with its zone"),
        (_change("aws_db_instance", deletion_protection=False), "may be deleted"),
        (_change("aws_mq_broker", deployment_mode="SINGLE_INSTANCE"), "is lost with its zone"),
        (_change("aws_elasticache_replication_group", transit_encryption_enabled=False), "in the open"),
        (_change("aws_vpc_security_group_ingress_rule", cidr_ipv4="0.0.0.0/0"), "lets everybody in"),
        (_change("aws_s3_bucket_public_access_block", block_public_policy=False), "lets the public in"),
        (_change("aws_ecr_repository", image_tag_mutability="MUTABLE"), "a tag can be given twice"),
        (_change("aws_kms_key", enable_key_rotation=False), "is never rotated"),
        (_change("aws_guardduty_detector", enable=False), "is off"),
        (_change("aws_eks_node_group", capacity_type="ON_DEMAND"), "machines are"),
        (_change("aws_launch_template", metadata_options=[{"http_tokens": "optional"}]), "whoever asks"),
        (lambda plan: drop(plan, "aws_route53_health_check"), "does not turn to the second region"),
        (lambda plan: drop(plan, "aws_db_instance_automated_backups_replication"), "stay in one region"),
        (lambda plan: drop(plan, "aws_wafv2_web_acl"), "there is no aws_wafv2_web_acl"),
        (lambda plan: drop(plan, "aws_s3_bucket_versioning"), "a bucket has no versions"),
    ],
)
def test_what_is_planted_is_found(planned: Plan, plant: Callable[[Plan], None], problem: str) -> None:
    plan = copy.deepcopy(planned)
    assert plan_rules.broken(plan, lasting=True) == []
    plant(plan)
    found = plan_rules.broken(plan, lasting=True)
    assert any(problem in one for one in found), found


def test_staging_need_not_survive_a_zone(planned: Plan) -> None:
    plan = copy.deepcopy(planned)
    _change("aws_db_instance", multi_az=False)(plan)
    assert plan_rules.broken(plan, lasting=False) == []
