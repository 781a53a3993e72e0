"""What a reply looks like on each channel, and how much of it fits. Used by `drafts` and `drafting`."""

from dataclasses import dataclass, replace

from agent_core.drafts import Draft
from runtime.agent_settings import Length, Tone
from runtime.settings import settings
from tickets.contracts import Channel
from tickets.post_weight import MOST_WEIGHT, weight_of


@dataclass(frozen=True)
class ReplyFormat:
    """`brief`: nobody reads paragraphs there. `next` names the frame that says what the customer can do."""

    told: str
    brief: bool = False
    next: str = "next"
    signed: bool = True
    most_weight: int = 0


_LETTER = ReplyFormat("a letter")
_FORMATS = {
    Channel.MAIL: ReplyFormat("an e-mail"),
    Channel.WEB_CHAT: ReplyFormat(
        "a chat window: at most three short sentences, or the steps alone", brief=True, next="chat_next", signed=False
    ),
    Channel.INTERCOM: ReplyFormat("a messenger: short paragraphs, no signature", signed=False),
    Channel.FACEBOOK: ReplyFormat(
        "a message on Facebook: at most two short paragraphs of plain text", brief=True, signed=False
    ),
    Channel.X: ReplyFormat(
        f"a post on X: one or two sentences, {MOST_WEIGHT - 60} characters at most, no list",
        brief=True, next="", signed=False, most_weight=MOST_WEIGHT,
    ),
}  # fmt: skip
_LENGTHS = {
    Length.SHORT: "As short as it can be: one to three sentences, or the steps alone.",
    Length.NORMAL: "Two or three short paragraphs: what applies, the steps in order, what the customer can do next.",
    Length.LONG: "Three or four paragraphs: what applies with its conditions, the steps in order, what to do if they "
    "do not help, what the customer can do next.",
}
_TONES = {
    Tone.FORMAL: "Formal: full sentences, polite forms of address, no contractions, no exclamation marks.",
    Tone.NEUTRAL: "Neutral: plain, calm and polite.",
    Tone.FRIENDLY: "Friendly: warm and natural, as one speaks to a guest, without jokes or emoji.",
}


def format_of(channel: Channel) -> ReplyFormat:
    return _FORMATS.get(channel, _LETTER)


def guidance(channel: Channel) -> str:
    """What a model is told of the form of the reply."""
    form, agent = format_of(channel), settings().agent
    length = _LENGTHS[Length.SHORT if form.brief else agent.length]
    return f"For {form.told}.\nLength: {length}\nTone: {_TONES[agent.tone]}"


def fitted(draft: Draft, channel: Channel) -> Draft:
    """The draft with as many of its first sentences as the channel's limit and its link leave room for.

    No sentence and no list of steps is cut: where not even the first sentence fits, there is no answer.
    """
    most = format_of(channel).most_weight
    if not most:
        return draft
    for opening in dict.fromkeys((draft.opening, "")):
        for count in range(len(draft.claims), 0, -1):
            short = replace(draft, opening=opening, claims=draft.claims[:count])
            if _ends_well(draft, count) and weight_of(_posted(short)) <= most:
                return short
    return draft.only(())


def _ends_well(draft: Draft, count: int) -> bool:
    last = draft.claims[count - 1]
    inside = count < len(draft.claims) and last.step and draft.claims[count].step
    return not inside and not last.text.rstrip().endswith((":", "："))


def _posted(draft: Draft) -> str:
    """With the address of the first source, which the channel writes below."""
    urls = (citation.url for citation in draft.citations if citation.url and citation.url not in draft.text)
    url = next(urls, "")
    below = url if "://" in url or not url else f"{settings().public_url}/{url.lstrip('/')}"
    return f"{draft.text}\n{below}" if below else draft.text
