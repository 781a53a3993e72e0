"""One contract of triage for every model."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from agent_core import calibration, triage
from agent_core.calibration import Curve
from agent_core.triage import Triage, record, triage_message
from llm.ask import Answer
from tickets.contracts import Case, Channel, Mood, Priority


def _case(question: str, language: str = "en") -> Case:
    return Case(
        ticket_id=1, public_id="TKT-1", channel=Channel.MAIL, subject="", question=question, earlier=(),
        earlier_questions=(), customer_turns=1, customer_id=1, customer_name="Alice", customer_mail="",
        customer_tier="standard", language=language, stated_priority=None, attempt=1, claim_token="t", up_to_seq=1,
        received_at=datetime(2026, 1, 1, tzinfo=UTC), correlation_id="c",
    )  # fmt: skip


def _told(**given: object) -> Triage:
    fields: dict[str, object] = {
        "category": "shipping", "priority": "low", "sentiment": -0.5, "language": "en", "summary": "A parcel is late.",
        "confidence": 0.9,
    }  # fmt: skip
    return Triage.model_validate(fields | given)


def test_the_local_form_fills_the_whole_contract() -> None:
    case = _case("Where is my parcel? It is urgent, I am travelling on Friday.")
    kept = record(triage_message(case), case)
    assert (kept.category, kept.group) == ("shipping", "general")
    assert kept.priority.rank >= Priority.HIGH.rank
    assert kept.urgency == ("urgent",)
    assert kept.intent == "shipping"
    assert "parcel" in kept.reasoning
    assert kept.summary.startswith("Where is my parcel?")
    assert 0 < kept.confidence <= 1
    assert kept.model == "local:local"
    assert (kept.input_tokens, kept.output_tokens, kept.cost_usd) == (0, 0, 0.0)
    assert kept.mood in Mood
    assert kept.raw_confidence == kept.confidence


def test_the_reasoning_of_the_local_form_does_not_quote_the_customer() -> None:
    reasoning = triage_message(_case("Bob Miller's parcel is lost in Springfield")).value.reasoning
    assert "Miller" not in reasoning
    assert "Springfield" not in reasoning


@pytest.mark.parametrize(
    ("question", "language"),
    [("This is urgent", "en"), ("Es ist dringend", "de"), ("C'est urgent", "fr"), ("Es urgente", "es")],
)
def test_words_of_urgency_raise_what_a_model_took_for_unimportant(
    question: str, language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = _answered(monkeypatch, _told(language=language))
    raised = triage_message(_case(question, language))
    assert raised == replace(answer, value=_told(language=language, priority="high").calibrated(0.9))


def _answered(monkeypatch: pytest.MonkeyPatch, told: Triage) -> Answer[Triage]:
    """A model gives this answer to whatever it is asked."""
    answer: Answer[Triage] = Answer(
        value=told, provider="anthropic", model="m", input_tokens=9, output_tokens=3,
        cost_usd=Decimal("0.01"), ms=7, prompt_version="v", attempts=(),
    )  # fmt: skip
    monkeypatch.setattr(triage, "ask", lambda *_given, **_named: answer)
    return answer


def test_a_confidence_is_what_such_claims_were_worth_and_the_claim_is_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    _answered(monkeypatch, _told(confidence=0.9))
    calibration.use({"anthropic:m": Curve((0.0, 1.0), (0.0, 0.5))})
    try:
        case = _case("Where is it?")
        answer = triage_message(case)
        kept = record(answer, case)
        assert answer.value.confidence == pytest.approx(0.45)
        assert kept.confidence == pytest.approx(0.45)
        assert kept.raw_confidence == pytest.approx(0.9)
        assert (kept.model, kept.processing_ms, kept.cost_usd) == ("anthropic:m", 7, 0.01)
    finally:
        calibration.use({})


def test_what_a_model_is_asked_for_does_not_hold_what_we_add() -> None:
    assert "claimed" not in str(Triage.model_json_schema())


@pytest.mark.parametrize(("score", "mood"), [(-0.5, "negative"), (0.1, "neutral"), (0.8, "positive")])
def test_the_mood_is_the_sign_of_a_clear_sentiment(score: float, mood: str) -> None:
    assert _told(sentiment=score).mood == mood


def test_a_category_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(ValueError, match="shipping"):
        _told(category="poetry")
