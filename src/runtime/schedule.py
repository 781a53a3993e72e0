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
        # A mailbox that nobody reads any more.
        "ingestion.mailbox_watch.watch_mailboxes": 60.0,
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
