"""The jobs that look after accounts and privacy, which need more than one package."""

from datetime import UTC, datetime, timedelta

from accounts import anomalies, api_keys
from deskfleet import retention
from runtime.database import transaction
from runtime.jobs import job
from tickets import alerts
from tickets.alerts import AlertKind

_CALM_AFTER = timedelta(hours=24)


@job(queue="upkeep")
def watch_keys() -> None:
    """Raise an alert for each API key that is used more often than its threshold; clear those that are calm."""
    with transaction() as session:
        busy = api_keys.over_threshold(session)
        for key, used in busy:
            words = f"The API key {key.name} was used {used} times in an hour; its threshold is {key.alert_per_hour}."
            alerts.raise_alert(session, AlertKind.KEY_BUSY, api_keys.public_id(key), words)
        alerts.clear(session, AlertKind.KEY_BUSY, but=[api_keys.public_id(key) for key, _used in busy])


@job(queue="upkeep")
def score_audit() -> None:
    """Score the hour that is over, and raise an alert for whoever was unlike themselves."""
    this_hour = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    with transaction() as session:
        scored = anomalies.score_hour(session, this_hour - timedelta(hours=1))
        for one in scored:
            if one.score >= anomalies.ALERT_FROM:
                alerts.raise_alert(session, AlertKind.UNLIKE_ITSELF, one.actor, anomalies.words(one))
        recent = {
            one.actor
            for one in anomalies.newest_scores(session, least=anomalies.ALERT_FROM)
            if one.hour > this_hour - _CALM_AFTER
        }
        alerts.clear(session, AlertKind.UNLIKE_ITSELF, but=recent)


@job(queue="upkeep")
def apply_retention() -> None:
    retention.apply()
