"""Staff queues and their members as rows; how tickets get into them is in test_assignment."""

import pytest

from runtime.database import transaction
from runtime.errors import Conflict, InvalidInput, NotFound
from tickets import staff_queues
from tickets.staff_queues import NewQueue, Working


def test_a_queue_keeps_what_it_takes(database: str) -> None:
    with transaction() as session:
        staff_queues.add_queue(
            session, NewQueue("  Big   bills ", ["billing_inquiry"], ["de"], ["VIP"], ["high"], 3)
        )
    with transaction() as session:
        [queue] = staff_queues.list_queues(session)
        assert staff_queues.find_queue(session, "Big bills").id == queue.id
    assert (queue.categories, queue.languages, queue.tiers) == (["billing_inquiry"], ["de"], ["vip"])
    assert (queue.priorities, queue.capacity, queue.is_automatic) == (["high"], 3, True)


@pytest.mark.parametrize(
    ("new", "what"),
    [
        (NewQueue("  "), "A queue needs a name"),
        (NewQueue("x" * 61), "A queue needs a name"),
        (NewQueue("a\x1b[31m"), "A queue needs a name"),
        (NewQueue("a", capacity=0), "The capacity is a number from 1 to 1000"),
    ],
)
def test_a_queue_that_cannot_be_is_refused(database: str, new: NewQueue, what: str) -> None:
    with pytest.raises(InvalidInput, match=what), transaction() as session:
        staff_queues.add_queue(session, new)


def test_two_queues_have_two_names(database: str) -> None:
    with transaction() as session:
        staff_queues.add_queue(session, NewQueue("Bills"))
    with pytest.raises(Conflict, match="'Bills' already"), transaction() as session:
        staff_queues.add_queue(session, NewQueue("Bills"))
    with pytest.raises(NotFound, match="no staff queue 'Returns'"), transaction() as session:
        staff_queues.remove_queue(session, "Returns")


def test_a_member_has_the_queues_capacity_or_their_own_and_is_present_at_first(database: str) -> None:
    with transaction() as session:
        queue = staff_queues.add_queue(session, NewQueue("Bills", capacity=4))
        staff_queues.join(session, queue.id, "AGENT-1")
        staff_queues.join(session, queue.id, "AGENT-2")
        staff_queues.join(session, queue.id, "AGENT-2", capacity=9)
    with transaction() as session:
        assert staff_queues.members(session) == [
            Working(queue.id, "AGENT-1", 4, is_present=True, load=0),
            Working(queue.id, "AGENT-2", 9, is_present=True, load=0),
        ]
        assert staff_queues.count_waiting(session) == {}


def test_joining_a_second_queue_does_not_call_back_who_is_away(database: str) -> None:
    with transaction() as session:
        first, second = (staff_queues.add_queue(session, NewQueue(name)) for name in ("Bills", "Returns"))
        staff_queues.join(session, first.id, "AGENT-1")
        staff_queues.set_present(session, "AGENT-1", is_present=False)
        staff_queues.join(session, second.id, "AGENT-1")
        assert staff_queues.is_present(session, "AGENT-1") is False
        assert staff_queues.is_present(session, "AGENT-2") is None
        staff_queues.remove_queue(session, "Bills")
        staff_queues.remove_queue(session, "Returns")
        assert staff_queues.is_present(session, "AGENT-1") is None
