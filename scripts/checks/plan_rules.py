"""What we ask of a plan of Terraform: encrypted, closed, copied where it must last, watched. Pure."""

from collections.abc import Callable, Iterator
from typing import Any

# Kind of resource → the attribute that names its key.
KEYS = {
    "aws_db_instance": "kms_key_id",
    "aws_elasticache_replication_group": "kms_key_id",
    "aws_secretsmanager_secret": "kms_key_id",
    "aws_cloudwatch_log_group": "kms_key_id",
}
# Without one of each an environment is not whole.
NEEDED = {
    "aws_vpc", "aws_flow_log", "aws_eks_cluster", "aws_eks_node_group", "aws_db_instance", "aws_mq_broker",
    "aws_elasticache_replication_group", "aws_s3_bucket", "aws_s3_bucket_replication_configuration",
    "aws_ecr_repository", "aws_secretsmanager_secret", "aws_secretsmanager_secret_rotation",
    "aws_guardduty_detector", "aws_securityhub_account", "aws_wafv2_web_acl", "aws_budgets_budget", "aws_kms_key",
}  # fmt: skip
_WEEK, _MONTH = 7, 35


class Plan:
    """Resources by kind; what only the cloud knows is True."""

    def __init__(self, plan: dict[str, Any]) -> None:
        self._changes = plan["resource_changes"]

    def of(self, kind: str) -> list[tuple[str, dict[str, Any]]]:
        return [
            (one["address"].removeprefix("module.desk."), one["change"]["after"] | self._unknown(one))
            for one in self._changes
            if one["type"] == kind and one["mode"] == "managed"
        ]

    @staticmethod
    def _unknown(change: dict[str, Any]) -> dict[str, bool]:
        return {name: True for name, value in change["change"]["after_unknown"].items() if value is True}

    @property
    def kinds(self) -> set[str]:
        return {one["type"] for one in self._changes}


def broken(plan: dict[str, Any], *, lasting: bool) -> list[str]:
    """The rules that a plan breaks; `lasting`: what production is asked besides."""
    read = Plan(plan)
    rules = (*RULES, *(LASTING if lasting else ()))
    return [problem for rule in rules for problem in rule(read)]


def _is_whole(plan: Plan) -> Iterator[str]:
    yield from (f"there is no {kind}" for kind in sorted(NEEDED - plan.kinds))


def _stores_have_our_key(plan: Plan) -> Iterator[str]:
    for kind, attribute in KEYS.items():
        yield from (f"{name}: has no key of ours" for name, one in plan.of(kind) if not one.get(attribute))


def _buckets_and_images_have_our_key(plan: Plan) -> Iterator[str]:
    for name, one in plan.of("aws_s3_bucket_server_side_encryption_configuration"):
        if one["rule"][0]["apply_server_side_encryption_by_default"][0]["sse_algorithm"] != "aws:kms":
            yield f"{name}: has no key of ours"
    for name, one in plan.of("aws_ecr_repository"):
        if one["encryption_configuration"][0]["encryption_type"] != "KMS":
            yield f"{name}: has no key of ours"


def _the_broker_and_the_key_itself(plan: Plan) -> Iterator[str]:
    for name, one in plan.of("aws_mq_broker"):
        if one["encryption_options"][0]["use_aws_owned_key"]:
            yield f"{name}: has no key of ours"
    for name, one in plan.of("aws_kms_key"):
        if not one["enable_key_rotation"]:
            yield f"{name}: is never rotated"


def _lines_speak_tls(plan: Plan) -> Iterator[str]:
    for name, one in plan.of("aws_db_parameter_group"):
        said = {parameter["name"]: parameter["value"] for parameter in one["parameter"]}
        if (said.get("rds.force_ssl"), said.get("ssl_min_protocol_version")) != ("1", "TLSv1.3"):
            yield f"{name}: the database takes less than TLS 1.3"
    for name, one in plan.of("aws_elasticache_replication_group"):
        if not one["transit_encryption_enabled"] or one["transit_encryption_mode"] != "required":
            yield f"{name}: Redis may be spoken to in the open"
    closed = {
        name for name, one in plan.of("aws_s3_bucket_policy") if '"s3:TlsVersion":"1.3"' in str(one["policy"])
    }
    if len(closed) != len([name for name, _one in plan.of("aws_s3_bucket") if "main" in name]):
        yield "a bucket takes less than TLS 1.3"


def _nothing_is_public(plan: Plan) -> Iterator[str]:
    for kind in ("aws_db_instance", "aws_mq_broker"):
        yield from (f"{name}: is public" for name, one in plan.of(kind) if one["publicly_accessible"])
    blocked = ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets")
    blocks = plan.of("aws_s3_bucket_public_access_block")
    yield from (f"{name}: lets the public in" for name, one in blocks if not all(one[key] for key in blocked))
    if len(blocks) != len(plan.of("aws_s3_bucket")):
        yield "a bucket has no block of public access"


