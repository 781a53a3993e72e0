"""Every measurement of quality, by group: the figures that `scripts/evaluate.py` prints, each with its target.

The tests beside this file assert floors on the same figures; here they are collected for the table.
"""

import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from rich.progress import Progress

from deskfleet.commands import evaluate_conversations, evaluate_grounding, evaluate_guard, evaluate_redaction
from deskfleet.commands.scripted_customers import read
from deskfleet.migrate import migrate
from deskfleet.own_desk import own_desk
from knowledge.articles import add_path
from runtime.database import transaction
from tests.evals import (
    grounding_cases,
    mail_scoring,
    test_forecast,
    test_guard,
    test_language,
    test_mail_parsing,
    test_redaction,
    test_retrieval,
    test_triage,
)
from tests.evals.public_sets import DATA, ROOT
from tests.evals.relevance_fit import ARTICLES, rank_all, sections

CONVERSATIONS = ROOT / "tests" / "evals" / "conversations.jsonl"
Figures = Mapping[str, float]


class Better(StrEnum):
    HIGHER = "at least"
    LOWER = "at most"


@dataclass(frozen=True)
class Target:
    figure: str
    value: float
    better: Better = Better.HIGHER


@dataclass(frozen=True)
class Group:
    """`needs`: the folder of public texts without which nothing can be measured; none: own texts are enough."""

    name: str
    measure: Callable[[], Figures]
    targets: tuple[Target, ...]
    needs: str = ""

    @property
    def has_data(self) -> bool:
        return not self.needs or (DATA / self.needs).is_dir()


def _splitting() -> Figures:
    checks = {name: list(checks()) for name, checks in mail_scoring.SETS.items()}
    return {name: statistics.mean(check.holds for check in found) for name, found in checks.items()}


def _parsing() -> Figures:
    machines = [
        (kind, test_mail_parsing.parsed(path)) for kind, _, path in test_mail_parsing.labelled_machines()
    ]
    people = [mail.answerable for _, mail in test_mail_parsing.written_by_people()]
    return {
        "kind told": statistics.mean(mail.kind == kind for kind, mail in machines),
        "machines answered": sum(mail.answerable for kind, mail in machines if kind != "message"),
        "people not answered": 1 - statistics.mean(people),
    }


def _language() -> Figures:
    figures = test_language.posts()
    worst = min(one["accuracy"] for one in figures["per_language"].values())
    return {"accuracy": figures["accuracy"], "worst language": worst, "p50 ms": figures["p50_ms"]}


def _redaction() -> Figures:
    kinds = evaluate_redaction.measure(evaluate_redaction.read(test_redaction.SPANS))["per_entity"]
    assert isinstance(kinds, dict)
    found, texts = test_redaction.found_in_questions()
    recalls = {f"{name} recall": kinds[name]["recall"] for name in _RECALLS}
    return recalls | {
        "PERSON precision": kinds["PERSON"]["precision"],
        "findings in harmless": len(found) / texts,
    }


_RECALLS = {
    "CREDIT_CARD": 1.0,
    "IBAN_CODE": 1.0,
    "US_SSN": 1.0,
    "IP_ADDRESS": 1.0,
    "EMAIL_ADDRESS": 0.95,
    "PHONE_NUMBER": 0.95,
    "STREET_ADDRESS": 0.8,
    "PERSON": 0.35,
}


def _banking() -> Figures:
    return _known(test_triage.banking().figures, "accuracy", "ece", "p50_ms")


def _clinc() -> Figures:
    return _known(test_triage.clinc().figures, "in_scope_accuracy", "oos_recall", "ece")


def _known(figures: Mapping[str, float | int | None], *names: str) -> Figures:
    """The named ones; what could not be measured is left out and so counts as not met."""
    return {name: float(value) for name in names if (value := figures[name]) is not None}


def _hint3() -> Figures:
    bots = [test_triage.few_examples(bot) for bot in test_triage.BOTS]
    return {name: statistics.mean(bot[name] for bot in bots) for name in ("in_scope_accuracy", "oos_recall")}


def _sentiment() -> Figures:
    found = test_triage.moods().values()
    return {name: statistics.mean(one[name] for one in found) for name in ("macro_f1", "negative_recall")}


def _guard() -> Figures:
    with own_desk("guard", offline=True):
        migrate()
        add_path(ARTICLES)
        attacks, harmless = test_guard.attacks(), test_guard.harmless_with_triggers()
        figures = evaluate_guard.measure(attacks, harmless, Progress(disable=True))
    return _known(figures, "harmless_rate", "false_alarm_rate", "attack_recall", "p50_ms")


