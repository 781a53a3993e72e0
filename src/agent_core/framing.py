"""The sentences around the facts of a reply: greeting, thanks, what the customer can do next, signature."""

import unicodedata

from agent_core.languages import frame
from agent_core.personal import acknowledgements
from agent_core.reply_formats import format_of
from runtime.agent_settings import Length
from runtime.settings import settings
from tickets.contracts import Case, Channel

_IN_NAMES = "'’-‐"
_LONGEST_NAME = 40
_UNSPACED = ("ja", "zh")


def first_name(case: Case) -> str:
    """The customer's, as it may be repeated to them; empty when what they gave does not look like a name."""
    first = next(iter(case.customer_name.split()), "")
    letters = [letter for letter in first if letter not in _IN_NAMES]
    is_name = letters and all(unicodedata.category(one)[0] in "LM" for one in letters)
    return first if is_name and len(first) <= _LONGEST_NAME else ""


def opening(case: Case, *, language: str, group: str, category: str = "", negative: bool = False) -> str:
    """Greeting and acknowledgement in the customer's language. Where it must be brief, only regret is told."""
    agent = settings().agent
    words = frame(language, agent.tone)
    name = first_name(case)
    greeting = str(words["greeting"].format(name=name) if name else words["greeting_anonymous"])
    regret = str(words["acknowledge_negative"])
    if format_of(case.channel).brief:
        return f"{greeting} {regret}" if negative else greeting
    if negative:
        return f"{greeting}\n\n{regret}"
    if agent.length is Length.SHORT:
        return greeting
    thanks = acknowledgements(case, language=language, group=group, category=category)
    return f"{greeting}\n\n{('' if language in _UNSPACED else ' ').join(thanks)}"


def closing(case: Case, *, language: str) -> str:
    """What the customer can do next, and the signature, where the channel has them."""
    agent, form = settings().agent, format_of(case.channel)
    words = frame(language, agent.tone)
    parts = [words[form.next] if form.next else "", words["sign_off"].format(desk=agent.desk_name)]
    return "\n\n".join(part for part in (parts if form.signed else parts[:1]) if part)


def handover(case: Case, *, language: str) -> str:
    """What the customer is told when a colleague answers because the agent cannot afford to."""
    agent, form = settings().agent, format_of(case.channel)
    words = frame(language, agent.tone)
    if case.channel is Channel.WEB_CHAT:
        return str(words["handover_chat"])
    name = first_name(case)
    greeting = words["greeting"].format(name=name) if name else words["greeting_anonymous"]
    sign_off = words["sign_off"].format(desk=agent.desk_name) if form.signed else ""
    return "\n\n".join(part for part in (greeting, words["handover"], sign_off) if part)
