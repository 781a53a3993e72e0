"""Documents, questions and judgements for `evaluate retrieval`, and how their faults are named."""

from pathlib import Path

import pytest

from deskfleet.commands.judged_questions import (
    read_documents,
    read_judgements,
    read_negatives,
    read_questions,
)
from runtime.errors import InvalidInput


def written(folder: Path, content: str, name: str = "rows.jsonl") -> Path:
    file = folder / name
    file.write_text(content, encoding="utf-8")
    return file


def test_an_article_has_its_summary_before_its_text_and_an_answer_keeps_its_question(tmp_path: Path) -> None:
    file = written(
        tmp_path,
        '{"_id": "1", "title": "Shipping", "summary": "How we ship.", "text": "By mail."}\n\n'
        '{"_id": 2, "question": "Do you ship abroad?", "answer": "Yes."}\n',
    )
    article, answered = read_documents(file, language="en")
    assert (article.slug, article.title, article.question) == ("1", "Shipping", "")
    assert article.body == "How we ship.\n\nBy mail."
    assert (answered.slug, answered.title, answered.question, answered.body) == (
        "2",
        "Do you ship abroad?",
        "Do you ship abroad?",
        "Yes.",
    )


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ('{"_id": "1", "title": "A", "text": "B"}\n{', "line 2: no JSON"),
        ("[1]", "line 1: no JSON object"),
        ('{"title": "A", "text": "B"}', "line 1: _id is missing"),
        ('{"_id": "1", "text": "B"}', "line 1: it needs title and text"),
        ('{"_id": "1", "title": ["A"], "text": "B"}', "line 1: title is no text"),
        ('{"_id": "1", "title": "A", "text": "B"}\n' * 2, "line 2: the _id 1 was there before"),
        ("\n", "has no row"),
    ],
)
def test_a_bad_document_is_named_by_its_line(tmp_path: Path, content: str, problem: str) -> None:
    with pytest.raises(InvalidInput, match=problem) as caught:
        read_documents(written(tmp_path, content), language="en")
    assert caught.value.field == "--docs"


def test_a_question_is_its_title_and_its_text(tmp_path: Path) -> None:
    file = written(
        tmp_path, '{"_id": "q", "title": "Late", "text": "Where is it?"}\n{"_id": "r", "text": "Hm"}\n'
    )
    assert read_questions(file) == {"q": "Late\nWhere is it?", "r": "Hm"}
    with pytest.raises(InvalidInput, match="line 1: both title and text"):
        read_questions(written(tmp_path, '{"_id": "q", "title": " "}'))


HEAD = "query-id,corpus-id,score,kind,split\n"


def test_judgements_are_grouped_by_split_and_a_score_of_zero_is_no_answer(tmp_path: Path) -> None:
    file = written(tmp_path, f"{HEAD}q,1,2,a,train\nq,2,1,b,dev\nr,1,0,a,dev\n", "q.csv")
    found = read_judgements(file, {"q": "Q", "r": "R"}, {"1", "2"})
    assert [(one.id, one.grades) for one in found["train"]] == [("q", {"1": 2.0})]
    assert [(one.id, one.grades) for one in found["dev"]] == [("q", {"2": 1.0})]
    only = read_judgements(file, {"q": "Q", "r": "R"}, {"1", "2"}, where="kind=b")
    assert list(only) == ["dev"]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (f"{HEAD}q,9,1,a,dev\n", "line 2: there is no document 9"),
        (f"{HEAD}z,1,1,a,dev\n", "line 2: there is no question z"),
        (f"{HEAD}q,1,much,a,dev\n", "line 2: the score much is no number"),
        ("query-id,score\nq,1\n", "has no column corpus-id"),
        (f"{HEAD}q,1,0,a,dev\n", "judges no document to be an answer"),
    ],
)
def test_a_bad_judgement_is_named_by_its_line(tmp_path: Path, content: str, problem: str) -> None:
    with pytest.raises(InvalidInput, match=problem) as caught:
        read_judgements(written(tmp_path, content, "q.csv"), {"q": "Q"}, {"1"})
    assert caught.value.field == "--qrels"


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be read"):
        read_questions(tmp_path / "absent.jsonl")
    file = tmp_path / "latin.jsonl"
    file.write_bytes(b"\xff")
    with pytest.raises(InvalidInput, match="no UTF-8 text"):
        read_questions(file)
    with pytest.raises(InvalidInput, match="is not COLUMN=VALUE"):
        read_judgements(written(tmp_path, HEAD, "q.csv"), {}, set(), where="kind")


def test_negatives_come_as_lines_json_lines_or_a_list_of_a_json_object(tmp_path: Path) -> None:
    assert read_negatives(str(written(tmp_path, "One?\n\nTwo?\n", "n.txt"))) == ["One?", "Two?"]
    assert read_negatives(str(written(tmp_path, '{"text": "One?"}\n', "n.jsonl"))) == ["One?"]
    pairs = written(tmp_path, '{"far": [["One?", "x"]], "near": []}', "n.json")
    assert read_negatives(f"{pairs}#far") == ["One?"]
    with pytest.raises(InvalidInput, match="has no text"):
        read_negatives(str(written(tmp_path, "\n", "n.txt")))
