"""The search finds tickets by words, beginnings, ids and addresses."""

import pytest

from runtime.database import transaction
from tests.console.desk import receive
from tickets import queries
from tickets.models import Customer
from tickets.queries import Filters
from tickets.ticket_search import is_frequent


def found(text: str) -> set[str]:
    with transaction() as session:
        return {row.ticket.public_id for row in queries.list_tickets(session, Filters(text=text)).rows}


@pytest.fixture
def desk(database: str) -> dict[str, str]:
    return {
        "parcel": receive(text="Where is my parcel? It is late.", name="Ada", identity="ada@example.com"),
        "refund": receive(text="I want my money", subject="Refund", name="Bo", identity="bo@example.com"),
    }


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("parcel", {"parcel"}),
        ("PARC", {"parcel"}),
        ("parcel ada", {"parcel"}),
        ("refund", {"refund"}),
        ("bo money", {"refund"}),
        ("my", {"parcel", "refund"}),
        ("parcel refund", set()),
        ("bo@example.com", {"refund"}),
        ("100%", set()),
        ("'; drop table tickets; --", set()),
        ("& | ! ( ) :* <->", set()),
        ("\\", set()),
    ],
)
def test_all_words_must_be_there_as_beginnings(desk: dict[str, str], text: str, names: set[str]) -> None:
    assert found(text) == {desk[name] for name in names}


def test_ids_of_tickets_and_customers_find_exactly_theirs(desk: dict[str, str]) -> None:
    assert found(desk["parcel"].lower()) == {desk["parcel"]}
    with transaction() as session:
        customer = session.query(Customer).filter(Customer.name == "Bo").one()
    assert found(customer.public_id) == {desk["refund"]}


def test_what_is_in_nearly_every_message_is_found_in_the_order_of_the_list(desk: dict[str, str]) -> None:
    made = [receive(text=f"My order {n} is late", name="Carol", subject=f"Order {n}") for n in range(12)]
    with transaction() as session:
        assert is_frequent(session, "order")
        first = queries.list_tickets(session, Filters(text="order"), limit=7)
        second = queries.list_tickets(session, Filters(text="order"), limit=7, cursor=first.next_cursor or "")
        waiting = queries.page_of_queue(session, Filters(text="order", waiting_for_staff=True), limit=7)
    listed = [row.ticket.public_id for row in first.rows + second.rows]
    assert listed == made[::-1]
    assert [len(first.rows), len(second.rows), second.next_cursor] == [7, 5, None]
    assert {row.customer_name for row in first.rows} == {"Carol"}
    assert waiting.rows == []  # The agent has them all.


@pytest.mark.parametrize(
    ("text", "count"),
    [("order late", 12), ("carol order", 12), ("ada order", 0), ("parcel", 1), ("order 11", 1)],
)
def test_frequent_and_rare_words_mean_the_same_together(desk: dict[str, str], text: str, count: int) -> None:
    for n in range(12):
        receive(text=f"My order {n} is late", name="Carol", subject="Question")
    assert len(found(text)) == count
