"""The nightly job. Its time stands in `runtime.schedule`."""

import logging

from knowledge.learning import learn
from runtime.jobs import job

log = logging.getLogger(__name__)


@job(queue="knowledge")
def learn_nightly() -> None:
    """What staff resolved since yesterday becomes searchable."""
    report = learn()
    log.info("learned from resolved tickets", extra=vars(report))
