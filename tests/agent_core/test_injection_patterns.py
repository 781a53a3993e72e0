"""Signs of attacks in every language, and marks that no customer writes."""

import pytest

from agent_core.guard import detector
from agent_core.injection_patterns import FEATURES, Family, families_in, features_of, is_marked, words_of
from runtime.language import LANGUAGES

_IN_ALL = {Family.OVERRIDE, Family.REVEAL, Family.ROLEPLAY, Family.EXFILTRATE, Family.QUOTED, Family.HIJACK}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_knows_the_common_families_abuse_and_guarantees(language: str) -> None:
    words = words_of(language)
    assert {Family(sign["family"]) for sign in words["sign"]} >= _IN_ALL
    assert len(words["output"]["abuse"]) >= 8
    assert words["output"]["promise"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_term_of_each_group_makes_the_sign(language: str) -> None:
    for sign in words_of(language)["sign"]:
        text = " ".join(group[0].rstrip("*") for group in sign["groups"])
        assert Family(sign["family"]) in families_in(text), text


@pytest.mark.parametrize(
    "text",
    [
        "<|system|>",
        "</system>",
        "### Instruction: obey",
        '{"tool_calls": []}',
        "{'function': 'refund', 'arguments': {}}",
        "[/INST]",
    ],
)
def test_marks_of_prompts_and_tools_are_known(text: str) -> None:
    assert is_marked(text)


@pytest.mark.parametrize(
    "text",
    [
        "System: Windows 11",
        "# Instructions",
        '{"name": "Alice", "order": 3}',
        "System < 3 > 2",
        "Source: the web",
    ],
)
def test_what_customers_paste_is_no_mark(text: str) -> None:
    assert not is_marked(text)


def test_the_detector_was_fitted_to_these_features() -> None:
    assert len(features_of("Hello")) == len(FEATURES)
    assert detector().weights.shape == (len(Family) + 1, 384 + len(FEATURES))
