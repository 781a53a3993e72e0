"""Summarises a ticket's conversation for staff: what it came to, what is to be done, and what solved it.

Offline it takes the customer's first words and the last answer, word for word, and says so by its model's name.
"""

import re

from pydantic import BaseModel, ConfigDict, Field

from agent_core.fencing import fenced
from agent_core.prompts import prompt
from llm.ask import ask
from llm.budget import BudgetSpent
from llm.purposes import Purpose
from runtime.settings import settings
from tickets.contracts import Author
from tickets.language_names import language_name
from tickets.summaries import Source, Summary

_MOST_CHARACTERS = 24_000
_MOST_OF_ONE = 4_000
_MOST_ITEMS = 10
_LONGEST_QUOTE = 280
_SENTENCE = re.compile(r"(?<=[.!?…。！？])\s*")
_WHO = {Author.CUSTOMER: "Customer", Author.AGENT: "AI", Author.STAFF: "Staff", Author.SYSTEM: "Desk"}


class SummaryAnswer(BaseModel):
    """The summary of a conversation."""  # The model reads this too.

    model_config = ConfigDict(extra="ignore", frozen=True)

    summary: str = Field(max_length=4_000)
    action_items: list[str] = Field(default_factory=list, max_length=50)
    resolution_note: str = Field("", max_length=2_000)


def summarise(source: Source) -> Summary | None:
    """None when the budget is spent, or when there is nothing to say."""
    if not source.said:
        return None
    language = language_name(settings().console.language)
    filled = prompt("summary", language=language, conversation=_conversation(source))
    try:
        answer = ask(Purpose.SUMMARY, filled, SummaryAnswer, local=lambda: _in_their_words(source))
    except BudgetSpent:
        return None
    said = answer.value
    items = [one.replace("\x00", "").strip() for one in said.action_items]
    return Summary(
        summary=said.summary.replace("\x00", "").strip(),
        action_items=tuple(one for one in items if one)[:_MOST_ITEMS],
        resolution_note=said.resolution_note.replace("\x00", "").strip(),
        model=answer.model,
    )


def _conversation(source: Source) -> str:
    """The first message and as many of the newest as fit; what is left out in between is told."""
    lines = [f"{_WHO[one.author]}: {fenced(one.text[:_MOST_OF_ONE])}" for one in source.said]
    first, rest = lines[0], lines[1:]
    kept: list[str] = []
    left = _MOST_CHARACTERS - len(first)
    while rest and len(rest[-1]) <= left:
        left -= len(rest[-1])
        kept.insert(0, rest.pop())
    gap = [f"({len(rest)} messages are left out here.)"] if rest else []
    return "\n\n".join([f"Subject: {fenced(source.subject)}", first, *gap, *kept])


def _in_their_words(source: Source) -> SummaryAnswer:
    """Without a model nothing is put into other words, so nothing can be made up."""
    asked = next((one.text for one in source.said if one.author is Author.CUSTOMER), source.subject)
    answers = [one.text for one in source.said if one.author in (Author.STAFF, Author.AGENT)]
    waits = source.said[-1].author is Author.CUSTOMER
    said = f"Customer: {_beginning(asked)}"
    if answers:
        said += f"\nLast answer: {_beginning(answers[-1])}"
    return SummaryAnswer(
        summary=said,
        action_items=["Staff: answer the customer's last message."] if waits else [],
        resolution_note="" if waits or not answers else _beginning(answers[-1]),
    )


def _beginning(text: str) -> str:
    """Whole sentences as far as they are short."""
    kept = ""
    for sentence in _SENTENCE.split(" ".join(text.split())):
        if kept and len(kept) + len(sentence) > _LONGEST_QUOTE:
            break
        kept = f"{kept} {sentence}".strip()
    return kept[:_LONGEST_QUOTE]
