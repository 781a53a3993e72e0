"""The tickets around a ticket."""

import pytest

from runtime.database import transaction
from tests.console.desk import Member, escalated, member
from tests.console.test_ticket import page_of
from tests.samples import a_message
from tickets import lifecycle, queries


@pytest.fixture
def anna(database: str) -> Member:
    return member()


def follower(of: str, **message: object) -> str:
    with transaction() as session:
        ticket = queries.find_ticket(session, of)
        return lifecycle.open_ticket(session, a_message(**message), linked_to=ticket.id).public_id


def test_linked_tickets_name_one_another(anna: Member) -> None:
    first = escalated(subject="The first")
    second = follower(first, subject="The second", identity="bob@example.com")
    third = follower(first, subject="The third")
    page = page_of(anna, first)
    for public_id, subject in ((second, "The second"), (third, "The third")):
        assert f'Followed by</span> <a href="/console/tickets/{public_id}" dir="auto">{subject}</a>' in page
    assert f'Follows</span> <a href="/console/tickets/{first}" dir="auto">The first</a>' in page_of(
        anna, third
    )
    assert "Follows" not in page


def test_a_linked_ticket_is_not_listed_twice(anna: Member) -> None:
    first = escalated(subject="The first")
    second = follower(first, subject="The second")
    assert page_of(anna, first).count(f'href="/console/tickets/{second}"') == 1
    assert "Other tickets" not in page_of(anna, first)
    assert "Their first ticket." not in page_of(anna, first)
