"""The dashboards: what each panel asks, in which unit, and what its answer means."""

from scripts.observability.alerts import OBJECTIVES, SOLVED
from scripts.observability.panels import Dashboard, Panel, Query, Unit, one, quantiles, rate

_CUSTOMERS = Dashboard(
    "customers",
    "Customers",
    (
        one(
            "Solved by the agent",
            "Share of outcomes of the last six hours that were replies; below 65 % warns.",
            Unit.SHARE,
            SOLVED,
            now=True,
        ),
        one(
            "Oldest message that waits",
            "For the agent and for staff.",
            Unit.SECONDS,
            "max by (owner) (deskfleet_oldest_waiting_seconds)",
            "{{owner}}",
            now=True,
        ),
        one(
            "Messages by channel",
            "Of customers, without repeated deliveries.",
            Unit.PER_SECOND,
            rate("deskfleet_messages_received_total", "channel", 'duplicate="false"'),
            "{{channel}}",
        ),
        quantiles(
            "Seconds to an outcome",
            "From receipt to a reply or an escalation.",
            "deskfleet_answer_seconds",
            "channel",
        ),
        one(
            "Outcomes by category",
            "Replies and escalations of each category.",
            Unit.PER_SECOND,
            rate("deskfleet_outcomes_total", "category, outcome"),
            "{{category}} {{outcome}}",
        ),
        one(
            "Escalations by reason",
            "Why the agent handed over.",
            Unit.PER_SECOND,
            rate("deskfleet_outcomes_total", "reason", 'outcome="escalation"'),
            "{{reason}}",
        ),
        one(
            "Deliveries by channel",
            "Replies that were taken, refused, or of unknown fate.",
            Unit.PER_SECOND,
            rate("deskfleet_deliveries_total", "channel, result"),
            "{{channel}} {{result}}",
        ),
        one(
            "Tickets that wait",
            "For the agent and for staff.",
            Unit.COUNT,
            "max by (owner) (deskfleet_waiting_messages)",
            "{{owner}}",
        ),
        one(
            "Ratings of a day",
            "How often customers chose each of 1 to 5.",
            Unit.COUNT,
            "sum by (rating) (increase(deskfleet_ratings_total[1d])) or vector(0)",
            "{{rating}}",
        ),
        one(
            "Open connections",
            "Sockets of chats and live pages of staff.",
            Unit.COUNT,
            "sum by (kind) (deskfleet_open_connections)",
            "{{kind}}",
        ),
    ),
)

_PIPELINE = Dashboard(
    "pipeline",
    "Pipeline",
    (
        one(
            "Requests by route",
            "Of all HTTP doors.",
            Unit.PER_SECOND,
            rate("deskfleet_http_request_seconds_count", "route", 'route!~"/metrics|/health/.*"'),
            "{{route}}",
        ),
        one(
            "Failed requests",
            "Share of 5xx; 2 % warns, 5 % pages.",
            Unit.SHARE,
            '(sum(rate(deskfleet_http_request_seconds_count{status=~"5.."}[$__rate_interval])) or vector(0))'
            " / sum(rate(deskfleet_http_request_seconds_count[$__rate_interval]))",
        ),
        quantiles(
            "Seconds of a request",
            "Without pages that stay open.",
            "deskfleet_http_request_seconds",
            chosen='route!~".*/live"',
        ),
        one(
            "Jobs",
            "Done and failed, by name.",
            Unit.PER_SECOND,
            rate("deskfleet_job_seconds_count", "name, result"),
            "{{name}} {{result}}",
        ),
        quantiles("Seconds of a job", "By name.", "deskfleet_job_seconds", "name"),
        one(
            "Published",
            "Jobs and events that were handed to the broker, merged, dropped or refused.",
            Unit.PER_SECOND,
            rate("deskfleet_published_total", "kind, result"),
            "{{kind}} {{result}}",
        ),
        one(
            "Seconds since a mailbox was read",
            "More than 900 pages.",
            Unit.SECONDS,
            "time() - max by (mailbox) (deskfleet_mailbox_last_fetch_timestamp_seconds)",
            "{{mailbox}}",
        ),
        one(
            "Searches by words alone",
            "Because vectors could not be had; normally none.",
            Unit.PER_SECOND,
            "sum(rate(deskfleet_keyword_only_searches_total[$__rate_interval])) or vector(0)",
        ),
    ),
)

