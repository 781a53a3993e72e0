"""The search finds tickets by words, beginnings, ids and addresses."""

import pytest

from runtime.database import transaction
from tests.console.desk import receive
from tickets import queries
from tickets.models import Customer
from tickets.queries import Filters


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
