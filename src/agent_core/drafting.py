"""Writes the reply: facts from the sources, each sentence with where it comes from, in a frame of its channel."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from string import Formatter
from typing import cast

from pydantic import BaseModel, ConfigDict, Field

from agent_core import drafts, framing, personal
from agent_core.drafts import Claim, Draft, Source
from agent_core.fencing import fenced
from agent_core.languages import frame
from agent_core.local_drafting import LONGEST, choose_claims, extent_of
from agent_core.prompts import prompt
from agent_core.reply_formats import fitted, format_of, guidance
from agent_core.tape import Form, Tape, form_of
from agent_core.taxonomy import taxonomy
from agent_core.triage import Triage
from knowledge.retrieval import Passage
from llm.ask import Answer, Prompt, ask
from llm.following import Follower
from llm.purposes import Purpose
from runtime.agent_settings import Length
from runtime.settings import settings
from tickets.contracts import Case, Order

_FRUSTRATED = -0.35
_SURELY_RELEVANT = 0.9


class DraftSentence(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    text: str = Field(min_length=1, max_length=LONGEST)
    sources: list[int] = Field(description="numbers of the sources that hold this sentence")
    step: bool = Field(False, description="true for one step of a numbered list")


class DraftBody(BaseModel):
    """The answer asked of a model."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    sentences: list[DraftSentence] = Field(max_length=24)


_ANSWER: Form[Answer[DraftBody]] = form_of(Answer[DraftBody])
SoFar = Callable[[Sequence[BaseModel]], Draft]
"""The draft that the first sentences of an answer make."""


def draft_reply(
    case: Case,
    triage: Triage,
    passages: list[Passage],
    orders: list[Order],
    *,
    follow: Callable[[SoFar], Follower] | None = None,
    tape: Tape | None = None,
) -> tuple[Draft, Answer[DraftBody]]:
    """A draft from the passages and the customer's orders, as long as the channel takes.

    It has no claims when they do not answer. What `follow` returns is told of each sentence while it is written.
    """
    stated = [order_source(order, triage.language) for order in orders]
    order_sources = tuple(source for source in stated if source is not None)
    sources = order_sources + tuple(drafts.source_of(passage) for passage in passages)
    asked_for = personal.asks_for_state(case, language=triage.language)
    if None in stated and asked_for:  # Articles do not say what became of an order: staff do.
        order_sources = sources = ()

    def so_far(sentences: Sequence[BaseModel]) -> Draft:
        body = DraftBody.model_construct(sentences=cast("list[DraftSentence]", sentences))
        return fitted(_framed(case, triage, body, sources), case.channel)

    answer = (tape or Tape()).step(
        "draft",
        _ANSWER,
        lambda: ask(
            Purpose.REPLY,
            _prompt(case, triage, sources),
            DraftBody,
            local=lambda: _locally(case, sources, len(order_sources), states=asked_for),
            follower=follow(so_far) if follow else None,
        ),
    )
    return fitted(_framed(case, triage, answer.value, sources), case.channel), answer


def _framed(case: Case, triage: Triage, body: DraftBody, sources: tuple[Source, ...]) -> Draft:
    group = taxonomy().categories[triage.category].group
    claims = tuple(
        Claim(one.text.strip(), tuple(n - 1 for n in one.sources if 1 <= n <= len(sources)), one.step)
        for one in body.sentences
    )
    return Draft(
        opening=framing.opening(
            case,
            language=triage.language,
            group="shipping" if triage.category == "shipping" else group,
            category=triage.category,
            negative=triage.sentiment <= _FRUSTRATED,
        ),
        claims=claims,
        closing=framing.closing(case, language=triage.language),
        sources=sources,
        steps_intro=frame(triage.language, settings().agent.tone)["steps_intro"],
    )


def _locally(case: Case, sources: tuple[Source, ...], orders: int, *, states: bool) -> DraftBody:
    said = sources[:orders] if states else ()
    stated = [DraftSentence(text=source.text, sources=[n + 1]) for n, source in enumerate(said)]
    question = f"{case.subject}\n{case.question}".strip()
    # An order's state answers by itself: beside it only what certainly belongs to the question.
    least = _SURELY_RELEVANT if stated else 0.0
    numbers = [n for n, source in enumerate(sources) if n >= orders and source.relevance >= least]
    brief = format_of(case.channel).brief or bool(stated)
    extent = extent_of(Length.SHORT if brief else settings().agent.length)
    chosen = choose_claims(question, tuple(sources[n] for n in numbers), extent)
    found = [
        DraftSentence(
            text=claim.text, sources=[numbers[index] + 1 for index in claim.sources], step=claim.step
        )
        for claim in chosen
    ]
    return DraftBody(sentences=stated + found)


def order_source(order: Order, language: str) -> Source | None:
    """An order as a sentence in the customer's language: the connector's words are the source.

    None for a state that no sentence is known for, or whose sentence has a gap: then nothing is said of the order.
    """
    templates = frame(language)["order_status"]
    status = re.sub(r"[\s-]", "_", order.status.strip().casefold())
    template = templates.get(status if order.eta else f"{status}_no_eta")
    values = {
        "order_id": order.order_id,
        "carrier": order.carrier,
        "tracking_number": order.tracking_number,
        "eta": _date(order.eta, language),
    }
    if template is None or not all(values[name] for _, name, _, _ in Formatter().parse(template) if name):
        return None
    text = template.format(**values)
    return Source(f"Order {order.order_id}", text, "", f"order:{order.order_id}", 0, 0, 1.0)


def _date(day: datetime | None, language: str) -> str:
    if day is None:
        return ""
    return f"{day.day} {day:%B %Y}" if language == "en" else f"{day:%Y-%m-%d}"


def _prompt(case: Case, triage: Triage, sources: tuple[Source, ...]) -> Prompt:
    numbered = "\n\n".join(f"[{n}] {one.title}\n{one.text}" for n, one in enumerate(sources, start=1))
    return prompt(
        "reply",
        desk=settings().agent.desk_name,
        language=triage.language,
        form=guidance(case.channel),
        name=fenced(framing.first_name(case) or "unknown"),
        tier=fenced(case.customer_tier),
        recent=fenced(personal.told_of(case.recent_tickets)),
        sources=fenced(numbered),
        earlier=fenced("\n".join(f"{turn.author}: {turn.text}" for turn in case.earlier)),
        question=fenced(f"{case.subject}\n{case.question}"),
    )
