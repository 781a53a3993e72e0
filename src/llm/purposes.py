"""What models are asked for, and the settings of each purpose in one table. Read by `ask` and its helpers."""

from dataclasses import dataclass, replace
from enum import StrEnum

from runtime.settings import settings


class Purpose(StrEnum):
    TRIAGE = "triage"
    REPLY = "reply"
    TRANSLATION = "translation"
    TOOLS = "tools"
    SUMMARY = "summary"


@dataclass(frozen=True)
class Limits:
    """How one purpose is asked. All times in seconds.

    `is_personal`: the prompt may hold what belongs to one customer, so no other one's question shares its answer.
    """

    temperature: float
    max_tokens: int
    first_token_s: float  # From the request to the first piece of the answer.
    total_s: float  # From the request to the end of the answer.
    chain_s: float  # For all providers and repairs together; then the local model answers.
    is_personal: bool


def limits(purpose: Purpose) -> Limits:
    """The table's values, lowered to what the settings allow at most.

    Both chains together stay well below the lease of a claim, so that a slow vendor never makes a second worker
    take the same ticket.
    """
    group = settings().llm
    # A triage prompt is a redacted message and what was said before it; equal ones tell nothing of one another.
    table = {
        Purpose.TRIAGE: Limits(
            group.triage_temperature,
            max_tokens=512,
            first_token_s=8,
            total_s=12,
            chain_s=25,
            is_personal=False,
        ),
        Purpose.REPLY: Limits(
            group.reply_temperature,
            max_tokens=1024,
            first_token_s=10,
            total_s=30,
            chain_s=50,
            is_personal=True,
        ),
        # A piece of a redacted message: equal ones have the same translation.
        Purpose.TRANSLATION: Limits(
            temperature=0.1,
            max_tokens=1024,
            first_token_s=8,
            total_s=20,
            chain_s=30,
            is_personal=False,
        ),
        # What one customer and staff said to each other.
        Purpose.SUMMARY: Limits(
            temperature=0.1,
            max_tokens=700,
            first_token_s=10,
            total_s=25,
            chain_s=40,
            is_personal=True,
        ),
        # All calls of a loop together: what it does not find in this time, the rules look for.
        Purpose.TOOLS: Limits(
            temperature=0.1,
            max_tokens=1024,
            first_token_s=10,
            total_s=10,
            chain_s=14,
            is_personal=True,
        ),
    }
    row = table[purpose]
    return replace(
        row,
        max_tokens=min(row.max_tokens, group.max_output_tokens),
        first_token_s=min(row.first_token_s, group.timeout_s),
        total_s=min(row.total_s, group.timeout_s),
    )
