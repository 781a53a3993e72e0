"""What a message is about, how urgent it is, and how the customer feels: one contract for every model."""

from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from agent_core import local_triage
from agent_core.prompts import fenced, prompt
from agent_core.taxonomy import taxonomy
from llm.ask import Answer, ask
from llm.purposes import Purpose
from runtime.language import LANGUAGES, language_of
from tickets.contracts import Case, Judgement, Priority

_MOST_SUMMARY = 160
_NEUTRAL = 0.25  # A sentiment nearer to 0 than this is neither positive nor negative.


class Mood(StrEnum):
    POSITIVE = "positive"
    NEUTRAL = "neutral"
    NEGATIVE = "negative"


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

    @field_validator("category")
    @classmethod
    def _known(cls, value: str) -> str:
        if value not in taxonomy().categories:
            raise ValueError(f"not a category; use one of {', '.join(taxonomy().categories)}")
        return value

    @field_validator("language")
    @classmethod
    def _short(cls, value: str) -> str:
        return value.lower()[:2]

    @property
    def mood(self) -> Mood:
        if abs(self.sentiment) < _NEUTRAL:
            return Mood.NEUTRAL
        return Mood.POSITIVE if self.sentiment > 0 else Mood.NEGATIVE

    @property
    def group(self) -> str:
        """Technical, billing or general."""
        return taxonomy().categories[self.category].group

    def judgement(self) -> Judgement:
        return Judgement(
            self.category, self.priority, self.sentiment, self.language, self.confidence, self.summary
        )


@dataclass(frozen=True)
class TriageRecord:
    """All that is kept of one triage, whichever model did it. `urgency`: the words that say it is urgent or unsafe."""

    category: str
    group: str
    priority: Priority
    sentiment: float
    mood: Mood
    language: str
    intent: str
    summary: str
    reasoning: str
    confidence: float
    urgency: tuple[str, ...]
    model: str
    processing_ms: int
    input_tokens: int
    output_tokens: int
    cost_usd: Decimal


def record(answer: Answer[Triage], case: Case) -> TriageRecord:
    """The record of an answer of `triage_message` for this case."""
    found = answer.value
    return TriageRecord(
        category=found.category,
        group=found.group,
        priority=found.priority,
        sentiment=found.sentiment,
        mood=found.mood,
        language=found.language,
        intent=found.intent,
        summary=found.summary,
        reasoning=found.reasoning,
        confidence=found.confidence,
        urgency=local_triage.urgency_words(_asked(case), found.language),
        model=f"{answer.provider}:{answer.model}",
        processing_ms=answer.ms,
        input_tokens=answer.input_tokens,
        output_tokens=answer.output_tokens,
        cost_usd=answer.cost_usd,
    )


def triage_message(case: Case) -> Answer[Triage]:
    """Classify the newest messages of the case. Words of urgency raise the priority, whatever the model said."""
    categories = "\n".join(f"- {one.name}: {one.description}" for one in taxonomy().categories.values())
    filled = prompt(
        "triage",
        categories=categories,
        subject=fenced(case.subject),
        earlier=fenced("\n".join(f"{turn.author}: {turn.text}" for turn in case.earlier[-6:])),
        question=fenced(case.question),
    )
    answer = ask(Purpose.TRIAGE, filled, Triage, local=lambda: _locally(case))
    found = answer.value
    priority = local_triage.raised(found.priority, _asked(case), found.language)
    return replace(answer, value=found.model_copy(update={"priority": priority}))


def _asked(case: Case) -> str:
    return f"{case.subject}\n{case.question}".strip()


def _locally(case: Case) -> Triage:
    language = case.language or language_of(case.question)
    found = local_triage.classify(_asked(case), language)
    return Triage(
        category=found.category,
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
