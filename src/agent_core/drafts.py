"""What a draft is: sentences of fact tied to their sources, inside a frame of greeting and closing."""

from dataclasses import dataclass, replace

from knowledge.retrieval import Kind, Passage
from tickets.contracts import Citation

_QUOTE = 300


@dataclass(frozen=True)
class Source:
    """Something a sentence can rest on: a passage of an article, or an order of the customer.

    The title of a `learned` answer is a label of ours: it holds no sentence.
    """

    title: str
    text: str
    url: str
    article: str
    version: int
    chunk_id: int
    relevance: float
    learned: bool = False


@dataclass(frozen=True)
class Claim:
    """One sentence or step, and the indexes of the sources that hold it."""

    text: str
    sources: tuple[int, ...]
    step: bool = False


@dataclass(frozen=True)
class Draft:
    """`opening` and `closing` state no facts; every claim does."""

    opening: str
    claims: tuple[Claim, ...]
    closing: str
    sources: tuple[Source, ...]
    steps_intro: str = ""

    @property
    def text(self) -> str:
        return "\n\n".join(part for part in (self.opening, *self._paragraphs(), self.closing) if part)

    def _paragraphs(self) -> list[str]:
        paragraphs: list[list[str]] = []
        previous: tuple[tuple[int, ...], bool] | None = None
        for claim in self.claims:
            if previous != (claim.sources, claim.step):
                paragraphs.append([])
            previous = (claim.sources, claim.step)
            paragraphs[-1].append(
                claim.text if not claim.step else f"{len(paragraphs[-1]) + 1}. {claim.text}"
            )
        return [self._joined(lines) for lines in paragraphs]

    def _joined(self, lines: list[str]) -> str:
        if not lines[0].startswith("1. "):
            return " ".join(lines)
        return "\n".join([self.steps_intro, *lines] if self.steps_intro else lines)

    def only(self, claims: tuple[Claim, ...]) -> "Draft":
        return replace(self, claims=claims)

    @property
    def citations(self) -> tuple[Citation, ...]:
        """The sources that a claim rests on, in the order of the text, each once."""
        used = dict.fromkeys(index for claim in self.claims for index in claim.sources)
        return tuple(
            Citation(one.article, one.version, one.title, one.url, one.chunk_id, one.text[:_QUOTE])
            for one in (self.sources[index] for index in used)
        )


def source_of(passage: Passage) -> Source:
    return Source(
        title=passage.title,
        text=passage.text,
        url=passage.url,
        article=passage.article_public_id,
        version=passage.version,
        chunk_id=passage.chunk_id,
        relevance=passage.relevance,
        learned=passage.kind is Kind.LEARNED,
    )
