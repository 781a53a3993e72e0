"""The job that forgets old rows of model calls. Asked for nightly by the schedule."""

from datetime import UTC, datetime, timedelta

from llm import figures
from runtime.database import transaction
from runtime.jobs import job
from runtime.settings import settings


@job(queue="upkeep")
def forget_old_calls() -> None:
    """Budgets keep what they have spent; the rows alone go."""
    oldest = datetime.now(UTC) - timedelta(days=settings().llm.calls_kept_days)
    with transaction() as session:
        figures.forget_before(session, oldest)