def _grounding() -> Figures:
    found: dict[str, float] = {}
    for part in grounding_cases.Part:
        cases = (
            evaluate_grounding.Case(
                reply=one.reply, passages=list(one.passages), supported=one.supported, language=one.language
            )
            for one in grounding_cases.cases(part)
        )
        figures = evaluate_grounding.measure(cases)
        for name in ("catch_rate", "false_block_rate"):
            found[f"{part.name.lower()} {name}"] = float(str(figures[name]))
    return found


def _retrieval() -> Figures:
    with own_desk("retrieval", offline=True):
        migrate()
        add_path(ARTICLES)
        with transaction() as session:
            shares = test_retrieval.shares(rank_all(session), sections(session))
    return dict(zip(("first", "among five", "false alarms"), shares, strict=True))


def _conversations() -> Figures:
    figures = evaluate_conversations.measure(read(CONVERSATIONS), Progress(disable=True))
    count = figures["conversations"]
    return {
        "as expected": figures["as_expected"],
        "wrong": round(figures["wrong"] / count, 4),
        "missed": round(figures["missed"] / count, 4),
        "resolution rate": figures["resolution_rate"],
        "unanswered": figures["unanswered"],
        "p95 s": figures["p95_s"],
    }


def _at_most(figure: str, value: float) -> Target:
    return Target(figure, value, Better.LOWER)


def _forecast_targets() -> tuple[Target, ...]:
    found = []
    for name, case in test_forecast.CASES.items():
        if case.most_wape:
            found.append(_at_most(f"{name} wape", case.most_wape))
        found.append(_at_most(f"{name} beside mean of four", case.most_beside_mean4))
        found.append(_at_most(f"{name} mase", 1.0))
        found.append(_at_most(f"{name} outside the band", 0.0))
    return (*found, _at_most("fit s", 5.0), _at_most("predict ms", 50.0))


GROUPS = (
    Group(
        "mail splitting",
        _splitting,
        (
            Target("discourse_email_reply_trimmer", 0.94),
            Target("crisp_email_reply_parser", 0.95),
            Target("github_email_reply_parser", 0.95),
            Target("mailgun_talon replies", 0.95),
            Target("mailgun_talon html", 0.9),
            Target("mailgun_talon signatures", 0.9),
        ),
        "email",
    ),
    Group(
        "mail parsing",
        _parsing,
        (Target("kind told", 0.97), _at_most("machines answered", 0), _at_most("people not answered", 0.005)),
        "email",
    ),
    Group(
        "language",
        _language,
        (Target("accuracy", 0.97), Target("worst language", 0.95), _at_most("p50 ms", 5)),
        "dialogues/multilingual_sentiment_12",
    ),
    Group(
        "redaction",
        _redaction,
        (
            *(Target(f"{name} recall", value) for name, value in _RECALLS.items()),
            Target("PERSON precision", 0.9),
            _at_most("findings in harmless", 0.001),
        ),
        "guardrails/presidio_research",
    ),
    Group(
        "triage banking77",
        _banking,
        (Target("accuracy", 0.93), _at_most("ece", 0.05), _at_most("p50_ms", 50)),
        "intent/banking77",
    ),
    Group(
        "triage clinc150",
        _clinc,
        (Target("in_scope_accuracy", 0.945), Target("oos_recall", 0.7), _at_most("ece", 0.05)),
        "intent/clinc150",
    ),
    Group(
        "triage hint3",
        _hint3,
        (Target("in_scope_accuracy", 0.7), Target("oos_recall", 0.5)),
        "intent/hint3",
    ),
    Group(
        "sentiment",
        _sentiment,
        (Target("macro_f1", 0.48), Target("negative_recall", 0.4)),
        "dialogues/multilingual_sentiment_12",
    ),
    Group(
        "guard",
        _guard,
        (
            Target("harmless_rate", 0.95),
            _at_most("false_alarm_rate", 0.05),
            Target("attack_recall", 0.8),
            _at_most("p50_ms", 15),
        ),
        "guardrails/injecguard",
    ),
    Group(
        "grounding",
        _grounding,
        tuple(
            target
            for part in ("near", "far", "held_out")
            for target in (
                Target(f"{part} catch_rate", 0.97),
                _at_most(f"{part} false_block_rate", 0.05),
            )
        ),
    ),
    Group(
        "retrieval",
        _retrieval,
        (Target("first", 0.74), Target("among five", 0.83), _at_most("false alarms", 0.08)),
    ),
    Group(
        "conversations",
        _conversations,
        (
            Target("as expected", 0.9),
            _at_most("wrong", 0.02),
            _at_most("missed", 0.08),
            Target("resolution rate", 0.5),
            _at_most("unanswered", 0),
            _at_most("p95 s", 15),
        ),
    ),
    Group("forecast", test_forecast.figures, _forecast_targets(), "forecast"),
)
