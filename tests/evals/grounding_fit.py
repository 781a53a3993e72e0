"""Fits the weights of `agent_core.likeness` to the statements of the development texts that nothing speaks against.

`python -m tests.evals.grounding_fit` prints them, and how they do on texts that were left out of the fit as a whole.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

from agent_core.claims import statements_of
from agent_core.evidence import gather
from agent_core.likeness import MOST_DOUBT, signs
from agent_core.readings import read
from agent_core.sentences import readable
from agent_core.statements import against
from agent_core.ties import ties_of
from tests.evals.grounding_cases import Case, Part, cases

_C = 10.0
_FOLDS = 10


@dataclass(frozen=True)
class Labelled:
    """A statement's signs, whether it is an invented policy, and the number of its text."""

    signs: tuple[float, ...]
    invented: bool
    text: int


def statements() -> list[Labelled]:
    """Of a reply with an invented policy the statement that shares the fewest words with the sources."""
    numbers: dict[tuple[str, ...], int] = {}
    found: list[Labelled] = []
    for case in (*cases(Part.NEAR), *cases(Part.FAR)):
        text = numbers.setdefault(case.passages, len(numbers))
        if case.supported:
            found += [Labelled(one, False, text) for one in _signs(case) if one]
        elif case.kind == "policy":
            told = [*_signs(case)]
            found += (
                [] if () in told else [Labelled(one, True, text) for one in sorted(told, key=_shared)[:1]]
            )
    return found


def _shared(told: tuple[float, ...]) -> float:
    """The share of the words that the sources hold: of English, or of another language."""
    return told[0] + told[2]


def _signs(case: Case) -> Iterator[tuple[float, ...]]:
    """Nothing for a statement that something speaks against."""
    evidence = gather([readable(one) for one in case.passages], [case.language] * len(case.passages))
    reply = read(case.reply, case.language)
    for one in statements_of(case.reply, case.language):
        claim = one.sentence
        ties, score = ties_of(claim, evidence)
        quoted = any(claim.text == proof.sentence.text for proof in evidence.proofs)
        contradicted = next(against(claim, ties, score, evidence, reply), "")
        if not (quoted or one.bare or one.promise):
            yield () if contradicted else signs(claim, score, evidence)


def fit(rows: NDArray[np.float64], invented: NDArray[np.bool_]) -> LogisticRegression:
    return LogisticRegression(C=_C, max_iter=5000).fit(rows, invented)


def main() -> None:
    labelled = statements()
    rows = np.array([one.signs for one in labelled])
    invented = np.array([one.invented for one in labelled])
    doubts = np.zeros(len(rows))
    for known, aside in GroupKFold(_FOLDS).split(rows, invented, [one.text for one in labelled]):
        doubts[aside] = fit(rows[known], invented[known]).predict_proba(rows[aside])[:, 1]
    refused = doubts > MOST_DOUBT
    print(f"left out: {refused[invented].sum()} of {invented.sum()} invented policies refused", end=", ")
    print(f"{refused[~invented].sum()} of {(~invented).sum()} statements of the sources")
    fitted = fit(rows, invented)
    print(f"weights {np.round(fitted.coef_[0], 2).tolist()}, bias {fitted.intercept_[0]:.2f}")


if __name__ == "__main__":
    main()