def _ways_in_are_narrow(plan: Plan) -> Iterator[str]:
    for name, one in plan.of("aws_vpc_security_group_ingress_rule"):
        if one.get("cidr_ipv4") == "0.0.0.0/0" or one.get("cidr_ipv6") == "::/0":
            yield f"{name}: lets everybody in"
    for name, one in plan.of("aws_eks_cluster"):
        entry = one["vpc_config"][0]
        if entry["endpoint_public_access"] and "0.0.0.0/0" in (
            entry.get("public_access_cidrs") or ["0.0.0.0/0"]
        ):
            yield f"{name}: its API is public"
    for name, one in plan.of("aws_launch_template"):
        if one["metadata_options"][0]["http_tokens"] != "required":
            yield f"{name}: gives its credentials to whoever asks"


def _what_is_lost_comes_back(plan: Plan) -> Iterator[str]:
    for name, one in plan.of("aws_db_instance"):
        if one["backup_retention_period"] < _WEEK or not one["deletion_protection"]:
            yield f"{name}: is not backed up for a week, or may be deleted"
    versions = plan.of("aws_s3_bucket_versioning")
    if [one for _name, one in versions if one["versioning_configuration"][0]["status"] == "Enabled"] != [
        one for _name, one in versions
    ] or len(versions) != len(plan.of("aws_s3_bucket")):
        yield "a bucket has no versions"
    for name, one in plan.of("aws_s3_bucket_lifecycle_configuration"):
        if one["rule"][0]["noncurrent_version_expiration"][0]["noncurrent_days"] != 90:
            yield f"{name}: deleted files are not gone after 90 days"
    for name, one in plan.of("aws_ecr_repository"):
        if (
            one["image_tag_mutability"] != "IMMUTABLE"
            or not one["image_scanning_configuration"][0]["scan_on_push"]
        ):
            yield f"{name}: a tag can be given twice, or images are not scanned"


def _money_and_strangers_are_watched(plan: Plan) -> Iterator[str]:
    for name, one in plan.of("aws_budgets_budget"):
        told = {note["threshold"] for note in one["notification"] if note["notification_type"] == "ACTUAL"}
        if told != {80, 90, 100}:
            yield f"{name}: warns at {sorted(told)}"
    for name, one in plan.of("aws_guardduty_detector"):
        if not one["enable"]:
            yield f"{name}: is off"


def _strangers_are_kept_out(plan: Plan) -> Iterator[str]:
    for name, one in plan.of("aws_wafv2_web_acl"):
        if not any(rule.get("action") and rule["action"][0].get("block") for rule in one["rule"]):
            yield f"{name}: blocks nobody"
    for name, one in plan.of("aws_eks_cluster"):
        if "audit" not in one["enabled_cluster_log_types"]:
            yield f"{name}: nobody can say who did what"


def _workers_may_go(plan: Plan) -> Iterator[str]:
    kinds = {one["capacity_type"] for _name, one in plan.of("aws_eks_node_group")}
    if kinds != {"SPOT", "ON_DEMAND"}:
        yield f"aws_eks_node_group: machines are {sorted(kinds)}"


def _survives_a_zone(plan: Plan) -> Iterator[str]:
    for name, one in plan.of("aws_db_instance"):
        if ".main" in name and (not one["multi_az"] or one["backup_retention_period"] < _MONTH):
            yield f"{name}: is lost with its zone, or backed up for less than {_MONTH} days"
    for name, one in plan.of("aws_elasticache_replication_group"):
        if not (one["multi_az_enabled"] and one["automatic_failover_enabled"]):
            yield f"{name}: is lost with its zone"
    for name, one in plan.of("aws_mq_broker"):
        if one["deployment_mode"] != "CLUSTER_MULTI_AZ":
            yield f"{name}: is lost with its zone"
    if len(plan.of("aws_nat_gateway")) < len(
        [1 for name, _one in plan.of("aws_subnet") if "private" in name]
    ):
        yield "aws_nat_gateway: zones share a way out"


def _survives_a_region(plan: Plan) -> Iterator[str]:
    if not [name for name, _one in plan.of("aws_db_instance") if "copy" in name]:
        yield "aws_db_instance: there is no copy in the second region"
    if not plan.of("aws_db_instance_automated_backups_replication"):
        yield "the backups of the database stay in one region"
    turns = {
        policy["type"]
        for _name, one in plan.of("aws_route53_record")
        for policy in one.get("failover_routing_policy") or []
    }
    if turns != {"PRIMARY", "SECONDARY"} or not plan.of("aws_route53_health_check"):
        yield "aws_route53_record: the name does not turn to the second region"


RULES: tuple[Callable[[Plan], Iterator[str]], ...] = (
    _is_whole,
    _stores_have_our_key,
    _buckets_and_images_have_our_key,
    _the_broker_and_the_key_itself,
    _lines_speak_tls,
    _nothing_is_public,
    _ways_in_are_narrow,
    _what_is_lost_comes_back,
    _money_and_strangers_are_watched,
    _strangers_are_kept_out,
    _workers_may_go,
)
LASTING: tuple[Callable[[Plan], Iterator[str]], ...] = (_survives_a_zone, _survives_a_region)
