"""Columns find their fields by usual names; what is missing or wrong is named with what is there."""

from pathlib import Path

import pytest

from ingestion.history.columns import match, read_map
from runtime.errors import InvalidInput
from tests.ingestion.history.exports import put
from tickets.contracts import Status


def test_usual_names_are_found_however_they_are_spelled() -> None:
    found = [
        "Ticket ID",
        "Requester Email",
        "Requester Name",
        "Title",
        "Description",
        "Resolution Notes",
        "State",
    ]
    assert match(found, {}) == {
        "id": "Ticket ID",
        "customer": "Requester Email",
        "name": "Requester Name",
        "subject": "Title",
        "question": "Description",
        "answer": "Resolution Notes",
        "status": "State",
    }


def test_what_the_user_says_wins_and_no_column_is_used_twice() -> None:
    matched = match(["email", "from", "body", "message"], {"message": "question", "from": "customer"})
    assert (matched["question"], matched["customer"]) == ("message", "from")
    assert len(set(matched.values())) == len(matched)


def test_a_missing_column_is_named_with_those_that_are_there_and_the_way_out() -> None:
    with pytest.raises(InvalidInput) as raised:
        match(["Nr", "Text", "Kunde"], {})
    said = raised.value.detail
    assert said.startswith("No column holds the customer. The columns are: Nr, Text, Kunde.")
    assert "--map COLUMN=customer" in said
    assert match(["Nr", "Text", "Kunde"], {"Kunde": "customer"})["customer"] == "Kunde"


def test_wrong_maps_are_told(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"There is no column Kunde\. The columns are: email, text\."):
        match(["email", "text"], {"Kunde": "customer"})
    for given, said in (("a", "not of the form"), ("a=b", "There is no field b")):
        with pytest.raises(InvalidInput, match=said):
            read_map([given], None)
    for content, said in (("columns = 1", "no table"), ("a=", "no TOML"), ("x = 1", "x is not one of")):
        with pytest.raises(InvalidInput, match=said):
            read_map([], put(tmp_path, "map.toml", content))
    with pytest.raises(InvalidInput, match="odd is not one of open, resolved, closed"):
        read_map([], put(tmp_path, "map.toml", '[status]\nErledigt = "odd"'))
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_map([], tmp_path / "nowhere.toml")


def test_a_map_file_maps_columns_statuses_and_dates(tmp_path: Path) -> None:
    content = 'date_format = "%d/%m/%Y"\n[columns]\n"E = mail" = "customer"\n[status]\n"In Arbeit" = "open"\n'
    found = read_map(["Text=question"], put(tmp_path, "map.toml", content))
    assert found.fields == {"E = mail": "customer", "Text": "question"}
    assert (found.statuses, found.date_format) == ({"in_arbeit": Status.OPEN}, "%d/%m/%Y")
