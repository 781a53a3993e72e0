"""Which staff queue a ticket belongs to: the one whose skills name it most closely. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Wanted:
    """What of a ticket a queue is chosen by. What is not known is empty, and fits where nothing is asked.

    `queue` is the name of the one that admins chose for the category, if they did.
    """

    category: str
    priority: str
    language: str
    tier: str
    queue: str = ""


class Skills(Protocol):
    """A queue as the choice sees it; an empty list takes everything."""

    @property
    def id(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def categories(self) -> Sequence[str]: ...
    @property
    def languages(self) -> Sequence[str]: ...
    @property
    def tiers(self) -> Sequence[str]: ...
    @property
    def priorities(self) -> Sequence[str]: ...


def choose(queues: Sequence[Skills], wanted: Wanted) -> int | None:
    """The id of the queue, or None when none fits. Of several the one that asks for most, then the oldest.

    The category's own queue comes before all of them, as long as it is there.
    """
    own = next((queue.id for queue in queues if wanted.queue and queue.name == wanted.queue), None)
    if own is not None:
        return own
    fitting = [(_asked_for(queue), -queue.id) for queue in queues if _fits(queue, wanted)]
    return -max(fitting)[1] if fitting else None


def _pairs(queue: Skills, wanted: Wanted) -> tuple[tuple[Sequence[str], str], ...]:
    return (
        (queue.categories, wanted.category),
        (queue.languages, wanted.language),
        (queue.tiers, wanted.tier),
        (queue.priorities, wanted.priority),
    )


def _fits(queue: Skills, wanted: Wanted) -> bool:
    return all(not listed or value in listed for listed, value in _pairs(queue, wanted))


def _asked_for(queue: Skills) -> int:
    return sum(bool(listed) for listed in (queue.categories, queue.languages, queue.tiers, queue.priorities))