_MODELS = Dashboard(
    "models",
    "Models: cost and quality",
    (
        one(
            "Cost of a day",
            "Of the last 24 hours; 200 warns, 300 pages.",
            Unit.USD,
            "sum(increase(deskfleet_llm_cost_usd_total[1d]))",
            now=True,
        ),
        one(
            "Cost of an outcome",
            "What models cost for each outcome of the last day.",
            Unit.USD,
            "sum(increase(deskfleet_llm_cost_usd_total[1d])) / sum(increase(deskfleet_outcomes_total[1d]))",
            now=True,
        ),
        one(
            "Budgets used",
            "Of the day and the month, where they are set.",
            Unit.SHARE,
            "max by (scope) (deskfleet_budget_used_share) or vector(0)",
            "{{scope}}",
        ),
        one(
            "Cost by purpose",
            "An hour's worth at the present speed.",
            Unit.USD,
            "3600 * sum by (purpose, provider) (rate(deskfleet_llm_cost_usd_total[$__rate_interval]))",
            "{{purpose}} {{provider}}",
        ),
        one(
            "Calls by outcome",
            "Of each provider.",
            Unit.PER_SECOND,
            rate("deskfleet_llm_call_seconds_count", "provider, outcome"),
            "{{provider}} {{outcome}}",
        ),
        quantiles("Seconds of a call", "By provider.", "deskfleet_llm_call_seconds", "provider"),
        one(
            "Tokens",
            "Read and written, by purpose.",
            Unit.PER_SECOND,
            rate("deskfleet_llm_tokens_total", "purpose, kind"),
            "{{purpose}} {{kind}}",
        ),
        one(
            "Breakers that are open",
            "A provider that is not asked for a while.",
            Unit.STATE,
            'max by (provider) (deskfleet_breaker_state{state="open"}) or vector(0)',
            "{{provider}}",
        ),
        one(
            "Calls that were spared",
            "Questions that another one's answer answered.",
            Unit.PER_SECOND,
            "sum by (purpose, how) (rate(deskfleet_llm_spared_total[$__rate_interval])) or vector(0)",
            "{{purpose}} {{how}}",
        ),
    ),
)

_OBJECTIVES = Dashboard(
    "objectives",
    "Objectives",
    tuple(
        panel
        for aim in OBJECTIVES
        for panel in (
            one(
                f"{aim.name.replace('_', ' ').capitalize()}: good",
                f"Share of three days; the objective is {aim.target:.1%}. {aim.summary}",
                Unit.SHARE,
                f'1 - deskfleet:slo_bad_share:3d{{slo="{aim.name}"}}',
                now=True,
            ),
            Panel(
                f"{aim.name.replace('_', ' ').capitalize()}: speed of burning",
                "How many times faster than allowed the budget burns; 14.4 over an hour pages.",
                Unit.COUNT,
                tuple(
                    Query(
                        f'deskfleet:slo_bad_share:{window}{{slo="{aim.name}"}} / {1 - aim.target:.6g}', window
                    )
                    for window in ("5m", "1h", "6h")
                ),
            ),
        )
    ),
)

