"""deskfleet evaluate language."""

from pathlib import Path
from typing import Any

import pytest

from deskfleet.commands.evaluate_language import code_of, measure, rows_of
from runtime.errors import InvalidInput

HEAD = "text,lang\n"
ROWS = (
    "Where is my parcel now please?,en-US\n"
    "Wo ist mein Paket jetzt bitte?,German\n"
    "Wo ist bitte mein anderes Paket?,en\n"
    "Où?,fr\n"
    "En voi avata sähköpostia koska ohjelma ei toimi,fi\n"
    ",en\n"
)


def figures(tmp_path: Path, content: str, *, min_words: int = 0) -> dict[str, Any]:
    file = tmp_path / "texts.csv"
    file.write_text(content, encoding="utf-8")
    return measure(rows_of(file, "text", "lang"), min_words=min_words)


def test_accuracy_is_counted_over_the_served_languages(tmp_path: Path) -> None:
    found = figures(tmp_path, HEAD + ROWS, min_words=5)
    assert found["n"] == 3
    assert found["accuracy"] == 0.6667
    assert found["per_language"] == {"en": {"accuracy": 0.5, "n": 2}, "de": {"accuracy": 1.0, "n": 1}}
    assert found["other_languages"] == {"n": 1, "told": 1}
    assert found["p50_ms"] > 0


@pytest.mark.parametrize(
    ("label", "code"), [("pt-BR", "pt"), ("German", "de"), (" ZH_cn ", "zh"), ("xx", "xx")]
)
def test_labels_are_codes_regions_or_names(label: str, code: str) -> None:
    assert code_of(label) == code


def test_what_is_wrong_with_the_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="has no column text; it has a, b") as caught:
        figures(tmp_path, "a,b\n1,2\n")
    assert caught.value.field == "--text-col"
    with pytest.raises(InvalidInput, match="no row with a text and a label"):
        figures(tmp_path, HEAD)
    with pytest.raises(InvalidInput, match="cannot be read"):
        list(rows_of(tmp_path / "absent.csv", "text", "lang"))
    (tmp_path / "latin.csv").write_bytes(b"text,lang\n\xff,de\n")
    with pytest.raises(InvalidInput, match="not a CSV file in UTF-8"):
        list(rows_of(tmp_path / "latin.csv", "text", "lang"))
