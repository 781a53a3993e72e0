"""How much personal data is found in labelled texts, and how little else is taken for it."""

import csv
from typing import Any

import pytest

from deskfleet.commands.evaluate_redaction import measure, read
from runtime.redaction import DANGEROUS, Kind, find
from tests.evals.public_sets import DATA

SPANS = DATA / "guardrails" / "presidio_research" / "synth_400.json"
QUESTIONS = DATA / "intent" / "banking77" / "train.csv"


def found_in_questions() -> tuple[list[Kind], int]:
    """What is taken for personal data in questions that hold none, and how many questions there are."""
    with QUESTIONS.open(encoding="utf-8", newline="") as opened:
        texts = [row["text"] for row in csv.DictReader(opened)]
    return [one.kind for text in texts for one in find(text)], len(texts)


@pytest.mark.skipif(not SPANS.is_file(), reason="The evaluation data is not on this machine.")
def test_numbers_are_all_found_and_names_and_streets_where_the_text_tells() -> None:
    figures: dict[str, Any] = measure(read(SPANS))
    kinds = figures["per_entity"]
    shown = {name: kinds[name] for name in kinds if name in list(Kind)}
    print(f"\nredaction: {shown}")
    for name in ("CREDIT_CARD", "IBAN_CODE", "US_SSN", "IP_ADDRESS"):
        assert kinds[name]["recall"] == 1.0, name
    for name in ("CREDIT_CARD", "IBAN_CODE"):
        assert kinds[name]["precision"] == 1.0, name
    for name in ("EMAIL_ADDRESS", "PHONE_NUMBER"):
        assert kinds[name]["recall"] >= 0.95, name
        assert kinds[name]["precision"] >= 0.95, name
    assert kinds["STREET_ADDRESS"]["recall"] >= 0.8
    assert kinds["STREET_ADDRESS"]["precision"] >= 0.75
    assert kinds["PERSON"]["recall"] >= 0.35
    assert kinds["PERSON"]["precision"] >= 0.9


@pytest.mark.skipif(not QUESTIONS.is_file(), reason="The evaluation data is not on this machine.")
def test_questions_that_hold_no_numbers_are_left_alone() -> None:
    found, texts = found_in_questions()
    print(f"\nredaction: {len(found)} findings in {texts} questions of a bank's customers")
    assert not DANGEROUS & set(found)
    assert len(found) <= 0.001 * texts
