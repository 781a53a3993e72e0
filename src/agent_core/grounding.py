"""Ties every sentence of fact to a span of its sources. What they do not hold is dropped, or sends the ticket to staff.

Numbers, dates, links, names, negations and conditions must be those of the span; the rest must share its words with it,
or say the same as it.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from agent_core.claims import depends_on_previous, statements_of
from agent_core.drafts import Claim, Draft, Source
from agent_core.evidence import gather
from agent_core.readings import Sentence, read
from agent_core.sentences import readable, units
from agent_core.statements import SentenceSupport, check_statement
from runtime.language import language_of

_QUOTED = 120


@dataclass(frozen=True)
class Support:
    """The draft without what the sources do not hold, and the share of its claims that they did."""

    draft: Draft
    share: float
    dropped: tuple[str, ...]
    sentences: tuple[SentenceSupport, ...] = ()

    @property
    def notes(self) -> list[str]:
        """For the record of the decision: on which passage each sentence rests, and why others were dropped."""
        return [self._note(one) for one in self.sentences]

    def _note(self, one: SentenceSupport) -> str:
        if one.problem or one.source < 0:
            return f"unsupported: {one.text[:_QUOTED]} ({one.problem})"
        source = self.draft.sources[one.source]
        place = f"{source.article} v{source.version}, characters {one.span[0]}-{one.span[1]}"
        return f"rests on {place}, score {one.score:.2f}: {one.text[:_QUOTED]}"


def check_grounding(draft: Draft) -> Support:
    """`share` is 1 for a draft without claims: whether it may be sent is another rule's matter.

    With a claim goes the next one if it follows from it, and with a step all steps.
    """
    if not draft.claims:
        return Support(draft, 1.0, ())
    language = language_of(" ".join(claim.text for claim in draft.claims))
    reply = tuple(sentence for claim in draft.claims for sentence in read(claim.text, language))
    checked = [_check_claim(claim, draft.sources, language, reply) for claim in draft.claims]
    held = [not any(one.problem for one in found) for found in checked]
    kept = tuple(
        claim for claim, stands in zip(draft.claims, _standing(draft, held, language), strict=True) if stands
    )
    dropped = tuple(claim.text for claim in draft.claims if claim not in kept)
    sentences = tuple(one for found in checked for one in found)
    return Support(draft.only(kept), len(kept) / len(draft.claims), dropped, sentences)


def _standing(draft: Draft, held: list[bool], language: str) -> list[bool]:
    """Which claims still mean what they say when those that are not held are gone."""
    steps = all(stands for claim, stands in zip(draft.claims, held, strict=True) if claim.step)
    standing: list[bool] = []
    for claim, stands in zip(draft.claims, held, strict=True):
        alone = not standing or standing[-1] or not depends_on_previous(claim.text, language)
        standing.append(stands and alone and (steps or not claim.step))
    return standing


def check_reply(reply: str, passages: Sequence[str], *, language: str = "") -> tuple[SentenceSupport, ...]:
    """Every sentence of fact of a whole reply against passages; greetings, thanks and questions are left out."""
    language = language or language_of(reply)
    sources = tuple(Source("", passage, "", "", 0, 0, 1.0) for passage in passages)
    return _check_text(reply, sources, language, read(reply, language))


def _check_claim(
    claim: Claim, sources: tuple[Source, ...], language: str, reply: tuple[Sentence, ...]
) -> tuple[SentenceSupport, ...]:
    cited = [index for index in claim.sources if 0 <= index < len(sources)]
    if not cited:
        return (SentenceSupport(claim.text, 0, 0.0, "it names no source"),)
    for index in cited:
        if _stands_in(claim.text, sources[index]):
            return (
                SentenceSupport(claim.text, 0, 1.0, source=index, span=_span(claim.text, sources[index])),
            )
    found = _check_text(claim.text, tuple(sources[index] for index in cited), language, reply)
    return tuple(replace(one, source=cited[one.source]) if one.source >= 0 else one for one in found)


def _stands_in(text: str, source: Source) -> bool:
    """A whole sentence, step or table row of the source, word for word."""
    return text == source.text or any(text == unit.text for unit in units(source.text))


def _span(text: str, source: Source) -> tuple[int, int]:
    start = source.text.find(text)
    return (start, start + len(text)) if start >= 0 else (0, len(source.text))


def _check_text(
    text: str, sources: tuple[Source, ...], language: str, reply: tuple[Sentence, ...]
) -> tuple[SentenceSupport, ...]:
    texts = [readable(source.text) for source in sources]
    languages = [language_of(one) if len(one) > 40 else language for one in texts]
    evidence = gather(texts, languages, ["" if source.learned else source.title for source in sources])
    return tuple(check_statement(one, evidence, reply) for one in statements_of(text, language))
