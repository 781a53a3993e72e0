"""Ratings are steps of the timeline: the newest counts, and what was erased is gone."""

import pytest
from sqlalchemy import update

from runtime.database import transaction
from runtime.errors import InvalidInput
from tests.console.desk import receive
from tickets import queries, satisfaction
from tickets.models import Ticket, TicketEvent


@pytest.fixture
def tickets(database: str) -> list[Ticket]:
    """Three of Alice's, the oldest first."""
    public_ids = [receive() for _ in range(3)]
    with transaction() as session:
        return [queries.find_ticket(session, one) for one in public_ids]


def test_of_each_ticket_the_newest_rating_counts(tickets: list[Ticket]) -> None:
    with transaction() as session:
        for ticket, rating in ((tickets[0], 1), (tickets[0], 4), (tickets[1], 2)):
            satisfaction.rate(session, ticket.id, rating, comment=f"said {rating}")
        found = satisfaction.of_customer(session, tickets[0].customer_id)
    assert found.average == 3.0
    assert [one.comment for one in found.ratings] == ["said 2", "said 4"]


def test_who_never_said_anything_has_no_average(tickets: list[Ticket]) -> None:
    with transaction() as session:
        assert satisfaction.of_customer(session, tickets[0].customer_id).average is None


def test_an_erased_rating_counts_no_more(tickets: list[Ticket]) -> None:
    with transaction() as session:
        satisfaction.rate(session, tickets[0].id, 1)
        satisfaction.rate(session, tickets[1].id, 5)
        session.execute(update(TicketEvent).where(TicketEvent.ticket_id == tickets[0].id).values(data={}))
        assert satisfaction.of_customer(session, tickets[0].customer_id).average == 5.0


@pytest.mark.parametrize(("rating", "comment"), [(0, ""), (6, ""), (3, "x" * 2001)])
def test_a_rating_that_is_none_is_refused(tickets: list[Ticket], rating: int, comment: str) -> None:
    with pytest.raises(InvalidInput), transaction() as session:
        satisfaction.rate(session, tickets[0].id, rating, comment=comment)
