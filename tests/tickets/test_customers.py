"""Customers by identity and id, and two of them made one while messages arrive."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from ingestion import intake
from runtime import events
from runtime.database import Table, engine, transaction
from runtime.errors import Conflict, NotFound, Unavailable
from tests.jobs import CollectedJobs
from tests.samples import a_message
from tickets import customers, deliveries, lifecycle
from tickets.contracts import Channel, IncomingMessage, Receipt
from tickets.models import Customer, CustomerIdentity, Ticket, TicketEvent

pytestmark = pytest.mark.usefixtures("run_jobs")


def customer(kind: str, value: str, *, name: str = "", tier: str = "standard") -> str:
    with transaction() as session:
        number = customers.create_customer(session, kind, value, name=name, tier=tier)
        return session.scalars(select(Customer.public_id).where(Customer.id == number)).one()


def receive(message: IncomingMessage) -> Receipt:
    if receipt := intake.receive_at_once(message):
        return receipt
    with transaction() as session:
        return intake.receive(session, message)


def merge(kept: str, other: str) -> customers.Merged:
    with transaction() as session:
        return customers.merge(session, kept, other, actor="AGENT-1")


def owners() -> set[str]:
    """Whose tickets there are."""
    with transaction() as session:
        return set(
            session.scalars(
                select(Customer.public_id).join(Ticket, Ticket.customer_id == Customer.id).distinct()
            )
        )


def count(table: type[Table]) -> int:
    with transaction() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_identities_and_tickets_move_and_later_messages_follow() -> None:
    alice, visitor = customer("mail", "alice@example.com"), customer("visitor", "9f1c")
    receive(a_message())
    chat = {"channel": Channel.WEB_CHAT, "identity": "9f1c", "thread": "conversation-1"}
    receive(a_message(**chat))
    merged = merge(alice, visitor)
    assert (merged.customer.public_id, merged.tickets, merged.identities) == (alice, 1, 1)
    receive(a_message(**chat | {"thread": "conversation-2"}))
    assert owners() == {alice}
    assert (count(Customer), count(Ticket)) == (1, 3)


def test_the_timelines_of_all_their_tickets_tell_of_it() -> None:
    alice, visitor = customer("mail", "alice@example.com"), customer("visitor", "9f1c")
    receipts = [
        receive(a_message()),
        receive(a_message(channel=Channel.WEB_CHAT, identity="9f1c", thread="1")),
    ]
    heard: list[tuple[str, int | str]] = []
    stop = events.subscribe(lambda topic, body: heard.append((topic, body["ticket_id"])))
    merge(alice, visitor)
    stop()
    with transaction() as session:
        told = session.execute(
            select(TicketEvent.ticket_id, TicketEvent.actor, TicketEvent.data).where(
                TicketEvent.kind == "customer_merged"
            )
        ).all()
    what = {"merged": visitor, "into": alice}
    assert {(row.ticket_id, row.actor) for row in told} == {(one.ticket_id, "AGENT-1") for one in receipts}
    assert all(row.data == what for row in told)
    assert set(heard) == {("ticket.customer_merged", one.ticket_id) for one in receipts}


def test_the_id_of_who_was_merged_leads_to_who_is_left_also_over_two_steps() -> None:
    first, second, third = (customer("visitor", value) for value in ("1", "2", "3"))
    merge(second, first)
    merge(third, second)
    with transaction() as session:
        assert {customers.find(session, one).public_id for one in (first, second, third)} == {third}


def test_a_name_and_a_tier_are_not_lost() -> None:
    nameless, vip = customer("visitor", "1"), customer("mail", "carol@example.com", name="Carol", tier="vip")
    kept = merge(nameless, vip).customer
    assert (kept.name, kept.tier) == ("Carol", "vip")
    alice = customer("visitor", "2", name="Alice", tier="premium")
    kept = merge(alice, nameless).customer
    assert (kept.name, kept.tier) == ("Alice", "premium")


def test_two_who_are_one_are_not_merged_again() -> None:
    alice, visitor = customer("mail", "alice@example.com"), customer("visitor", "9f1c")
    with pytest.raises(Conflict):
        merge(alice, alice)
    merge(alice, visitor)
    for pair in ((alice, visitor), (visitor, alice)):
        with pytest.raises(Conflict, match="one customer already"):
            merge(*pair)


def test_nobody_is_merged_with_somebody_who_is_not_there() -> None:
    alice = customer("mail", "alice@example.com")
    for pair in ((alice, "CUST-00000000"), ("CUST-00000000", alice)):
        with pytest.raises(NotFound, match="CUST-00000000"):
            merge(*pair)


def test_each_ticket_of_a_merged_customer_is_answered_where_it_came_from() -> None:
    alice, bob = customer("mail", "alice@example.com"), customer("mail", "bob@example.com")
    for who in ("bob@example.com", "alice@example.com"):
        receive(a_message(channel=Channel.MAIL, identity=who))
    merge(alice, bob)
    assert owners() == {alice}
    with transaction() as session:
        tickets = session.scalars(select(Ticket).order_by(Ticket.id)).all()
        written = [
            lifecycle.staff_reply(session, one.id, "Hello", staff="AGENT-1", name="Carol", seen_seq=1)
            for one in tickets
        ]
    with transaction() as session:
        to = [deliveries.read_outgoing(session, message_id).to for message_id in written]
    assert to == ["bob@example.com", "alice@example.com"]


def test_two_addresses_of_a_customer_whose_answers_are_read_by_a_program_become_one() -> None:
    alice, bob = customer("mail", "alice@example.com"), customer("mail", "bob@example.com")
    receive(a_message(identity="bob@example.com"))
    merge(alice, bob)
    assert owners() == {alice}


def test_every_table_that_names_a_customer_is_moved() -> None:
    """Whoever adds another must think of `customers.merge`."""
    naming = {
        table.name
        for table in Table.metadata.tables.values()
        for key in table.foreign_keys
        if key.column.table.name == "customers"
    }
    assert naming == {"actions", "customer_identities", "tickets"}


@contextmanager
def merging(kept: str, other: str) -> Iterator[Session]:
    """A merge that is carried out and not committed yet within the block."""
    with transaction() as session:
        customers.merge(session, kept, other, actor="AGENT-1")
        yield session


def in_thread(function: object, *arguments: object) -> threading.Thread:
    thread = threading.Thread(target=function, args=arguments)  # type: ignore[arg-type]  # a function of any kind
    thread.start()
    return thread


@pytest.mark.parametrize(
    "message",
    [
        a_message(identity="9f1c"),
        a_message(channel=Channel.WEB_CHAT, identity="9f1c", thread="conversation-1"),
        a_message(identity="9f1c", text="My card is 4111 1111 1111 1111."),
    ],
    ids=["by the short way", "by the chat", "by the long way"],
)
def test_a_message_that_arrives_during_a_merge_waits_and_finds_who_is_left(
    message: IncomingMessage, run_jobs: CollectedJobs
) -> None:
    alice = customer("mail", "alice@example.com")
    visitor = customer(customers.identity_kind(message.channel, message.identity), "9f1c")
    with merging(alice, visitor):
        arriving = in_thread(receive, message)
        arriving.join(timeout=0.3)
        assert arriving.is_alive()
    arriving.join(timeout=10)
    assert owners() == {alice}
    assert count(Ticket) == 1


def test_a_message_that_is_being_stored_is_waited_for_and_moved() -> None:
    alice, visitor = customer("mail", "alice@example.com"), customer("visitor", "9f1c")
    stored, go_on = threading.Event(), threading.Event()

    def store() -> None:
        with transaction() as session:
            chat = a_message(channel=Channel.WEB_CHAT, identity="9f1c", thread="conversation-1")
            intake.receive(session, chat)
            stored.set()
            go_on.wait(5)

    arriving = in_thread(store)
    stored.wait(5)
    threading.Timer(0.2, go_on.set).start()
    merge(alice, visitor)
    arriving.join()
    assert owners() == {alice}


def test_a_merge_gives_way_when_the_storing_takes_long() -> None:
    alice, visitor = customer("mail", "alice@example.com"), customer("visitor", "9f1c")
    with engine().connect() as connection, connection.begin():
        connection.execute(text("select * from customer_identities"))
        with pytest.raises(Unavailable, match="try again"):
            merge(alice, visitor)
    assert merge(alice, visitor).identities == 1


def test_a_merge_gives_way_to_who_works_on_the_ticket() -> None:
    """Somebody who holds a ticket and then asks for the customer must not be the one who is turned away."""
    alice, visitor = customer("mail", "alice@example.com"), customer("visitor", "9f1c")
    receive(a_message(channel=Channel.WEB_CHAT, identity="9f1c", thread="conversation-1"))
    with engine().connect() as connection, connection.begin():
        connection.execute(text("update tickets set subject = 'in work'"))
        failed: list[BaseException] = []

        def try_merge() -> None:
            try:
                merge(alice, visitor)
            except Unavailable as error:
                failed.append(error)

        merging_ = in_thread(try_merge)
        merging_.join(timeout=0.2)
        connection.execute(text("select * from customer_identities"))
        merging_.join()
    assert len(failed) == 1
    merge(alice, visitor)
    assert owners() == {alice}


def test_merges_at_the_same_moment_end_with_one_customer_and_nothing_lost() -> None:
    names = [customer("visitor", str(number)) for number in range(6)]
    for number in range(6):
        receive(a_message(channel=Channel.WEB_CHAT, identity=str(number), thread=str(number)))
    together = threading.Barrier(len(names))

    def merge_next(number: int) -> None:
        together.wait()
        for _ in range(50):
            try:
                merge(names[number], names[(number + 1) % len(names)])
            except Unavailable:
                continue
            except Conflict:
                return  # The others have made the two one already.
            return

    threads = [in_thread(merge_next, number) for number in range(len(names))]
    for thread in threads:
        thread.join()
    assert (count(Customer), count(Ticket)) == (1, 6)
    with transaction() as session:
        assert len({customers.find(session, one).id for one in names}) == 1
        kinds = session.execute(
            select(CustomerIdentity.kind, func.count()).group_by(CustomerIdentity.kind)
        ).all()
    assert {(row[0], row[1]) for row in kinds} == {("visitor", 6), ("merged", 5)}


def test_messages_arrive_all_the_time_while_customers_are_merged() -> None:
    alice, visitor = customer("mail", "alice@example.com"), customer("visitor", "9f1c")
    stop = threading.Event()
    sent: list[str] = []

    def write() -> None:
        while not stop.is_set():
            chat = a_message(channel=Channel.WEB_CHAT, identity="9f1c", thread=str(len(sent)))
            sent.append(receive(chat).public_id)

    writing = in_thread(write)
    for _ in range(50):
        try:
            merge(alice, visitor)
        except Unavailable:
            continue
        break
    stop.set()
    writing.join()
    receive(a_message(channel=Channel.WEB_CHAT, identity="9f1c", thread="last"))
    assert owners() == {alice}
    assert count(Ticket) == len(sent) + 1


def test_a_customer_is_found_by_an_address_in_any_case() -> None:
    alice = customer("mail", "alice@example.com")
    with transaction() as session:
        found = customers.find(session, alice)
        assert customers.has_mail(session, found.id, " Alice@Example.com ")
        assert not customers.has_mail(session, found.id, "bob@example.com")
        assert customers.identity_for_api(session, found) == "alice@example.com"


def test_who_has_no_address_gets_an_identity_for_programs_once() -> None:
    visitor = customer("visitor", "9f1c")
    for _ in range(2):
        with transaction() as session:
            found = customers.find(session, visitor)
            assert customers.identity_for_api(session, found) == visitor.lower()
    assert count(CustomerIdentity) == 2
