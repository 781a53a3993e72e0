"""A file is imported whole, once, and exactly: what is broken is set aside, what was stopped goes on."""

import gzip
import json
import stat
from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from ingestion import intake
from ingestion.history import importing, planning, runs
from ingestion.history.rejects import ENDING
from knowledge.articles import LearnReport, learn_now
from knowledge.retrieval import search
from runtime.database import transaction
from runtime.errors import Conflict, InvalidInput
from tests.ingestion.history.exports import (
    ANSWER,
    DAY,
    QUESTION,
    ROW,
    conversations,
    lines_of,
    load,
    put,
    rejected,
    row,
    rows,
    table,
)
from tests.ingestion.history.test_zendesk_export import ALICE, CAROL, TICKET
from tests.jobs import CollectedJobs
from tests.samples import a_message
from tickets import history, queries
from tickets.models import Ticket


def count(what: str) -> int:
    found: int = rows(f"select count(*) from {what}")[0][0]
    return found


def test_a_past_ticket_is_history(run_jobs: CollectedJobs, tmp_path: Path) -> None:
    report = load(put(tmp_path, "a.csv", table(ROW)))
    assert (report.stored, report.duplicates, report.rejected, report.finished) == (1, 0, 0, True)
    assert run_jobs.published == []
    waiting = queries.Filters(waiting_for_staff=True)
    with transaction() as session:
        ticket = session.scalars(select(Ticket)).one()
        assert queries.list_staff_queue(session, waiting) == []
        assert session.scalars(select(Ticket).where(queries.has_no_owner())).all() == []
        details = queries.read_ticket(session, ticket.public_id)
    assert (ticket.status, ticket.owner, ticket.language) == ("resolved", "staff", "en")
    assert ticket.created_at.isoformat() == "2024-01-02T10:00:00+00:00"
    assert ticket.resolved_at is not None
    assert ticket.resolved_at.isoformat() == "2024-01-03T09:00:00+00:00"
    assert (ticket.last_seq, ticket.last_inbound_seq, ticket.handled_seq) == (2, 1, 1)
    assert ticket.meta == {"imported_from": "csv", "imported_id": "1", "tags": []}
    assert [(one.kind, one.author, one.delivery) for one in details.messages] == [
        ("inbound", "customer", None),
        ("outbound", "staff", "sent"),
    ]
    assert [(one.kind, one.data) for one in details.events] == [("imported", {"from": "csv"})]
    assert [(one.kind, one.value) for one in details.identities] == [("mail", "alice@example.com")]
    assert details.customer.name == "Alice"


def test_an_imported_answer_is_learned_and_found_like_one_of_our_own(
    run_jobs: CollectedJobs, tmp_path: Path
) -> None:
    opened = row(
        2, "How do I open the lid of my toaster?", "We are looking into it, please wait for us.", "open"
    )
    load(put(tmp_path, "a.csv", table(ROW, opened)))
    load(put(tmp_path, "b.json", json.dumps({"tickets": [TICKET | {"id": 9}], "users": [ALICE, CAROL]})))
    assert learn_now() == LearnReport(seen=2, learned=1, duplicates=1, skipped=0)
    passage = search("My kettle needs descaling, what do I do?")[0]
    assert (passage.text, passage.title) == (ANSWER, "Answer of our team")
    assert learn_now() == LearnReport()


def test_an_open_ticket_is_staffs_with_a_deadline_when_it_is_wanted(
    run_jobs: CollectedJobs, tmp_path: Path
) -> None:
    path = put(tmp_path, "a.csv", table(row(1, status="open")))
    load(path, keep_open=True)
    with transaction() as session:
        [found] = queries.list_staff_queue(session, queries.Filters(waiting_for_staff=True))
        assert session.scalars(select(Ticket).where(queries.has_no_owner())).all() == []
    assert (found.ticket.status, found.ticket.owner, found.ticket.resolved_at) == (
        "open",
        "staff",
        None,
    )
    assert rows("select staff_due_at > now() from tickets") == [(True,)]
    assert run_jobs.published == []


