"""Rows of a table become tickets; a row that is broken costs itself alone."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingestion.history import csv_rows
from ingestion.history.columns import Map
from runtime.errors import InvalidInput
from tests.ingestion.history.exports import ANSWER, DAY, HEADER, QUESTION, ROW, put, read, row, table
from tickets.contracts import Author, Channel, Status
from tickets.past import PastTicket


def tickets(path: Path, **wishes: object) -> list[PastTicket]:
    return [one.past for one in read(path, **wishes) if one.past]


def problems(path: Path) -> dict[int, str]:
    return {one.record.line: one.reason for one in read(path) if one.reason}


def test_a_row_is_a_question_and_its_answer(tmp_path: Path) -> None:
    [past] = tickets(put(tmp_path, "a.csv", table(ROW)))
    assert (past.external_id, past.source, past.channel) == ("1", "csv", Channel.MAIL)
    assert (past.identity, past.name, past.subject) == ("Alice@Example.com", "Alice", "Kettle")
    assert (past.status, past.resolved_at) == (Status.RESOLVED, datetime(2024, 1, 3, 9, tzinfo=UTC))
    assert [(one.author, one.text) for one in past.messages] == [
        (Author.CUSTOMER, QUESTION),
        (Author.STAFF, ANSWER),
    ]
    assert past.teaches


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_any_delimiter_and_any_line_end_will_do(tmp_path: Path, delimiter: str, end: str) -> None:
    names = ["id", "email", "question", "answer"]
    content = end.join(
        delimiter.join(one) for one in (names, ["1", "a@example.com", f'"two{end}lines"', "yes"])
    )
    [past] = tickets(put(tmp_path, "a.csv", content))
    assert past.messages[0].text == f"two{end}lines"


def test_marks_and_other_encodings_are_read(tmp_path: Path) -> None:
    content = table(row(1, "Größe?", "Überall gleich groß."))
    for encoding in ("utf-8-sig", "utf-16", "cp1252"):
        [past] = tickets(put(tmp_path, "a.csv", content.encode(encoding)))
        assert past.messages[0].text == "Größe?", encoding
    [past] = tickets(put(tmp_path, "a.csv", content.encode("cp437")), encoding="cp437")
    assert past.messages[0].text == "Größe?"
    with pytest.raises(InvalidInput, match="There is no encoding cp0"):
        read(put(tmp_path, "a.csv", content), encoding="cp0")


def test_a_row_with_other_columns_than_the_header_is_told(tmp_path: Path) -> None:
    path = put(tmp_path, "a.csv", table(row(1), "2,too,few", row(3) + ",one more", row(4) + ",,"))
    assert problems(path) == {
        3: "It has 3 columns, the header has 9.",
        4: "It has 10 columns, the header has 9.",
    }
    assert [one.external_id for one in tickets(path)] == ["1", "4"]


def test_a_quote_that_is_never_closed_costs_its_line_and_no_other(tmp_path: Path) -> None:
    rows = [
        row(1),
        f'2,x@example.com,Bob,s,"not closed,{ANSWER},solved,{DAY},',
        row(3),
        row(4, '"He said ""hi"""'),
    ]
    path = put(tmp_path, "a.csv", table(*rows))
    assert list(problems(path)) == [3]
    assert [one.external_id for one in tickets(path)] == ["1", "3", "4"]
    assert tickets(path)[-1].messages[0].text == 'He said "hi"'


def test_an_open_quote_does_not_swallow_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_rows, "_MOST_ROW", 2_000)
    path = put(tmp_path, "a.csv", table('1,"open', *(row(number) for number in range(2, 60))))
    assert list(problems(path)) == [2]
    assert len(tickets(path)) == 58


def test_without_an_id_the_content_names_the_row(tmp_path: Path) -> None:
    content = table(
        f"a@example.com,{QUESTION}", f"a@example.com,{QUESTION}", "a@example.com,Other?", header="email,text"
    )
    first, second, third = (one.external_id for one in tickets(put(tmp_path, "a.csv", content)))
    assert first == second != third
    assert len(first) == 32


