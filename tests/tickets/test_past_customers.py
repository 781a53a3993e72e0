"""Many customers at once, each once, beside others who come at the same time."""

import threading

from sqlalchemy import select, text

from runtime.database import transaction
from tickets import customers
from tickets.contracts import Channel
from tickets.models import Customer
from tickets.past_customers import Person, customer_ids, person_of


def test_a_mail_address_is_one_person_on_every_channel() -> None:
    assert person_of(Channel.ZENDESK, " Alice@Example.com ") == Person("mail", "alice@example.com")
    assert person_of(Channel.INTERCOM, "U1") == Person("intercom", "u1")
    assert person_of(Channel.API, "U1") == Person("api", "u1")


def test_those_who_are_there_are_found_and_the_others_are_created(database: str) -> None:
    alice, bob = Person("mail", "alice@example.com"), Person("zendesk", "7")
    with transaction() as session:
        there = customers.create_customer(session, *alice, name="Alice")
    with transaction() as session:
        found = customer_ids(session, {alice: "Somebody", bob: "Bob"})
    with transaction() as session:
        assert customer_ids(session, {bob: "", alice: ""}) == found
        names = {key: name for key, name in session.execute(select(Customer.id, Customer.name))}
        assert customer_ids(session, {}) == {}
    assert found[alice] == there
    assert names == {there: "Alice", found[bob]: "Bob"}


def test_two_at_the_same_time_create_nobody_twice(database: str) -> None:
    people = {Person("mail", f"c{n}@example.com"): "" for n in range(200)}
    ready = threading.Barrier(4)
    found: list[dict[Person, int]] = []

    def create(order: list[Person]) -> None:
        ready.wait()
        with transaction() as session:
            found.append(customer_ids(session, dict.fromkeys(order, "")))

    orders = [list(people), list(reversed(people))] * 2
    threads = [threading.Thread(target=create, args=(order,)) for order in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert all(one == found[0] for one in found)
    with transaction() as session:
        assert session.scalar(text("select count(*) from customers")) == 200
