"""The periodic jobs of figures. Their times stand in `runtime.schedule`."""

import logging

from analytics.desk_forecast import refit
from runtime.jobs import job

log = logging.getLogger(__name__)


@job(queue="analytics")
def refit_forecasts() -> None:
    """Each hour's forecast knows the hour before."""
    log.info("forecasts fitted", extra={"forecasts": len(refit())})
