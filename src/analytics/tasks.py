"""The periodic jobs of figures. Their times stand in `runtime.schedule`."""

import logging
from datetime import UTC, datetime

from analytics import experiments, gate_states, prediction_rows, rollups
from analytics.desk_forecast import refit
from runtime.database import transaction
from runtime.jobs import job

log = logging.getLogger(__name__)


@job(queue="analytics")
def refit_forecasts() -> None:
    """Each hour's forecast knows the hour before."""
    log.info("forecasts fitted", extra={"forecasts": len(refit())})


@job(queue="analytics")
def guard_experiments() -> None:
    """A candidate that is proven to be wrong too often is met by nobody any more."""
    with transaction() as session:
        stopped = experiments.guard(session)
    if stopped:
        log.warning("experiment stopped by its guardrail", extra={"experiment": stopped.public_id})


@job(queue="analytics")
def roll_up_stories() -> None:
    """A page finds little left to do; after an import it is all of it."""
    rollups.roll_up()


@job(queue="analytics")
def review_gates() -> None:
    """What the checked answers prove of each category tonight."""
    with transaction() as session:
        found = gate_states.review(session, datetime.now(UTC))
    log.info("gates reviewed", extra={"gates": len(found)})


@job(queue="analytics")
def refit_predictions() -> None:
    """What became of the desk's tickets so far says what is to be expected of new ones."""
    with transaction() as session:
        prediction_rows.refit(session)
