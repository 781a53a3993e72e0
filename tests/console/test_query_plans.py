"""Every query of the queue and of a ticket's page can be answered by an index, however many tickets there are."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, text

from runtime.database import engine, transaction
from tests.console.desk import Member, escalated, member, receive
from tests.jobs import CollectedJobs
from tickets.contracts import Channel

# The tables that grow with the tickets. Those of the desk itself (staff, queues, alerts, templates) stay small.
GROWING = (
    "tickets", "messages", "ticket_events", "agent_decisions", "customers", "customer_identities", "attachments",
    "vault_entries", "translations", "notifications", "reply_drafts", "ticket_summaries", "actions",
    "webhook_deliveries", "template_uses", "judgement_corrections", "answer_verdicts", "resolution_notes",
)  # fmt: skip
_SCAN = re.compile(r"Seq Scan on (\w+)")


@pytest.fixture
def anna(run_jobs: CollectedJobs) -> Member:
    return member()


@contextmanager
def statements() -> Iterator[list[tuple[str, Any]]]:
    """What is asked of the database meanwhile, with its values."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: object, _cursor: object, statement: str, values: object, *_rest: object) -> None:
        if statement.lstrip().lower().startswith(("select", "with")):
            asked.append((statement, values))

    event.listen(engine(), "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine(), "before_cursor_execute", note)


def scanned(asked: list[tuple[str, Any]]) -> set[tuple[str, str]]:
    """Growing tables that a statement reads from end to end even where that is made dear, with the statement."""
    found = set()
    with transaction() as session:
        cursor = session.connection().connection.cursor()
        cursor.execute("set local enable_seqscan = off")
        for statement, values in asked:
            cursor.execute(f"explain {statement}", values)
            plan = "\n".join(row[0] for row in cursor.fetchall())
            found |= {(table, statement) for table in _SCAN.findall(plan) if table in GROWING}
    return found


@pytest.mark.parametrize(
    "address",
    [
        "queue",
        "queue?view=mine",
        "queue?view=unassigned",
        "queue?view=all",
        "queue?q=parcel",
        "queue?view=all&q=alice+parcel",
        "queue?view=all&q=alice@example.com",
        "queue?priority=high&category=shipping&status=escalated",
        "queue/views",
        "notifications",
        "tickets/{ticket}",
        "tickets/{ticket}/conversation",
        "tickets/{ticket}/templates",
    ],
)
def test_no_query_reads_a_growing_table_from_end_to_end(anna: Member, address: str) -> None:
    ticket = escalated(channel=Channel.MAIL, text="Where is my parcel?")
    for _ in range(3):
        receive()
    anna.post(f"/console/tickets/{ticket}/note", text="Look at it")
    with statements() as asked:
        assert anna.client.get(f"/console/{address.format(ticket=ticket)}").status_code == 200
    assert len(asked) > 3
    assert scanned(asked) == set()


@pytest.mark.parametrize("view", ["waiting", "all"])
def test_a_word_that_is_everywhere_is_looked_for_in_the_list_itself(anna: Member, view: str) -> None:
    for number in range(12):
        escalated(channel=Channel.MAIL, text=f"Where is my parcel {number}?")
    with statements() as asked:
        assert anna.client.get(f"/console/queue?view={view}&q=parcel").text.count('class="row"') == 12
    assert any("tickets.public_id" in statement and "LIMIT" in statement for statement, _values in asked)
    assert scanned(asked) == set()


def test_the_pages_of_a_full_desk_are_light(anna: Member) -> None:
    """What a browser fetches at most: the page itself, its styles and its scripts."""
    ticket = escalated(channel=Channel.MAIL, text="Where is my parcel? " * 400)
    for number in range(50):
        escalated(channel=Channel.MAIL, subject=f"Parcel {number} " + "and so on " * 9, text="Where is it?")
    for address in ("queue", "queue?view=all", f"tickets/{ticket}"):
        page = anna.client.get(f"/console/{address}").text
        beside = re.findall(r'(?:src|href)="(/console/static/[^"]+\.(?:css|js)[^"]*)"', page)
        assert len(beside) >= 5
        weight = len(page.encode()) + sum(_sent(anna, one) for one in beside)
        assert weight <= 150 * 1024, (address, weight)


def _sent(anna: Member, address: str) -> int:
    """Bytes on the wire, packed as a browser asks for it."""
    with anna.client.stream("GET", address, headers={"Accept-Encoding": "gzip"}) as response:
        return sum(len(part) for part in response.iter_raw())


def test_a_query_without_an_index_would_be_found(anna: Member) -> None:
    with statements() as asked, transaction() as session:
        session.execute(text("select id from messages where text ilike '%parcel%'"))
    assert {table for table, _statement in scanned(asked)} == {"messages"}