def test_a_row_without_a_date_has_the_date_of_the_file(tmp_path: Path) -> None:
    path = put(tmp_path, "a.csv", table("a@example.com,Hello?", header="email,text"))
    [past] = tickets(path)
    assert past.messages[0].at == datetime.fromtimestamp(path.stat().st_mtime, UTC)
    assert (past.status, past.resolved_at, past.teaches) == (Status.CLOSED, None, False)


def test_rows_of_messages_become_one_ticket_with_all_that_was_said(tmp_path: Path) -> None:
    header = "ticket_id,email,author,body,date,status"
    said = [
        "1,a@example.com,customer,Hello?,2024-01-01,solved",
        "1,a@example.com,agent,We look into it.,2024-01-02,solved",
        "1,a@example.com,note,Ask Carol.,2024-01-02,solved",
        "2,b@example.com,customer,Bye?,2024-01-01,open",
        "2,b@example.com,martian,Who?,2024-01-01,open",
        "3,c@example.com,user,Third?,2024-01-01,closed",
    ]
    path = put(tmp_path, "a.csv", table(*said, header=header))
    first, third = tickets(path)
    assert [(one.author, one.internal) for one in first.messages] == [
        (Author.CUSTOMER, False), (Author.STAFF, False), (Author.STAFF, True),
    ]  # fmt: skip
    assert third.external_id == "3"
    assert problems(path) == {5: "The author 'martian' is neither customer nor staff."}


def test_an_open_ticket_is_closed_and_teaches_nothing_unless_it_is_wanted_open(tmp_path: Path) -> None:
    path = put(tmp_path, "a.csv", table(row(1, status="pending")))
    [closed], [kept] = tickets(path), tickets(path, keep_open=True)
    assert (closed.status, closed.resolved_at, closed.teaches) == (Status.CLOSED, None, False)
    assert (kept.status, kept.channel) == (Status.OPEN, Channel.MAIL)


def test_what_can_never_be_stored_is_refused_with_its_reason(tmp_path: Path) -> None:
    rows = {
        row(1, "a\x00b"): "NUL character",
        row(2, "x" * 200_001): "longer than 200000 characters",
        row(3, status="odd"): "The status 'odd' is unknown",
        row(4).replace(DAY, "31/12/2024"): "no date that can be read for sure",
        row(5).replace(DAY, "2999-01-01"): "before 1980 or in the future",
        row(6, ""): "It holds no text",
        row(7).replace("bob7@example.com", ""): "It names no customer",
        row(8).replace("Subject 8", "s" * 1_001): "subject is longer than 1000",
    }
    path = put(tmp_path, "a.csv", table(*rows))
    found = problems(path)
    for line, said in enumerate(rows.values(), 2):
        assert said in found[line]
    assert tickets(path) == []


def test_bytes_of_another_encoding_cost_their_row_alone(tmp_path: Path) -> None:
    good = table(*(row(number, "Größe und Länge?") for number in range(1, 9))).encode()
    path = put(tmp_path, "a.csv", good + row(9, "Größe?").encode("cp1252") + b"\n" + row(10).encode())
    assert "not of the file's encoding" in problems(path)[10]
    assert len(tickets(path)) == 9


def test_a_file_without_a_header_or_without_rows_is_told(tmp_path: Path) -> None:
    assert read(put(tmp_path, "a.csv", HEADER)) == []
    for content, said in (
        ("\n\n", "is empty"),
        ('"a\n', "no header"),
        ("a,b\n1,2\n", "The columns are: a, b"),
    ):
        with pytest.raises(InvalidInput, match=said):
            read(put(tmp_path, "a.csv", content))


def test_the_map_names_columns_and_statuses(tmp_path: Path) -> None:
    content = "Kunde;Frage;Stand\na@example.com;Wie groß?;Läuft\n"
    own = Map({"Kunde": "customer", "Frage": "question", "Stand": "status"}, {"läuft": Status.OPEN})
    [past] = tickets(put(tmp_path, "a.csv", content), map=own, keep_open=True)
    assert (past.identity, past.status) == ("a@example.com", Status.OPEN)
