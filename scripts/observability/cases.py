"""What makes each alert fire, and what keeps it quiet: `generate` makes promtool's unit tests of it.

A case is told twice over time: bad long enough to fire, then good until it is over; good alone must stay quiet.
"""

from dataclasses import dataclass

Values = dict[str, float]


@dataclass(frozen=True)
class Case:
    """`bad` and `good`: series → the value of a gauge, or what a counter grows in a step.

    `severities` fire after `steps` of `bad`, none after `calm` of `good`. `absent`: it fires when there is no series at
    all. A case without severities says what must not wake anybody.
    """

    alert: str
    severities: tuple[str, ...]
    bad: Values
    good: Values
    steps: int = 60
    calm: int = 0
    step: str = "1m"
    absent: bool = False


_OK = 'deskfleet_http_request_seconds_count{route="/api/v1/tickets",method="POST",status="202"}'
_BROKEN = 'deskfleet_http_request_seconds_count{route="/api/v1/tickets",method="POST",status="503"}'


def _buckets(fast: float, slow: float, *, metric: str, labels: str, edges: tuple[str, str]) -> Values:
    """Two edges of a histogram and its infinity; `slow` ones lie between the two edges."""
    low, high = edges
    return {
        f'{metric}_bucket{{{labels},le="{low}"}}': fast,
        f'{metric}_bucket{{{labels},le="{high}"}}': fast + slow,
        f'{metric}_bucket{{{labels},le="+Inf"}}': fast + slow,
        f"{metric}_count{{{labels}}}": fast + slow,
    }


def _http(*upto: float) -> Values:
    """Requests that took at most 5, 10, 15 and 30 seconds, cumulated."""
    labels, last = 'route="/api/v1/tickets",status="200"', upto[-1]
    edges = dict(zip(("5.0", "10.0", "15.0", "30.0"), upto, strict=True)) | {"+Inf": last}
    buckets = {
        f'deskfleet_http_request_seconds_bucket{{{labels},le="{edge}"}}': one for edge, one in edges.items()
    }
    return buckets | {f"deskfleet_http_request_seconds_count{{{labels}}}": last}


def _answers(channel: str, late: float, edge: str) -> Values:
    return _buckets(
        100 - late,
        late,
        metric="deskfleet_answer_seconds",
        labels=f'channel="{channel}",outcome="reply"',
        edges=(edge, "3600.0"),
    )


def _errors(share: float) -> Values:
    return {_OK: 600 * (1 - share), _BROKEN: 600 * share}


def _outcomes(replies: float) -> Values:
    return {
        'deskfleet_outcomes_total{outcome="reply",category="billing_inquiry"}': replies,
        'deskfleet_outcomes_total{outcome="escalation",category="billing_inquiry"}': 10 - replies,
    }


def _jobs(failed: float) -> Values:
    name = 'name="ingestion.tasks.deliver_reply"'
    return {
        f'deskfleet_job_seconds_count{{{name},result="done"}}': 100 - failed,
        f'deskfleet_job_seconds_count{{{name},result="failed"}}': failed,
    }


def _waits(fast: float, slow: float) -> Values:
    return _buckets(
        fast, slow, metric="deskfleet_job_wait_seconds", labels='queue="agent_core"', edges=("5.0", "300.0")
    )


_SWEEPS = 'deskfleet_job_seconds_count{name="agent_core.tasks.sweep_pending",result="done"}'
_BUILDS = tuple(
    f'deskfleet_build_info{{process="{name}",version="1"}}' for name in ("web", "worker", "beat", "poller")
)
_CERTIFICATE = 'probe_ssl_earliest_cert_expiry{job="deskfleet-outside"}'


def _gauge(alert: str, severities: tuple[str, ...], series: str, bad: float, good: float) -> Case:
    return Case(alert, severities, {series: bad}, {series: good})


