"""Reading texts with labels."""

from pathlib import Path

import pytest

from deskfleet.commands.labelled_texts import Labelled, Source, read
from runtime.errors import InvalidInput


def _source(path: Path | str) -> Source:
    return Source(str(path), "text", "label", "--test")


@pytest.mark.parametrize(
    ("name", "content", "chosen"),
    [
        ("a.csv", 'label,text,\nsmall,"one, two",\n', ""),
        ("a.tsv", "label\ttext\nsmall\tone, two\n", ""),
        ("a.jsonl", '{"text": "one, two", "label": "small"}\n\n', ""),
        ("a.json", '[{"text": "one, two", "label": "small"}]', ""),
        ("a.json", '{"x": [["one, two", "small"]], "y": 1}', "#x"),
    ],
)
def test_every_format_gives_the_same_rows(tmp_path: Path, name: str, content: str, chosen: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    assert read(_source(f"{tmp_path / name}{chosen}")) == [Labelled("one, two", "small")]


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("a.csv", "words,label\n", r"a\.csv has no column text; it has words, label\."),
        ("a.csv", "text,label\nfine,x\n,y\n", r"a\.csv, line 3: column text is missing or empty\."),
        ("a.csv", "text,label\nfine\n", r"a\.csv, line 2: column label is missing or empty\."),
        ("a.csv", "text,label\n", r"a\.csv has no row\."),
        ("a.jsonl", '{"text": "a", "label": "b"}\n{oops\n', r"a\.jsonl, line 2, is not JSON"),
        ("a.jsonl", "[1, 2, 3]\n", r"a\.jsonl, line 1, is neither an object nor a pair"),
        ("a.json", "{", r"a\.json is not a json file"),
        ("a.json", '{"x": []}', r"a\.json is not a list of rows"),
        ("a.json", '[{"text": "a"}]', r"a\.json, row 1: column label is missing or empty\."),
    ],
)
def test_what_is_wrong_is_named_by_its_place(tmp_path: Path, name: str, content: str, problem: str) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(InvalidInput, match=problem) as refused:
        read(_source(tmp_path / name))
    assert refused.value.field == "--test"


def test_a_list_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"train": [], "test": []}')
    with pytest.raises(InvalidInput, match="no list dev; it has train, test"):
        read(_source(f"{tmp_path / 'a.json'}#dev"))


def test_a_file_that_is_not_there_or_not_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be read: No such file"):
        read(_source(tmp_path / "none.csv"))
    (tmp_path / "b.csv").write_bytes(b"text,label\n\xff\xfe,x\n")
    with pytest.raises(InvalidInput, match=r"b\.csv is not a csv file in UTF-8"):
        read(_source(tmp_path / "b.csv"))
