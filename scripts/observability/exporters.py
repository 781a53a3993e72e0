"""Which metrics there are: those of the product, read off the product, and those of others that we look at."""

from functools import lru_cache

from prometheus_client.parser import text_string_to_metric_families

from runtime import telemetry

# Of the exporters beside the product; whoever asks for another one adds it here, with where it comes from.
OF_OTHERS = {
    "blackbox": ("probe_success", "probe_duration_seconds", "probe_ssl_earliest_cert_expiry"),
    "cadvisor": ("container_cpu_usage_seconds_total", "container_memory_working_set_bytes"),
    "kube-state-metrics": (
        "kube_pod_container_resource_limits", "kube_pod_container_status_restarts_total", "kube_pod_status_ready",
    ),
    "rabbitmq": ("rabbitmq_detailed_queue_messages", "rabbitmq_detailed_queue_messages_ready"),
    "postgres": ("pg_up", "pg_stat_activity_count", "pg_database_size_bytes"),
    "redis": ("redis_up", "redis_memory_used_bytes"),
    "prometheus": ("up", "ALERTS"),
}  # fmt: skip


@lru_cache(maxsize=1)
def known_metrics() -> frozenset[str]:
    """Names as a query writes them: with _total, _bucket, _count and _sum."""
    ours = {name for family in _families() for name in _series_of(*family)}
    return frozenset(ours | {name for names in OF_OTHERS.values() for name in names})


def _families() -> list[tuple[str, str]]:
    told = telemetry.exposition().decode()
    return [(one.name, one.type) for one in text_string_to_metric_families(told)]


def _series_of(name: str, kind: str) -> set[str]:
    if kind == "histogram":
        return {f"{name}_{part}" for part in ("bucket", "count", "sum")}
    return {f"{name}_total"} if kind == "counter" else {name}