def test_twice_changes_nothing(database: str, tmp_path: Path) -> None:
    path = put(tmp_path, "a.csv", table(*(row(number) for number in range(1_200))))
    first = load(path)
    before = rows("select * from tickets order by id")
    again = load(path)
    assert (first.stored, again.stored, again.duplicates, again.rejected) == (1_200, 0, 1_200, 0)
    assert again.resumed_at == 0
    assert rows("select * from tickets order by id") == before
    assert (count("customers"), count("messages"), count("ticket_events")) == (1_200, 2_400, 1_200)


def test_another_ticket_under_a_known_id_is_not_lost_silently(database: str, tmp_path: Path) -> None:
    path = put(tmp_path, "a.csv", table(row(1), row(1), row(1, "Something else?")))
    report = load(path)
    assert (report.stored, report.duplicates, report.rejected) == (1, 1, 1)
    assert "is it of another --source?" in rejected(path)[4]
    assert load(path, source="other").stored == 1


def test_customers_are_those_who_are_there_already(run_jobs: CollectedJobs, tmp_path: Path) -> None:
    with transaction() as session:
        intake.receive(session, a_message(identity="alice@example.com"))
    load(put(tmp_path, "a.csv", table(ROW, ROW.replace("1,", "2,", 1).replace("Alice@", "ALICE@"))))
    assert count("customers") == count("customer_identities") == 1
    assert count("tickets") == 3


def test_a_file_with_everything_broken_gives_what_is_good_and_lists_the_rest(
    database: str, tmp_path: Path
) -> None:
    good = {"email": "a@example.com", "text": QUESTION, "answer": ANSWER, "date": DAY}
    content = "\r".join(
        [
            "\ufeff" + json.dumps(good | {"id": 1}),
            '{"id": 2, "email": ',
            json.dumps(good | {"id": 3, "text": "a\x00b"}),
            json.dumps(good | {"id": 4, "text": "x" * 200_001}),
            json.dumps(good | {"id": 5, "status": "odd"}),
            json.dumps({"id": 6, "email": "a@example.com"}),
            json.dumps({"id": 7, "text": QUESTION}),
            json.dumps(good | {"id": 8, "date": "soon"}),
            "[1, 2]",
            "",
            json.dumps(good | {"id": 9}),
            "MARK",
            json.dumps(good | {"id": 11}),
        ]
    )
    raw = content.encode().replace(
        b"MARK", json.dumps(good | {"id": 10}).encode().replace(b"kettle", b"k\xe9ttle")
    )
    whole = gzip.compress(raw, mtime=0)
    path = put(tmp_path, "a.jsonl.gz", whole)
    report = load(path)
    assert (report.stored, report.rejected, report.finished) == (3, 9, True)
    assert list(rejected(path)) == [2, 3, 4, 5, 6, 7, 8, 9, 12]
    assert rows("select metadata ->> 'imported_id' from tickets order by id") == [("1",), ("9",), ("11",)]
    place = path.with_name(path.name + ENDING)
    assert report.rejects == str(place)
    assert stat.S_IMODE(place.stat().st_mode) == 0o600
    last = json.loads(place.read_text().splitlines()[-1])
    assert last["raw"].encode("utf-8", "surrogateescape").rstrip() in raw


