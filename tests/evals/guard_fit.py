"""Fits the detector of `agent_core.guard` to the sentences in `guard_texts` and keeps it in the product's data.

`python -m tests.evals.guard_fit` prints how well sentences that were kept aside are told apart, then fits to all.
"""

import json
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from agent_core.guard import Detector, rows_of
from agent_core.hidden_text import visible
from agent_core.injection_patterns import FEATURES, Family

TEXTS = Path(__file__).with_name("guard_texts")
MODEL = Path(__file__).resolve().parents[2] / "src/agent_core/data/guard/model.json"
HARMLESS = "harmless"
# Chosen on the sentences kept aside; a message has several sentences, each a chance of a false alarm.
THRESHOLD = 0.62
_C = 8.0
_WORDLESS = 0.25
_EVERY = 4  # Each fourth sentence is kept aside.


@dataclass(frozen=True)
class Labelled:
    text: str
    name: str  # A family's, or HARMLESS.


def sentences() -> list[Labelled]:
    attacks = tomllib.loads((TEXTS / "attacks.toml").read_text(encoding="utf-8"))
    benign = tomllib.loads((TEXTS / "benign.toml").read_text(encoding="utf-8"))
    return [
        *(
            Labelled(line, Family(name))
            for name, lines in attacks.items()
            for line in lines.split("\n")
            if line
        ),
        *(Labelled(line, HARMLESS) for lines in benign.values() for line in lines.split("\n") if line),
    ]


def divided(labelled: Sequence[Labelled]) -> tuple[list[Labelled], list[Labelled]]:
    """To fit, and kept aside."""
    aside = list(labelled[::_EVERY])
    return [one for one in labelled if one not in aside], aside


def fit(labelled: Sequence[Labelled]) -> Detector:
    names = (*(str(family) for family in Family), HARMLESS)
    rows = rows_of([visible(one.text) for one in labelled])
    answers = [names.index(one.name) for one in labelled]
    # Once more without their meaning, for the scripts that the embedder does not read; without any sign as well,
    # nothing would tell an attack from a harmless sentence.
    wordless = rows.copy()
    wordless[:, : -len(FEATURES)] = 0
    told = [index for index, one in enumerate(labelled) if one.name == HARMLESS or wordless[index].any()]
    weights = np.concatenate([np.ones(len(rows)), np.full(len(told), _WORDLESS)])
    fitted = LogisticRegression(C=_C, max_iter=3000).fit(
        np.vstack([rows, wordless[told]]),
        [*answers, *(answers[index] for index in told)],
        sample_weight=weights,
    )
    return Detector(names, np.asarray(fitted.coef_), np.asarray(fitted.intercept_), THRESHOLD)


def shares(detector: Detector, labelled: Sequence[Labelled]) -> tuple[float, float]:
    """Share of the attacks that are found, and of the harmless sentences that are taken for one."""
    judged = detector.judge(rows_of([visible(one.text) for one in labelled]))
    alarms = np.array([probability >= detector.threshold for _family, probability in judged])
    attack = np.array([one.name != HARMLESS for one in labelled])
    return float(alarms[attack].mean()), float(alarms[~attack].mean())


def main() -> None:
    known, aside = divided(sentences())
    found, wrong = shares(fit(known), aside)
    print(f"kept aside: {len(aside)} sentences, found {found:.3f}, false alarms {wrong:.3f}")
    detector = fit([*known, *aside])
    kept = {
        "names": detector.names,
        "features": FEATURES,
        "threshold": detector.threshold,
        "bias": [round(float(one), 4) for one in detector.bias],
        "weights": [[round(float(one), 4) for one in row] for row in detector.weights],
    }
    MODEL.write_text(json.dumps(kept, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"kept in {MODEL}: {MODEL.stat().st_size // 1024} KiB")


if __name__ == "__main__":
    main()
