"""Trained classifiers kept as files, named by all that went into them. The files hold numbers, never a text."""

import hashlib
import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from agent_core.classifier import Classifier, Example, HeldOut
from agent_core.features import FeatureSpace, Kernel
from agent_core.ngrams import NgramSpace
from agent_core.reliability import Bin, Honesty
from llm import local_embedding
from runtime.data_folder import data_folder
from tickets.categories import built_in

_VERSION = 4  # Raise it when the training or the word lists change: kept classifiers are then trained anew.
_WORD_LISTS = Path(__file__).parent / "data" / "words"


def folder() -> Path:
    return data_folder() / "models"


def recipe() -> str:
    """The same where the same code, embedder, word lists and categories can use what was trained."""
    told = [_VERSION, local_embedding.model_id(), _word_lists(), sorted(built_in())]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:24]


def _word_lists() -> list[str]:
    return [file.read_text(encoding="utf-8") for file in sorted(_WORD_LISTS.glob("*.toml"))]


def fingerprint(examples: Sequence[Example], options: dict[str, Any]) -> str:
    """The same for the same examples in the same order, embedder, word lists and options."""
    told = [
        _VERSION,
        local_embedding.model_id(),
        options,
        _word_lists(),
        [(one.text.text, one.text.language, one.label) for one in examples],
    ]
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:24]


def kept_or(train: Callable[[], Classifier], name: str) -> Classifier:
    """The kept classifier of this fingerprint, else a new one, which is then kept."""
    file = path_of(name)
    if file.exists():
        return read(file)
    classifier = train()
    write(file, classifier)
    return classifier


def path_of(name: str) -> Path:
    return folder() / f"{name}.npz"


def write_content(name: str, content: bytes) -> None:
    """A file that another process wrote; whole or not at all."""
    file = path_of(name)
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_name(f".{file.name}.{os.getpid()}.part")
    temporary.write_bytes(content)
    temporary.replace(file)


def read(file: Path) -> Classifier:
    with np.load(file, allow_pickle=False) as kept:
        facts = json.loads(str(kept["facts"]))
        held_out = facts["held_out"]
        return Classifier(
            names=tuple(facts["names"]),
            space=FeatureSpace(NgramSpace((kept["rarity_0"], kept["rarity_1"])), facts["lists"]),
            kernel=Kernel(**facts["kernel"]),
            examples={name: kept[f"examples_{name}"] for name in facts["parts"]},
            weights=kept["weights"],
            scale=facts["scale"],
            honesty=Honesty(**facts["honesty"]),
            threshold=float(kept["threshold"]),
            held_out=HeldOut(
                held_out["accuracy"], held_out["ece"], tuple(Bin(**one) for one in held_out["bins"])
            ),
        )


def write(file: Path, classifier: Classifier) -> None:
    """Whole or not at all: another process may read meanwhile."""
    file.parent.mkdir(parents=True, exist_ok=True)
    facts = {
        "names": classifier.names,
        "lists": classifier.space.lists,
        "parts": list(classifier.examples),
        "kernel": asdict(classifier.kernel),
        "scale": classifier.scale,
        "honesty": asdict(classifier.honesty),
        "held_out": asdict(classifier.held_out),
    }
    arrays: dict[str, Any] = {f"examples_{name}": rows for name, rows in classifier.examples.items()}
    arrays |= {f"rarity_{number}": one for number, one in enumerate(classifier.space.ngrams.rarity)}
    arrays |= {"weights": classifier.weights, "threshold": np.array(classifier.threshold)}
    arrays |= {"facts": np.array(json.dumps(facts))}
    temporary = file.with_name(f".{file.name}.{os.getpid()}.npz")
    np.savez(temporary, allow_pickle=False, **arrays)
    temporary.replace(file)


def drop_all_but(names: frozenset[str]) -> int:
    """Forget the classifiers that nothing asks for any more; how many they were."""
    stale = [
        file for file in folder().glob("*.npz") if file.stem not in names and not file.name.startswith(".")
    ]
    for file in stale:
        file.unlink(missing_ok=True)
    return len(stale)
