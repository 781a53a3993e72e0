"""Whether a source says something at all."""

import pytest

from agent_core.evidence import gather
from agent_core.likeness import doubt, is_said
from agent_core.readings import read_sentence
from agent_core.ties import ties_of

SOURCES = [
    "Teak furniture may stay outside all year, but cushions should be stored dry. "
    "Grey discolouration is natural and no defect. We deliver to the kerb within 10 working days."
]


def judged(text: str) -> tuple[bool, float]:
    evidence = gather(SOURCES, ["en"])
    claim = read_sentence(text, "en")
    _, score = ties_of(claim, evidence)
    return is_said(claim, score, evidence), doubt(claim, score, evidence)


@pytest.mark.parametrize(
    "text",
    [
        "Your furniture made of teak may be left outside the whole year.",
        "Our delivery goes as far as the kerb and takes up to 10 working days.",
    ],
)
def test_the_same_in_other_words_is_said(text: str) -> None:
    assert judged(text)[0]


@pytest.mark.parametrize(
    "text", ["An oil in our shop brings the colour back.", "For a surcharge the driver assembles everything."]
)
def test_a_policy_that_nobody_wrote_is_not(text: str) -> None:
    said, doubted = judged(text)
    assert not said
    assert doubted > 0.5
