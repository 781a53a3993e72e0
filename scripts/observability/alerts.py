"""Every alert of the product and its objectives. `generate` writes them for Prometheus, Kubernetes and the tests."""

from scripts.observability.rules import Alert, Level, Objective, burning

# Requests of machines that watch, and pages that stay open, say nothing of customers.
_ASKED = 'route!~"/metrics|/health/.*|.*/live|unmatched"'
_INTAKE = 'method="POST",route=~"/api/v1/tickets(/.*/messages)?|/webhooks/.*"'


def _http(extra: str = "", window: str = "5m", suffix: str = "count") -> str:
    chosen = ",".join(filter(None, (_ASKED, extra)))
    return f"rate(deskfleet_http_request_seconds_{suffix}{{{chosen}}}[{window}])"


_FAILED, _IN_TIME = _http('status=~"5.."'), _http('le="15.0"', suffix="bucket")
_ERROR_SHARE = f"sum({_FAILED}) / sum({_http()})"
_P95 = f"histogram_quantile(0.95, sum by (le) ({_http(suffix='bucket')}))"
SOLVED = 'sum(increase(deskfleet_outcomes_total{outcome="reply"}[6h])) / sum(increase(deskfleet_outcomes_total[6h]))'
_ENOUGH = "sum(increase(deskfleet_outcomes_total[6h])) > 20"
_COST = "sum(increase(deskfleet_llm_cost_usd_total[1d]))"
_PROCESSES = ("web", "worker", "beat", "poller")
_SWEEPS = 'deskfleet_job_seconds_count{name="agent_core.tasks.sweep_pending"}'

OBJECTIVES = (
    Objective(
        "intake",
        0.999,
        f'sum(rate(deskfleet_http_request_seconds_count{{{_INTAKE},status=~"5.."}}[{{w}}]))',
        f"sum(rate(deskfleet_http_request_seconds_count{{{_INTAKE}}}[{{w}}]))",
        "Messages of customers are refused by our own fault.",
    ),
    Objective(
        "chat_response",
        0.99,
        'sum(rate(deskfleet_answer_seconds_count{channel="web_chat"}[{w}])) - '
        'sum(rate(deskfleet_answer_seconds_bucket{channel="web_chat",le="60.0"}[{w}]))',
        'sum(rate(deskfleet_answer_seconds_count{channel="web_chat"}[{w}]))',
        "Customers in the chat wait for longer than a minute.",
        least=0.002,
    ),
    Objective(
        "mail_response",
        0.99,
        'sum(rate(deskfleet_answer_seconds_count{channel!="web_chat"}[{w}])) - '
        'sum(rate(deskfleet_answer_seconds_bucket{channel!="web_chat",le="900.0"}[{w}]))',
        'sum(rate(deskfleet_answer_seconds_count{channel!="web_chat"}[{w}]))',
        "Customers wait for longer than a quarter of an hour.",
        least=0.002,
    ),
    Objective(
        "delivery",
        0.999,
        'sum(rate(deskfleet_deliveries_total{result=~"failed|unknown"}[{w}]))',
        'sum(rate(deskfleet_deliveries_total{result=~"sent|failed|unknown"}[{w}]))',
        "Replies do not reach customers.",
        least=0.002,
    ),
)

_CUSTOMERS = (
    Alert(
        "HttpErrors",
        "Requests fail by our own fault.",
        (
            Level("info", f"{_ERROR_SHARE} > 0.01", "30m"),
            Level("warning", f"{_ERROR_SHARE} > 0.02"),
            Level("critical", f"{_ERROR_SHARE} > 0.05"),
        ),
    ),
    Alert(
        "HttpSlow",
        "The slowest twentieth of requests takes too long.",
        (
            Level("warning", f"{_P95} > 5"),
            Level("critical", f"{_P95} > 10"),
        ),
    ),
    Alert(
        "HttpStuck",
        "Requests take longer than 15 seconds.",
        (Level("critical", f"1 - sum({_IN_TIME}) / sum({_http()}) > 0.01"),),
    ),
    Alert(
        "OutsideProbeFails",
        "The desk cannot be reached from outside.",
        (Level("critical", 'probe_success{job="deskfleet-outside"} == 0', "2m"),),
    ),
    Alert(
        "CertificateEnds",
        "The certificate ends within two weeks.",
        (
            Level(
                "warning", 'probe_ssl_earliest_cert_expiry{job="deskfleet-outside"} - time() < 1209600', "1h"
            ),
        ),
    ),
    Alert(
        "CriticalTicketUnattended",
        "A critical ticket was not touched for a day.",
        (Level("critical", "max(deskfleet_oldest_critical_seconds) > 86400"),),
    ),
)

