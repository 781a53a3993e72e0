"""Which way a customer's case is answered while there are experiments: as promoted, and in the arm that is theirs."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from agent_core import candidates
from analytics import experiments
from analytics.experiment_tests import CANDIDATE, arm_of
from analytics.experiments import State
from runtime.database import transaction
from runtime.errors import InvalidInput
from tickets.contracts import Case

log = logging.getLogger(__name__)


@contextmanager
def chosen(case: Case) -> Iterator[tuple[str, ...]]:
    """Within, the agent decides as this customer's arm has it; gives what the decision's record says of it."""
    with transaction() as session:
        promoted = experiments.in_state(session, State.PROMOTED)
        running = experiments.in_state(session, State.RUNNING)
    notes = []
    with ExitStack() as stack:
        if promoted is not None and _use(stack, promoted.candidate):
            notes.append(experiments.note_of(promoted.public_id, "promoted"))
        if running is not None:
            arm = arm_of(running.public_id, case.customer_id, running.share)
            if arm != CANDIDATE or _use(stack, running.candidate):
                notes.append(experiments.note_of(running.public_id, arm))
        yield tuple(notes)


def _use(stack: ExitStack, stored: Mapping[str, Any]) -> bool:
    """A candidate that fits the desk no more, such as one that names a category that is gone, holds up no answer."""
    try:
        candidate = candidates.checked(dict(stored))
    except InvalidInput as error:
        log.error("an experiment's candidate is not used: %s", error.field)
        return False
    stack.enter_context(candidates.in_use(candidate))
    return True
