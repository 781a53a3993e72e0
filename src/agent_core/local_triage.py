"""Triage without a model's server: classifiers on local embeddings and words, which say when they do not know."""

import threading
import time
from dataclasses import dataclass

from agent_core import languages, training, word_lists
from agent_core.classifier import Guess
from agent_core.features import MOST_CHARACTERS, Text
from agent_core.taxonomy import FALLBACK
from agent_core.training import Classifiers
from runtime.language import language_of
from tickets.contracts import Priority

# Few examples make priority the weakest of the three: below this it stays normal.
_SURE_PRIORITY = 0.6
_LOOK_AGAIN_S = 60.0
_MOST_WORDS = 6


@dataclass(frozen=True)
class LocalTriage:
    """`in_scope` is False for a message that is about none of the categories: its category is then the fallback.

    `sentiment` is P(positive) − P(negative); `urgency` are the words that say it is urgent or unsafe;
    `reasoning` names words of our own lists, never the customer's.
    """

    category: str
    confidence: float
    priority: Priority
    sentiment: float
    in_scope: bool = True
    urgency: tuple[str, ...] = ()
    intent: str = ""
    reasoning: str = ""


@dataclass
class _Loaded:
    classifiers: Classifiers | None = None
    version: float = -1.0
    looked_at: float = 0.0


_loading = threading.Lock()
_loaded = _Loaded()


def warm_up() -> None:
    """Train now, when that was not done before, so that the first message does not wait for it."""
    _classifiers()


def forget() -> None:
    """Let the next message load its classifiers anew."""
    with _loading:
        _loaded.classifiers = None


def classify(text: str, language: str = "") -> LocalTriage:
    """Category, priority and sentiment of a message. Without a language it is told from the text."""
    text = text[:MOST_CHARACTERS]
    language = language or language_of(text)
    classifiers, asked = _classifiers(), Text(text, language)
    category = classifiers.category.guess(asked)
    name = category.best if category.in_scope else FALLBACK
    return LocalTriage(
        category=name,
        confidence=_confidence(category),
        priority=raised(_priority(classifiers.priority.guess(asked)), text, language),
        sentiment=_mood(classifiers.sentiment.guess(asked)).score,
        in_scope=category.in_scope,
        urgency=urgency_words(text, language),
        intent=name.replace("_", " ") if category.in_scope else "none of the categories",
        reasoning=_reasoning(category, asked),
    )


@dataclass(frozen=True)
class Mood:
    """`label` is positive, neutral or negative; `score` is P(positive) − P(negative)."""

    label: str
    score: float


def mood(text: str, language: str = "") -> Mood:
    """How the writer feels. Without a language it is told from the text."""
    text = text[:MOST_CHARACTERS]
    return _mood(_classifiers().sentiment.guess(Text(text, language or language_of(text))))


def _mood(guess: Guess) -> Mood:
    return Mood(guess.best, guess.probabilities["positive"] - guess.probabilities["negative"])


def raised(priority: Priority, text: str, language: str) -> Priority:
    """The given priority, raised where the message says that it is urgent or unsafe."""
    if languages.find_phrase("safety", text, language):
        return Priority.CRITICAL
    if languages.find_phrase("urgent", text, language) and priority.rank < Priority.HIGH.rank:
        return Priority.HIGH
    return priority


def urgency_words(text: str, language: str) -> tuple[str, ...]:
    """What in the message says that it is urgent or unsafe."""
    found = (languages.find_phrase(kind, text, language) for kind in ("safety", "urgent"))
    return tuple(phrase for phrase in found if phrase)


def _priority(guess: Guess) -> Priority:
    return Priority(guess.best) if guess.probabilities[guess.best] >= _SURE_PRIORITY else Priority.NORMAL


def _confidence(guess: Guess) -> float:
    """That the category is right. Out of scope the fallback is a guess of its own: what speaks for it alone."""
    return (
        guess.confidence if guess.in_scope else min(guess.confidence, guess.probabilities.get(FALLBACK, 0.0))
    )


def _reasoning(guess: Guess, asked: Text) -> str:
    words = dict.fromkeys(hit.word for hit in word_lists.find(word_lists.TOPICS, asked.text, asked.language))
    ranked = sorted(guess.probabilities.items(), key=lambda one: -one[1])[:2]
    likeliest = ", then ".join(f"{name} {chance:.2f}" for name, chance in ranked)
    told = f"words {', '.join(list(words)[:_MOST_WORDS])}" if words else "no word of the lists"
    where = "" if guess.in_scope else "unlike all examples; "
    return f"Local classifier: {where}{likeliest}; {told}."


def _classifiers() -> Classifiers:
    """Those of this process; a look once a minute finds whether newer ones were trained."""
    with _loading:
        now = time.monotonic()
        if _loaded.classifiers is None or now - _loaded.looked_at > _LOOK_AGAIN_S:
            _loaded.looked_at = now
            version = training.version()
            if _loaded.classifiers is None or version != _loaded.version:
                _loaded.classifiers, _loaded.version = training.current(), version
        return _loaded.classifiers