_QUEUES = Dashboard(
    "queues",
    "Queues and workers",
    (
        one(
            "Messages that wait for the agent",
            "100 warns, 500 pages.",
            Unit.COUNT,
            'max(deskfleet_waiting_messages{owner="agent"})',
            now=True,
        ),
        quantiles(
            "Seconds that a job waits",
            "From its request to its start, by queue.",
            "deskfleet_job_wait_seconds",
            "queue",
        ),
        one(
            "Depth of the queues",
            "As RabbitMQ counts them.",
            Unit.COUNT,
            "sum by (queue) (rabbitmq_detailed_queue_messages)",
            "{{queue}}",
            elsewhere=True,
        ),
        one(
            "Sweeps",
            "Looks at the rows for what was lost; none for ten minutes pages.",
            Unit.PER_SECOND,
            rate("deskfleet_job_seconds_count", "name", 'name=~".*sweep.*"'),
            "{{name}}",
        ),
        one(
            "Processes",
            "How many of each kind answer.",
            Unit.COUNT,
            "count by (process, version) (deskfleet_build_info)",
            "{{process}} {{version}}",
        ),
        one(
            "Rows that wait to be written",
            "Of calls of models, while the database is away.",
            Unit.COUNT,
            "sum(deskfleet_llm_unwritten_calls)",
        ),
    ),
)

_INFRASTRUCTURE = Dashboard(
    "infrastructure",
    "Infrastructure",
    (
        one(
            "Parts that answer",
            "As web sees them: database, broker, Redis.",
            Unit.STATE,
            "min by (part) (deskfleet_dependency_up)",
            "{{part}}",
            now=True,
        ),
        one(
            "Connections to the database",
            "Of each process, in use and at most.",
            Unit.COUNT,
            "max by (instance, state) (deskfleet_database_connections)",
            "{{instance}} {{state}}",
        ),
        one(
            "Threads of requests",
            "Of each web process, busy and at most.",
            Unit.COUNT,
            "max by (instance, state) (deskfleet_web_threads)",
            "{{instance}} {{state}}",
        ),
        one(
            "Caches that knew",
            "Share of the questions to each cache that it could answer.",
            Unit.SHARE,
            'sum by (cache) (rate(deskfleet_cache_asks_total{result="hit"}[$__rate_interval]))'
            " / sum by (cache) (rate(deskfleet_cache_asks_total[$__rate_interval]))",
            "{{cache}}",
        ),
        one(
            "Size of caches",
            "Entries of each, in each process.",
            Unit.COUNT,
            "sum by (cache, instance) (deskfleet_cache_entries)",
            "{{cache}} {{instance}}",
        ),
        one(
            "Processors",
            "Used by each process.",
            Unit.COUNT,
            "sum by (instance) (rate(process_cpu_seconds_total[$__rate_interval]))",
            "{{instance}}",
        ),
        one(
            "Memory",
            "Resident, of each process.",
            Unit.BYTES,
            "sum by (instance) (process_resident_memory_bytes)",
            "{{instance}}",
        ),
        one(
            "From outside",
            "Whether the probe gets a page.",
            Unit.STATE,
            'min(probe_success{job="deskfleet-outside"})',
            elsewhere=True,
        ),
        one(
            "Share of memory",
            "Of the limit of each pod; 80 % warns.",
            Unit.SHARE,
            'sum by (pod) (container_memory_working_set_bytes{namespace="deskfleet",container!=""})'
            ' / sum by (pod) (kube_pod_container_resource_limits{namespace="deskfleet",resource="memory"})',
            "{{pod}}",
            elsewhere=True,
        ),
        one(
            "Connections of PostgreSQL",
            "By state.",
            Unit.COUNT,
            "sum by (state) (pg_stat_activity_count)",
            "{{state}}",
            elsewhere=True,
        ),
        one(
            "Memory of Redis",
            "Limits, breakers and caches.",
            Unit.BYTES,
            "max(redis_memory_used_bytes)",
            elsewhere=True,
        ),
    ),
)

DASHBOARDS = (_CUSTOMERS, _PIPELINE, _MODELS, _OBJECTIVES, _QUEUES, _INFRASTRUCTURE)