def test_a_packed_file_that_is_cut_off_gives_what_it_has(database: str, tmp_path: Path) -> None:
    whole = gzip.compress(table(*(row(number, f"{number * 7919}?") for number in range(3_000))).encode())
    path = put(tmp_path, "a.csv.gz", whole[: len(whole) // 2])
    report = load(path)
    assert (report.rejected, report.finished) == (1, True)
    assert 500 < report.stored < 2_000
    assert "cut off or damaged" in next(iter(rejected(path).values()))
    put(tmp_path, "a.csv.gz", whole)
    again = load(path)
    assert (again.stored + report.stored, again.duplicates, again.rejected) == (3_000, report.stored, 0)


def test_a_document_that_breaks_off_gives_what_it_has(database: str, tmp_path: Path) -> None:
    content = json.dumps(
        {"users": [ALICE, CAROL], "tickets": [TICKET, TICKET | {"id": 6}, TICKET | {"id": 7}]}
    )
    path = put(tmp_path, "a.json", content[:-300])
    report = load(path)
    assert (report.stored, report.rejected) == (2, 1)
    assert "broken at line 1" in next(iter(rejected(path).values()))


def test_a_limit_stops_and_the_next_run_goes_on(database: str, tmp_path: Path) -> None:
    path = put(
        tmp_path,
        "a.csv",
        table(*(row(number, status="odd" if number % 2 else "solved") for number in range(9))),
    )
    first, second, third = load(path, limit=4), load(path, limit=2), load(path)
    assert [(one.resumed_at, one.records, one.finished) for one in (first, second, third)] == [
        (0, 4, False),
        (4, 6, False),
        (6, 9, True),
    ]
    assert (third.stored, third.duplicates, third.rejected) == (5, 0, 4)
    assert list(rejected(path)) == [3, 5, 7, 9]


def test_rejects_written_for_rows_that_were_not_stored_are_written_once(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(tmp_path, "a.csv", table(*(row(number, status="odd") for number in range(4)), row(5)))
    monkeypatch.setattr(importing, "_BATCH", 2)
    advance = runs.advance

    def failing(session: object, before: runs.Run, after: runs.Run) -> None:
        if before.position == 2:
            raise KeyboardInterrupt
        advance(session, before, after)  # type: ignore[arg-type]  # handed through

    monkeypatch.setattr(runs, "advance", failing)
    with pytest.raises(KeyboardInterrupt):
        load(path)
    assert list(rejected(path)) == [2, 3, 4, 5]
    monkeypatch.setattr(runs, "advance", advance)
    report = load(path)
    assert (report.resumed_at, report.stored, report.rejected) == (2, 1, 4)
    assert list(rejected(path)) == [2, 3, 4, 5]
    assert len(path.with_name(path.name + ENDING).read_text().splitlines()) == 4


def test_a_batch_that_collides_with_somebody_else_is_tried_again(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = iter([True, False])
    store = history.store

    def colliding(session: object, past: object) -> history.Stored:
        if next(failures):
            raise IntegrityError("insert", {}, Exception("duplicate key"))
        return store(session, past)  # type: ignore[arg-type]  # handed through

    monkeypatch.setattr(history, "store", colliding)
    report = load(put(tmp_path, "a.csv", table(row(1), row(2, status="odd"))))
    assert (report.stored, report.rejected) == (1, 1)


def test_two_processes_do_not_import_the_same_file_together(
    database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(tmp_path, "a.csv", table(row(1), row(2), row(3)))
    begin = runs.begin

    def overtaken(session: object, plan: object) -> runs.Run:
        run = begin(session, plan)  # type: ignore[arg-type]  # handed through
        return runs.Run(run.import_id, position=1)

    monkeypatch.setattr(runs, "begin", overtaken)
    with pytest.raises(Conflict, match="Another process is importing the same file"):
        load(path)
    assert count("tickets") == 0


def test_a_better_map_is_another_import_and_takes_what_was_refused(database: str, tmp_path: Path) -> None:
    content = table("1,a@example.com,Hello?,solved,Yes it is.", header="id,email,text,status,lösung")
    path = put(tmp_path, "a.csv", content)
    assert load(path).stored == 1
    report = load(path, map={"lösung": "answer"})
    assert (report.stored, report.rejected, report.resumed_at) == (0, 1, 0)


def test_the_file_of_rejects_overwrites_nothing_of_others(database: str, tmp_path: Path) -> None:
    path = put(tmp_path, "a.csv", table(row(1, status="odd")))
    plan = planning.plan_for(path, planning.Wishes())
    precious = put(tmp_path, "precious.txt", "precious")
    with pytest.raises(InvalidInput, match="is there already and is not overwritten"):
        importing.import_file(plan, precious, limit=None, progress=lambda _done: None)
    assert precious.read_text() == "precious"
    link = tmp_path / f"link{ENDING}"
    link.symlink_to(precious)
    with pytest.raises(InvalidInput, match="cannot be written"):
        importing.import_file(plan, link, limit=None, progress=lambda _done: None)
    assert precious.read_text() == "precious"
    with pytest.raises(InvalidInput, match="name another file with --rejects"):
        importing.import_file(plan, tmp_path / "nowhere" / "x", limit=None, progress=lambda _done: None)


def test_what_was_said_in_an_error_is_not_in_the_log(
    database: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level("DEBUG"):
        load(
            put(
                tmp_path,
                "a.jsonl",
                lines_of([{"email": "a@example.com", "text": "secret words", "status": "odd"}]),
            )
        )
    assert "secret words" not in caplog.text
    assert "a@example.com" not in caplog.text
    assert conversations() == []
