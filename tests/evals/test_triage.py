"""How well the local classifiers tell intents, texts of no intent, and moods on public sets; tuned on training texts.

The slow ones train on 10,000 to 15,000 texts: up to two minutes each on two busy cores.
"""

import statistics
from collections.abc import Sequence

import numpy as np
import pytest

from deskfleet.commands import evaluate_sentiment, evaluate_triage
from deskfleet.commands.evaluate_triage import Measured, Plan
from deskfleet.commands.labelled_texts import Labelled, Source, read
from tests.evals.public_sets import DATA

INTENTS = DATA / "intent"
MOODS = DATA / "dialogues" / "multilingual_sentiment_12"
_SERVED = ("english", "german", "french", "spanish", "italian", "portuguese", "japanese", "chinese", "arabic")
_OUTSIDE = "(outside)"
BOTS = ("curekart", "powerplay11", "sofmattress")

needs_intents = pytest.mark.skipif(not INTENTS.is_dir(), reason="the sets of intents are not on this machine")


def _read(path: str, text: str, label: str) -> list[Labelled]:
    return read(Source(path, text, label, "--test"))


def banking() -> Measured:
    folder = INTENTS / "banking77"
    train, test = (_read(f"{folder / name}.csv", "text", "category") for name in ("train", "test"))
    return evaluate_triage.measure(Plan(train, test))


def clinc() -> Measured:
    """One JSON file of lists; the texts of no intent are told by a threshold that training alone chooses."""
    source = INTENTS / "clinc150" / "data_full.json"
    train, test = (_read(f"{source}#{lists}", "text", "label") for lists in ("train", "test,oos_test"))
    return evaluate_triage.measure(Plan(train, test, outside="oos", threshold="auto"))


def few_examples(bot: str) -> dict[str, float]:
    """With a fifth of the intents left out; the mean of three draws."""
    rows = _read(str(INTENTS / "hint3" / "v2" / "train" / f"{bot}_train.csv"), "sentence", "label")
    runs = [evaluate_triage.measure(_left_out(rows, seed)) for seed in range(3)]
    names = ("in_scope_accuracy", "oos_recall", "ece")
    return {name: statistics.mean(_figure(run, name) for run in runs) for name in names}


def moods() -> dict[str, dict[str, float]]:
    """Macro F1 and the recall of negative texts, by language."""
    found = {}
    for language in _SERVED:
        figures = evaluate_sentiment.measure(_read(str(MOODS / f"{language}.csv"), "text", "label"))
        negative = figures["per_label"]["negative"]["recall"]
        found[language] = {"macro_f1": figures["macro_f1"], "negative_recall": negative}
    return found


def _print(name: str, measured: Measured) -> None:
    print(f"\n{name}: " + ", ".join(f"{key} {value}" for key, value in measured.figures.items()))
    for one in measured.bins:
        print(f"    claimed {one.confidence:.3f}, right {one.accuracy:.3f}, of {one.texts}")


def _figure(measured: Measured, name: str) -> float:
    value = measured.figures[name]
    assert value is not None
    return float(value)


@needs_intents
@pytest.mark.slow
def test_banking_intents_are_told() -> None:
    measured = banking()
    _print("banking77 (accuracy at least 0.93, ece at most 0.05, p50 below 50 ms)", measured)
    assert _figure(measured, "accuracy") >= 0.93
    assert _figure(measured, "ece") <= 0.05
    assert _figure(measured, "p50_ms") < 50


@needs_intents
@pytest.mark.slow
def test_questions_of_no_intent_are_refused_and_the_others_told() -> None:
    measured = clinc()
    _print("clinc150 (in scope at least 0.945, out of scope at least 0.70, ece at most 0.05)", measured)
    assert _figure(measured, "in_scope_accuracy") >= 0.945
    assert _figure(measured, "oos_recall") >= 0.70
    assert _figure(measured, "ece") <= 0.05
    assert _figure(measured, "p50_ms") < 50


@needs_intents
@pytest.mark.parametrize("bot", BOTS)
def test_few_examples_with_a_fifth_of_the_intents_left_out(bot: str) -> None:
    """What is left out is near what is not, so half of it is hard to tell: the exercise is printed and floored."""
    kept, refused, ece = few_examples(bot).values()
    print(f"\nhint3 {bot}: in scope {kept:.3f}, left-out intents refused {refused:.3f}, ece {ece:.3f}")
    assert kept >= 0.7
    assert refused >= 0.5


def _left_out(rows: Sequence[Labelled], seed: int) -> Plan:
    """A fifth of the intents and a fifth of the other texts are tested on and not learnt."""
    draw = np.random.default_rng(seed)
    labels = sorted({row.label for row in rows})
    hidden = {str(one) for one in draw.choice(labels, max(1, len(labels) // 5), replace=False)}
    known = [row for row in rows if row.label not in hidden]
    order = draw.permutation(len(known))
    cut = len(known) // 5
    strangers = [Labelled(row.text, _OUTSIDE) for row in rows if row.label in hidden]
    return Plan(
        train=[known[number] for number in order[cut:]],
        test=[known[number] for number in order[:cut]] + strangers,
        outside=_OUTSIDE,
        threshold="auto",
        outside_share=0.3,
    )


@pytest.mark.skipif(not MOODS.is_dir(), reason="the sets of moods are not on this machine")
def test_moods_are_told_in_the_served_languages() -> None:
    """Posts and reviews of strangers, not support: most say how they feel without any word for it."""
    found = moods()
    for language, one in found.items():
        print(f"\n{language}: macro F1 {one['macro_f1']:.3f}, negative recall {one['negative_recall']:.3f}")
    mean = statistics.mean(one["macro_f1"] for one in found.values())
    print(f"\nmean macro F1 {mean:.3f}")
    assert mean >= 0.48
