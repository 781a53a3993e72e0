"""What a message is about, how urgent it is, and how the customer feels: one contract for every model."""

from dataclasses import replace
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, field_validator

from agent_core import calibration, local_triage
from agent_core.fencing import fenced
from agent_core.prompts import prompt
from agent_core.taxonomy import FALLBACK, taxonomy
from llm.ask import Answer, ask
from llm.purposes import Purpose
from runtime.language import LANGUAGES, language_of
from tickets.categories import categories
from tickets.contracts import Case, Judgement, Mood, Priority, mood_of

_MOST_SUMMARY = 160


class Triage(BaseModel):
    """The answer asked of a model; an answer that breaks a rule here is asked for once more, then dropped."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    category: str
    priority: Priority
    sentiment: Annotated[float, Field(ge=-1, le=1)]
    language: Annotated[str, Field(min_length=2, max_length=5)]
    intent: Annotated[str, Field(max_length=120)] = ""
    summary: Annotated[str, Field(max_length=400)]
    reasoning: Annotated[str, Field(max_length=400)] = ""
    confidence: Annotated[float, Field(ge=0, le=1)]
    _claimed: float | None = PrivateAttr(None)

    @field_validator("category")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in categories():
            raise ValueError(f"not a category; use one of {', '.join(categories())}")
        return value

    @field_validator("language")
    @classmethod
    def _short(cls, value: str) -> str:
        return value.lower()[:2]

    @property
    def mood(self) -> Mood:
        return mood_of(self.sentiment)

    @property
    def group(self) -> str:
        """Technical, billing or general."""
        return taxonomy().categories[self.category].group

    @property
    def raw_confidence(self) -> float:
        """What the model claimed, before it was measured by what became of such claims."""
        return self.confidence if self._claimed is None else self._claimed

    def calibrated(self, confidence: float) -> "Triage":
        """The same with another confidence; what the model claimed is remembered."""
        copy = self.model_copy(update={"confidence": confidence})
        copy._claimed = self.raw_confidence
        return copy


def record(answer: Answer[Triage], case: Case) -> Judgement:
    """All that is kept of an answer of `triage_message` for this case."""
    found = answer.value
    return Judgement(
        category=found.category,
        group=found.group,
        priority=found.priority,
        sentiment=found.sentiment,
        language=found.language,
        intent=found.intent,
        summary=found.summary,
        reasoning=found.reasoning,
        confidence=found.confidence,
        raw_confidence=found.raw_confidence,
        urgency=local_triage.urgency_words(_asked(case), found.language),
        model=_name(answer),
        processing_ms=answer.ms,
        input_tokens=answer.input_tokens,
        output_tokens=answer.output_tokens,
        cost_usd=float(answer.cost_usd),
    )


def triage_message(case: Case) -> Answer[Triage]:
    """Classify the newest messages of the case.

    Words of urgency raise the priority, whatever the model said; its confidence is what such claims were worth so far.
    """
    listed = "\n".join(f"- {one.name}: {one.description}" for one in categories().values())
    filled = prompt(
        "triage",
        categories=listed,
        subject=fenced(case.subject),
        earlier=fenced("\n".join(f"{turn.author}: {turn.text}" for turn in case.earlier[-6:])),
        question=fenced(case.question),
    )
    answer = ask(Purpose.TRIAGE, filled, Triage, local=lambda: _locally(case))
    found = answer.value
    priority = local_triage.raised(found.priority, _asked(case), found.language)
    confidence = calibration.applied(_name(answer), found.raw_confidence)
    return replace(answer, value=found.model_copy(update={"priority": priority}).calibrated(confidence))


def _name(answer: Answer[Triage]) -> str:
    return f"{answer.provider}:{answer.model}"


def _asked(case: Case) -> str:
    return f"{case.subject}\n{case.question}".strip()


def _locally(case: Case) -> Triage:
    language = case.language or language_of(case.question)
    found = local_triage.classify(_asked(case), language)
    return Triage(
        category=found.category if found.category in categories() else FALLBACK,  # It may be retired.
        priority=found.priority,
        sentiment=found.sentiment,
        language=language if language in LANGUAGES else "en",
        intent=found.intent,
        summary=_first_sentence(case.subject or case.question),
        reasoning=found.reasoning,
        confidence=found.confidence,
    )


def _first_sentence(text: str) -> str:
    line = next((line.strip() for line in text.splitlines() if line.strip()), "")
    return line if len(line) <= _MOST_SUMMARY else line[: _MOST_SUMMARY - 1].rstrip() + "…"