def _limit(resource: str) -> str:
    return f'kube_pod_container_resource_limits{{namespace="deskfleet",pod="web-1",resource="{resource}"}}'


_CPU = 'container_cpu_usage_seconds_total{namespace="deskfleet",pod="web-1",container="web"}'
_MEMORY = 'container_memory_working_set_bytes{namespace="deskfleet",pod="web-1",container="web"}'
_WAIT, _OLDEST = (
    'deskfleet_waiting_messages{owner="agent"}',
    'deskfleet_oldest_waiting_seconds{owner="agent"}',
)
_SHARE = 'deskfleet_budget_used_share{scope="day"}'
_COST = 'deskfleet_llm_cost_usd_total{provider="anthropic",purpose="reply"}'

CASES = (
    # A sudden outage burns a month in hours; a slow leak is a matter of days. Both are over when the short window is.
    Case("IntakeBudgetBurns", ("critical",), _errors(0.5), _errors(0.0), steps=30, calm=210, step="2m"),
    Case("IntakeBudgetBurns", ("warning",), _errors(0.002), _errors(0.0), steps=120, step="1h"),
    Case("IntakeBudgetBurns", (), {_BROKEN: 1.0, _OK: 0.2}, {_OK: 1.2}, steps=30, step="2m"),
    Case(
        "ChatResponseBudgetBurns",
        ("critical",),
        _answers("web_chat", 50, "60.0"),
        _answers("web_chat", 0, "60.0"),
        steps=30,
        calm=210,
        step="2m",
    ),
    Case(
        "ChatResponseBudgetBurns",
        (),
        _answers("mail", 50, "60.0"),
        _answers("mail", 0, "60.0"),
        steps=30,
        step="2m",
    ),
    Case(
        "MailResponseBudgetBurns",
        ("critical",),
        _answers("mail", 50, "900.0"),
        _answers("mail", 0, "900.0"),
        steps=30,
        calm=210,
        step="2m",
    ),
    Case(
        "DeliveryBudgetBurns",
        ("critical",),
        {
            'deskfleet_deliveries_total{channel="mail",result="sent"}': 50,
            'deskfleet_deliveries_total{channel="mail",result="failed"}': 50,
        },
        {'deskfleet_deliveries_total{channel="mail",result="sent"}': 100},
        steps=30,
        calm=210,
        step="2m",
    ),
    Case("HttpErrors", ("info",), _errors(0.015), _errors(0.005)),
    Case("HttpErrors", ("info", "warning"), _errors(0.03), _errors(0.005)),
    Case("HttpErrors", ("info", "warning", "critical"), _errors(0.06), _errors(0.005)),
    Case("HttpErrors", (), {_BROKEN.replace("/api/v1/tickets", "/health/ready"): 100, _OK: 1}, {_OK: 1}),
    Case("HttpSlow", ("warning",), _http(90, 100, 100, 100), _http(100, 100, 100, 100)),
    Case("HttpSlow", ("warning", "critical"), _http(80, 80, 100, 100), _http(100, 100, 100, 100)),
    Case("HttpStuck", ("critical",), _http(95, 95, 95, 100), _http(100, 100, 100, 100)),
    _gauge("OutsideProbeFails", ("critical",), 'probe_success{job="deskfleet-outside"}', 0, 1),
    Case("CertificateEnds", ("warning",), {_CERTIFICATE: 1_000_000}, {_CERTIFICATE: 9_000_000}, steps=90),
    _gauge(
        "CriticalTicketUnattended",
        ("critical",),
        'deskfleet_oldest_critical_seconds{owner="staff"}',
        90_000,
        80_000,
    ),
    _gauge("MessagesWait", ("warning",), _WAIT, 120, 90),
    _gauge("MessagesWait", ("warning", "critical"), _WAIT, 600, 90),
    _gauge("OldestMessageWaits", ("warning",), _OLDEST, 400, 100),
    _gauge("OldestMessageWaits", ("warning", "critical"), _OLDEST, 1000, 100),
    Case("AgentResolvesFew", ("warning",), _outcomes(6.2), _outcomes(9), steps=120, step="5m"),
    Case("AgentResolvesFew", ("warning", "critical"), _outcomes(5), _outcomes(9), steps=120, step="5m"),
    Case(
        "AgentResolvesFew",
        (),
        {key: value / 500 for key, value in _outcomes(1).items()},
        {},
        steps=120,
        step="5m",
    ),
    Case("JobsFail", ("warning",), _jobs(20), _jobs(1)),
    Case("JobsWait", ("warning",), _waits(80, 20), _waits(100, 0)),
    Case("SweepsStopped", ("critical",), {_SWEEPS: 0}, {_SWEEPS: 12}, absent=True),
    Case(
        "PublishingFails",
        ("warning",),
        {'deskfleet_published_total{kind="job",result="failed"}': 6},
        {'deskfleet_published_total{kind="job",result="sent"}': 60},
    ),
    _gauge(
        "MailboxSilent",
        ("critical",),
        'deskfleet_mailbox_last_fetch_timestamp_seconds{mailbox="support"}',
        0,
        1e9,
    ),
    _gauge("MailsParked", ("warning",), 'deskfleet_oldest_parked_mail_seconds{mailbox="support"}', 20_000, 0),
    Case(
        "DeliveriesUnknown",
        ("warning",),
        {'deskfleet_deliveries_total{channel="mail",result="unknown"}': 1},
        {'deskfleet_deliveries_total{channel="mail",result="unknown"}': 0},
        steps=120,
    ),
    _gauge("BreakerOpen", ("warning",), 'deskfleet_breaker_state{provider="anthropic",state="open"}', 1, 0),
    Case("ModelsCostMuch", ("warning",), {_COST: 10}, {_COST: 5}, steps=30, step="1h"),
    Case("ModelsCostMuch", ("warning", "critical"), {_COST: 15}, {_COST: 5}, steps=30, step="1h"),
    _gauge("BudgetUsed", ("info",), _SHARE, 0.8, 0.79),
    _gauge("BudgetUsed", ("info", "warning"), _SHARE, 0.95, 0.5),
    _gauge("BudgetUsed", ("info", "warning", "critical"), _SHARE, 1.0, 0.5),
    Case(
        "SearchesByWordsAlone",
        ("warning",),
        {'deskfleet_keyword_only_searches_total{cause="Unavailable"}': 3},
        {'deskfleet_keyword_only_searches_total{cause="Unavailable"}': 0},
    ),
    _gauge("ModelCallsUnwritten", ("warning",), "deskfleet_llm_unwritten_calls", 4, 0),
    _gauge("DependencyDown", ("critical",), 'deskfleet_dependency_up{part="database"}', 0, 1),
    _gauge("DependencyDown", ("warning",), 'deskfleet_dependency_up{part="broker"}', 0, 1),
    Case(
        "ProcessMissing", ("critical",), dict.fromkeys(_BUILDS[1:], 1), dict.fromkeys(_BUILDS, 1), absent=True
    ),
    Case(
        "DatabasePoolFull",
        ("warning",),
        {
            'deskfleet_database_connections{instance="web:8000",state="in_use"}': 19,
            'deskfleet_database_connections{instance="web:8000",state="most"}': 20,
        },
        {
            'deskfleet_database_connections{instance="web:8000",state="in_use"}': 2,
            'deskfleet_database_connections{instance="web:8000",state="most"}': 20,
        },
    ),
    Case("CpuHigh", ("warning",), {_CPU: 108, _limit("cpu"): 2}, {_CPU: 60, _limit("cpu"): 2}),
    Case(
        "MemoryHigh",
        ("warning",),
        {_MEMORY: 3.6e9, _limit("memory"): 4e9},
        {_MEMORY: 2e9, _limit("memory"): 4e9},
    ),
)
