"""Every periodic job of the product on one page, and the queue each job belongs to."""

from typing import Any

from celery.schedules import crontab

from runtime.settings import settings

_queues: dict[str, str] = {}


def declare(name: str, queue: str) -> None:
    _queues[name] = queue


def queue_of(name: str) -> str:
    """The queue of a job; by rule its package's name, unless the job was declared otherwise."""
    return _queues.get(name) or _UPKEEP.get(name) or name.split(".", maxsplit=1)[0]


_UPKEEP = {
    "agent_core.tasks.sweep_pending": "upkeep",
    "agent_core.tasks.sweep_actions": "upkeep",
    "ingestion.codes.sweep_codes": "upkeep",
    "agent_core.tasks.retrain_nightly": "upkeep",
    "ingestion.tasks.sweep_deliveries": "upkeep",
    "ingestion.tasks.sweep_statuses": "upkeep",
    "ingestion.platform_files.sweep_files": "upkeep",
    "ingestion.upkeep.drop_stale_uploads": "upkeep",
    "ingestion.upkeep.drop_unlisted_content": "upkeep",
    "llm.upkeep.forget_old_calls": "upkeep",
    "ingestion.mailbox_watch.watch_mailboxes": "upkeep",
    "ingestion.webhook_delivery.deliver_webhooks": "upkeep",
    "ingestion.webhook_delivery.forget_webhooks": "upkeep",
    "tickets.tasks.wake_snoozed": "upkeep",
    "tickets.tasks.watch_deadlines": "upkeep",
    "tickets.tasks.ask_satisfaction": "upkeep",
    "tickets.tasks.link_decisions": "upkeep",
    "tickets.tasks.anchor_decisions": "upkeep",
    "deskfleet.upkeep.watch_keys": "upkeep",
    "deskfleet.upkeep.score_audit": "upkeep",
    "deskfleet.upkeep.apply_retention": "upkeep",
}


def entries() -> dict[str, dict[str, Any]]:
    """Celery beat's schedule. Times are UTC."""
    sweep = settings().runtime.sweep_s
    periodic: dict[str, float | crontab] = {
        # A message whose wake-up was lost, and a claim whose worker died.
        "agent_core.tasks.sweep_pending": sweep,
        # An approved action whose job was lost or whose worker died, and a code that was not mailed.
        "agent_core.tasks.sweep_actions": sweep,
        "ingestion.codes.sweep_codes": sweep,
        # A reply whose delivery job was lost, and a send whose fate is unknown.
        "ingestion.tasks.sweep_deliveries": sweep,
        # A status that Zendesk or Intercom was not told.
        "ingestion.tasks.sweep_statuses": max(30.0, sweep),
        # A platform's file whose job was lost or postponed.
        "ingestion.platform_files.sweep_files": max(30.0, sweep),
        # A ticket whose pause is over; a deadline that comes near, or what is critical and left alone.
        "tickets.tasks.wake_snoozed": max(30.0, sweep),
        "tickets.tasks.watch_deadlines": 60.0,
        # What programs, Slack and mail addresses of staff are to be told.
        "ingestion.webhook_delivery.deliver_webhooks": sweep,
        "ingestion.webhook_delivery.forget_webhooks": crontab(hour=3, minute=20),
        # Customers whose ticket was resolved a while ago are asked how it was.
        "tickets.tasks.ask_satisfaction": 300.0,
        # Records of decisions that are not in their chain yet; daily its head goes to a file.
        "tickets.tasks.link_decisions": sweep,
        "tickets.tasks.anchor_decisions": crontab(hour=0, minute=10),
        # A mailbox that nobody reads any more.
        "ingestion.mailbox_watch.watch_mailboxes": 60.0,
        # An API key that is used too often; whoever was unlike themselves in the last hour.
        "deskfleet.upkeep.watch_keys": 60.0,
        "deskfleet.upkeep.score_audit": crontab(minute=5),
        # What was kept long enough, after the night's learning.
        "deskfleet.upkeep.apply_retention": crontab(hour=4, minute=30),
        # Uploads that no message named in time, and content that no row lists.
        "ingestion.upkeep.drop_stale_uploads": crontab(minute=20),
        "ingestion.upkeep.drop_unlisted_content": crontab(hour=3, minute=40),
        # Rows of model calls that are older than they are kept.
        "llm.upkeep.forget_old_calls": crontab(hour=3, minute=10),
        # What Pinecone was not told, where it is in use.
        "knowledge.tasks.sweep_vectors": max(60.0, sweep),
        # What staff resolved since yesterday becomes searchable.
        "knowledge.tasks.learn_nightly": crontab(hour=2, minute=0),
        # What customers ask and no article answers, on Monday before staff come.
        "knowledge.tasks.find_gaps_weekly": crontab(day_of_week="mon", hour=4, minute=0),
        # The volume of the hours and days to come, with what the last hour brought.
        "analytics.tasks.refit_forecasts": crontab(minute=2),
        # An experiment whose candidate does harm.
        "analytics.tasks.guard_experiments": 300.0,
        # What happened to tickets since, for the figures.
        "analytics.tasks.roll_up_stories": 120.0,
        # What checked answers prove of each category, and whether answers have become worse.
        "analytics.tasks.review_gates": crontab(hour=2, minute=45),
        # What is to be expected of a ticket, after what became of those until yesterday.
        "analytics.tasks.refit_predictions": crontab(hour=3, minute=0),
        # What staff corrected since yesterday teaches the local classifiers and measures every model's confidence.
        "agent_core.tasks.retrain_nightly": crontab(hour=2, minute=30),
    }
    return {
        name: {"task": name, "schedule": when, "options": {"queue": queue_of(name), "expires": _expiry(when)}}
        for name, when in periodic.items()
    }


def _expiry(when: float | crontab) -> float:
    """A sweep that waited longer than its own period is superseded by the next one."""
    if isinstance(when, crontab):
        return 3600.0
    return max(when, 1.0)