_PIPELINE = (
    Alert(
        "MessagesWait",
        "Many messages wait for the agent.",
        (
            Level("warning", 'max(deskfleet_waiting_messages{owner="agent"}) > 100'),
            Level("critical", 'max(deskfleet_waiting_messages{owner="agent"}) > 500'),
        ),
    ),
    Alert(
        "OldestMessageWaits",
        "A message waits for the agent for long.",
        (
            Level("warning", 'max(deskfleet_oldest_waiting_seconds{owner="agent"}) > 300'),
            Level("critical", 'max(deskfleet_oldest_waiting_seconds{owner="agent"}) > 900'),
        ),
    ),
    Alert(
        "AgentResolvesFew",
        "The agent hands more to staff than it should.",
        (
            Level("warning", f"{SOLVED} < 0.65 and {_ENOUGH}", "30m"),
            Level("critical", f"{SOLVED} < 0.60 and {_ENOUGH}", "30m"),
        ),
    ),
    Alert(
        "JobsFail",
        "More than a tenth of one kind of job fails.",
        (
            Level(
                "warning",
                'sum by (name) (rate(deskfleet_job_seconds_count{result="failed"}[15m]))'
                " / sum by (name) (rate(deskfleet_job_seconds_count[15m])) > 0.1",
                "10m",
            ),
        ),
    ),
    Alert(
        "JobsWait",
        "Jobs wait for a worker for longer than a minute.",
        (
            Level(
                "warning",
                "histogram_quantile(0.95, sum by (le, queue) (rate(deskfleet_job_wait_seconds_bucket[10m]))) > 60",
                "10m",
            ),
        ),
    ),
    Alert(
        "SweepsStopped",
        "Nothing looks for what was lost: beat or upkeep is away.",
        (Level("critical", f"sum(increase({_SWEEPS}[10m])) == 0 or absent({_SWEEPS})", "10m"),),
    ),
    Alert(
        "PublishingFails",
        "Jobs and events do not reach the broker.",
        (Level("warning", 'sum(rate(deskfleet_published_total{result=~"failed|dropped"}[5m])) > 0'),),
    ),
    Alert(
        "MailboxSilent",
        "A mailbox was not read for a quarter of an hour.",
        (
            Level(
                "critical",
                "time() - max by (mailbox) (deskfleet_mailbox_last_fetch_timestamp_seconds) > 900",
                "1m",
            ),
        ),
    ),
    Alert(
        "MailsParked",
        "Mails that could not be read wait for a person.",
        (Level("warning", "max by (mailbox) (deskfleet_oldest_parked_mail_seconds) > 14400", "15m"),),
    ),
    Alert(
        "DeliveriesUnknown",
        "Nobody knows whether some replies were sent.",
        (
            Level(
                "warning",
                'sum by (channel) (increase(deskfleet_deliveries_total{result="unknown"}[1h])) > 0',
                "1m",
            ),
        ),
    ),
)

_MODELS = (
    Alert(
        "BreakerOpen",
        "A provider of models is not asked any more.",
        (Level("warning", 'max by (provider) (deskfleet_breaker_state{state="open"}) == 1', "2m"),),
    ),
    Alert(
        "ModelsCostMuch",
        "Models cost more in a day than planned.",
        (
            Level("warning", f"{_COST} > 200", "1m"),
            Level("critical", f"{_COST} > 300", "1m"),
        ),
    ),
    Alert(
        "BudgetUsed",
        "A budget of models is nearly or wholly used.",
        (
            Level("info", "max by (scope) (deskfleet_budget_used_share) >= 0.8", "1m"),
            Level("warning", "max by (scope) (deskfleet_budget_used_share) >= 0.9", "1m"),
            Level("critical", "max by (scope) (deskfleet_budget_used_share) >= 1", "1m"),
        ),
    ),
    Alert(
        "SearchesByWordsAlone",
        "Searches do without meaning: the vectors cannot be had.",
        (Level("warning", "sum(rate(deskfleet_keyword_only_searches_total[10m])) > 0", "10m"),),
    ),
    Alert(
        "ModelCallsUnwritten",
        "What models cost is not written down.",
        (Level("warning", "sum(deskfleet_llm_unwritten_calls) > 0", "15m"),),
    ),
)

_MACHINES = (
    Alert(
        "DependencyDown",
        "A part that the desk needs does not answer.",
        (
            Level("warning", 'min by (part) (deskfleet_dependency_up{part!="database"}) == 0', "1m"),
            Level("critical", 'min by (part) (deskfleet_dependency_up{part="database"}) == 0', "1m"),
        ),
    ),
    Alert(
        "ProcessMissing",
        "A process of the desk does not run.",
        (
            Level(
                "critical",
                " or ".join(f'absent(deskfleet_build_info{{process="{name}"}})' for name in _PROCESSES),
            ),
        ),
    ),
    Alert(
        "DatabasePoolFull",
        "A process has used nearly all of its connections.",
        (
            Level(
                "warning",
                'max by (instance) (deskfleet_database_connections{state="in_use"})'
                ' / max by (instance) (deskfleet_database_connections{state="most"}) > 0.9',
                "10m",
            ),
        ),
    ),
    Alert(
        "CpuHigh",
        "A process uses most of its processors.",
        (
            Level(
                "warning",
                'sum by (pod) (rate(container_cpu_usage_seconds_total{namespace="deskfleet",container!=""}[5m]))'
                ' / sum by (pod) (kube_pod_container_resource_limits{namespace="deskfleet",resource="cpu"}) > 0.8',
                "15m",
            ),
        ),
    ),
    Alert(
        "MemoryHigh",
        "A process uses most of its memory.",
        (
            Level(
                "warning",
                'sum by (pod) (container_memory_working_set_bytes{namespace="deskfleet",container!=""})'
                ' / sum by (pod) (kube_pod_container_resource_limits{namespace="deskfleet",resource="memory"}) > 0.8',
                "15m",
            ),
        ),
    ),
    Alert(
        "Watchdog",
        "Always fires: when it stops, nobody would hear of anything else.",
        (Level("none", "vector(1)", "0m"),),
    ),
)

GROUPS: dict[str, tuple[Alert, ...]] = {
    "objectives": tuple(burning(one) for one in OBJECTIVES),
    "customers": _CUSTOMERS,
    "pipeline": _PIPELINE,
    "models": _MODELS,
    "machines": _MACHINES,
}
ALERTS = tuple(alert for group in GROUPS.values() for alert in group)
