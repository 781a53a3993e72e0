"""The chain of decisions: whatever is altered or removed behind our back is named."""

import random
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from runtime.database import transaction
from tests.jobs import CollectedJobs
from tests.tickets import recorded_desk
from tests.tickets.recorded_desk import TABLES, link, record_some, tampered, verified
from tickets import conversations, decision_anchors, decision_records
from tickets.decision_anchors import Anchor, Unreadable
from tickets.decision_verification import Fault, Report

_CHANGES = {
    "text": "coalesce({c}, '') || 'x'",
    "bigint": "coalesce({c}, 0) + 1000",
    "integer": "coalesce({c}, 0) + 1",
    "double precision": "coalesce({c}, 0) + 0.0000001",
    "numeric": "{c} + 0.000001",
    "timestamp with time zone": "{c} + interval '1 microsecond'",
    "jsonb": "case jsonb_typeof({c}) when 'array' then {c} || '[1]' else {c} || '{{\"x\": 1}}' end",
    "ARRAY": "array_append({c}, 'x')",
}


@pytest.fixture
def desk(run_jobs: CollectedJobs) -> Iterator[None]:
    record_some()
    yield
    with transaction() as session:
        for table in ("agent_decisions", "decision_records"):
            session.execute(text(f"alter table {table} alter column id set generated always"))


def columns() -> list[tuple[str, str, str]]:
    with transaction() as session:
        found = session.execute(
            text(
                "select table_name, column_name, data_type from information_schema.columns"
                " where table_schema = 'public' and table_name = any(:tables)"
            ),
            {"tables": list(TABLES)},
        )
        return [(table, name, kind) for table, name, kind in found]


def keys(table: str) -> list[str]:
    with transaction() as session:
        return list(session.scalars(text(f"select ctid::text from {table} order by ctid")))


def first_ticket() -> int:
    with transaction() as session:
        return int(session.scalars(text("select ticket_id from agent_decisions where id = 1")).one())


def names(report: Report, table: str) -> bool:
    """The head's neighbours are named by their position."""
    wanted = ("decision_records",) if table == "decision_chain_head" else ()
    return any(one.row.startswith((table, *wanted)) for one in report.findings)


def test_a_chain_as_it_was_written_is_sound(desk: None) -> None:
    report = verified()
    assert (report.findings, report.linked, report.unlinked) == ([], 4, 0)


def test_every_column_of_every_table_is_covered(desk: None) -> None:
    """One changed value in a row by chance: each is named with its table."""
    chance = random.Random(20)
    unnamed = []
    for table, column, kind in columns():
        if (table, column) == ("decision_chain_head", "id"):
            continue  # It can be nothing but 1.
        change = _CHANGES[kind].format(c=column)
        with tampered(
            table,
            f"update {table} set {column} = {change} where ctid = cast(:key as tid)",
            key=chance.choice(keys(table)),
        ):
            if not names(verified(), table):
                unnamed.append(f"{table}.{column}")
    assert unnamed == []
    assert verified().is_sound


@pytest.mark.parametrize("table", TABLES)
def test_every_removed_row_is_named(desk: None, table: str) -> None:
    unnamed = []
    for number in range(len(keys(table))):
        key = keys(table)[number]  # Another place each time: what was tampered with was written anew.
        with tampered(table, f"delete from {table} where ctid = cast(:key as tid)", key=key):
            report = verified()
            if not any(one.fault is Fault.REMOVED for one in report.findings) or not names(report, table):
                unnamed.append(number)
    assert unnamed == []
    assert verified().is_sound


def test_a_decision_that_is_removed_with_all_its_records_leaves_a_gap(desk: None) -> None:
    with transaction() as session:
        session.execute(text("delete from decision_records where decision_id = 2"))
        session.execute(text("delete from agent_decisions where id = 2"))
    assert [one.row for one in verified().findings] == ["decision_records at position 2"]


def test_the_last_decision_removed_with_its_record_is_missed_by_the_head(desk: None) -> None:
    with transaction() as session:
        session.execute(text("delete from decision_records where decision_id = 4"))
        session.execute(text("delete from agent_decisions where id = 4"))
    assert [one.fault for one in verified().findings] == [Fault.REMOVED]


