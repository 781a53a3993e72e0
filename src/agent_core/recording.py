"""What the record of a decision is told of how it was made: the case, the tape of its steps, rules, settings."""

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from pydantic import TypeAdapter

from agent_core import rule_file
from agent_core.actions import Consulted
from agent_core.escalation import RuleBook, Verdict
from agent_core.facts import rule_book
from agent_core.guard import ScreenedCase
from agent_core.proof import Held
from agent_core.tape import Form, Tape, form_of
from agent_core.tools import LookUp
from agent_core.triage import Triage
from knowledge.retrieval import Passage
from llm.ask import Answer
from runtime.settings import settings
from tickets.action_kinds import ActionKind, Proposal, parsed
from tickets.contracts import Case, Evidence, PassageHash
from tickets.decision_form import sha256

# Of the settings of the agent: what decides. The others say how long things take, and where the shop is.
_NOT_DECIDING = frozenset(
    {
        "rules_file", "shop_file", "shop_url", "shop_token", "shop_timeout_s", "lease_s", "max_attempts",
        "chat_deadline_s", "mail_deadline_s", "staff_deadline_s", "concurrency",
    }
)  # fmt: skip

CASE: Form[Case] = form_of(Case)
SCREENED: Form[ScreenedCase] = form_of(ScreenedCase)
ORDERS: Form[LookUp] = form_of(LookUp)
FOUND: Form[tuple[list[Passage], tuple[str, ...]]] = form_of(tuple[list[Passage], tuple[str, ...]])
PROOF: Form[Held] = form_of(Held)
ADDRESSES: Form[list[str]] = form_of(list[str])
_ANSWER = TypeAdapter(Answer[Triage])


def _write_triage(answer: Answer[Triage]) -> dict[str, Any]:
    return {"answer": _ANSWER.dump_python(answer, mode="json"), "claimed": answer.value.raw_confidence}


def _read_triage(given: dict[str, Any]) -> Answer[Triage]:
    answer = _ANSWER.validate_python(given["answer"])
    claimed = answer.value.model_copy(update={"confidence": given["claimed"]})
    return replace(answer, value=claimed.calibrated(answer.value.confidence))


TRIAGED = Form(_write_triage, _read_triage)


def _write_consulted(consulted: Consulted) -> dict[str, Any]:
    proposal = consulted.proposal
    proposed = proposal and {
        "kind": proposal.kind.value,
        "arguments": proposal.arguments.model_dump(mode="json"),
        "checks": list(proposal.checks),
        "answer": proposal.answer,
    }
    seen = LookUp(consulted.orders, consulted.failure)
    return {"proposal": proposed, "seen": ORDERS.write(seen), "notes": list(consulted.notes)}


def _read_consulted(given: dict[str, Any]) -> Consulted:
    seen, one = ORDERS.read(given["seen"]), given["proposal"]
    proposal = one and Proposal(
        kind := ActionKind(one["kind"]), parsed(kind, one["arguments"]), tuple(one["checks"]), one["answer"]
    )
    return Consulted(proposal or None, seen.orders, seen.failure, tuple(given["notes"]))


CONSULTED = Form(_write_consulted, _read_consulted)


def evidence(case: Case, tape: Tape, verdicts: Sequence[Verdict]) -> Evidence:
    """For `tickets.decisions`; everything in it is JSON."""
    book = rule_book()
    found = tape.steps.get("search", ((), ()))[0]
    return Evidence(
        case=CASE.write(case),
        steps=tape.steps,
        rules=tuple((one.reason.value, one.applies, one.because) for one in verdicts),
        passages=tuple(
            PassageHash(one["article_public_id"], one["version"], one["chunk_id"], sha256(one["text"]))
            for one in found
        ),
        thresholds=_thresholds(book),
        context={"agent": _deciding(), "rules_file": _rules_text()},
    )


def _thresholds(book: RuleBook) -> dict[str, Any]:
    told = asdict(book.thresholds)
    return told | {"category_confidence": dict(sorted(book.thresholds.category_confidence.items()))}


def _deciding() -> dict[str, Any]:
    return settings().agent.model_dump(mode="json", exclude=set(_NOT_DECIDING))


def _rules_text() -> str | None:
    """None: there are none of the desk, and the built-in rules hold."""
    return rule_file.text_in_force()