def test_a_chain_that_was_made_anew_is_not_the_anchored_one(desk: None) -> None:
    """Somebody rewrites everything, hashes and all: only what is outside the database tells."""
    with transaction() as session:
        head = session.execute(text("select position, hash from decision_chain_head")).one()
    anchor = Anchor("2026-01-01T00:00:00+00:00", head.position, head.hash)
    assert verified(anchor).is_sound
    with transaction() as session:
        session.execute(text("delete from decision_records where decision_id = 4"))
        session.execute(text("delete from agent_decisions where id = 4"))
        session.execute(text("update decision_records set position = null, previous = null, hash = null"))
        session.execute(text("delete from decision_chain_head"))
    assert link() == 3
    assert verified().is_sound
    assert [one.fault for one in verified(anchor).findings] == [Fault.NOT_AS_ANCHORED]


def test_an_anchor_that_cannot_be_read_is_named(desk: None) -> None:
    assert [one.row for one in verified(Unreadable(3)).findings] == ["anchors line 3"]


def test_an_erasure_reduces_a_record_and_the_chain_still_verifies(desk: None) -> None:
    with transaction() as session:
        conversations.empty(session, [first_ticket()])
    link()
    report = verified()
    assert (report.findings, report.reduced, report.linked) == ([], 1, 5)
    with transaction() as session:
        kept = session.scalars(text("select decision_id from decision_inputs order by 1")).all()
        bodies = "".join(session.scalars(text("select body from decision_records")))
    assert kept == [2, 3, 4]
    assert "Answer 0" not in bodies
    assert "Question" not in bodies


def test_erased_twice_is_reduced_once(desk: None) -> None:
    for _ in range(2):
        with transaction() as session:
            conversations.empty(session, [first_ticket()])
    link()
    assert (verified().is_sound, verified().linked) == (True, 5)


@pytest.mark.parametrize("column", ["draft", "notes", "judgement", "citations"])
def test_what_an_erasure_left_is_covered_as_well(desk: None, column: str) -> None:
    with transaction() as session:
        conversations.empty(session, [first_ticket()])
    link()
    kind = {"draft": "text", "notes": "ARRAY"}.get(column, "jsonb")
    change = f"update agent_decisions set {column} = {_CHANGES[kind].format(c=column)} where id = 1"
    with tampered("agent_decisions", change):
        assert [one.row for one in verified().findings] == ["agent_decisions 1"]


def test_emptying_a_decision_without_an_erasure_is_named(desk: None) -> None:
    with tampered("agent_decisions", "update agent_decisions set draft = '' where id = 3"):
        assert [(one.row, one.text) for one in verified().findings] == [
            ("agent_decisions 3", "not as recorded: draft")
        ]


def test_records_wait_unlinked_and_are_linked_once(desk: None) -> None:
    recorded_desk.decide(9)
    assert (verified().unlinked, verified().is_sound) == (1, True)
    assert (link(), link()) == (1, 0)
    assert (verified().unlinked, verified().linked) == (0, 5)


def test_a_chain_without_its_head_is_not_continued(desk: None) -> None:
    recorded_desk.decide(9)
    with transaction() as session:
        session.execute(text("delete from decision_chain_head"))
    assert link() == 0
    assert "decision_chain_head" in {one.row for one in verified().findings}


def test_the_head_is_anchored_once_for_each_length(desk: None, database: str) -> None:
    path = decision_anchors.file_path()
    path.unlink(missing_ok=True)
    for _ in range(2):
        with transaction() as session:
            decision_anchors.write(session, path)
    recorded_desk.decide(9)
    link()
    with transaction() as session:
        decision_anchors.write(session, path)
    anchors = decision_anchors.read(path)
    assert [one.position for one in anchors if isinstance(one, Anchor)] == [4, 5]
    assert verified(*anchors).is_sound
    path.unlink()


def test_linking_in_small_pieces_gives_one_chain(run_jobs: CollectedJobs) -> None:
    for number in range(5):
        recorded_desk.decide(number)
    for linked in (2, 2, 1, 0):
        with transaction() as session:
            assert decision_records.link(session, most=2) == linked
    assert (verified().is_sound, verified().linked) == (True, 5)
