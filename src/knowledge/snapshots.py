"""The knowledge as it was at any moment of a span, held in memory: what a replay searches instead of the present one.

An article answers in the version that it had then, a learned answer from the day on which its ticket was resolved.
The same signals and weights as `retrieval`; the nearest are exact, and how rare a word is counts as of now.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from knowledge import retrieval
from knowledge.embedding import embed_question, knows
from knowledge.freshness import freshness
from knowledge.keyword_search import Terms, rarest, terms_of, terms_of_many
from knowledge.passages import Candidate, Passage, Shown
from knowledge.past_questions import voices_of
from knowledge.pieces import BEST
from knowledge.relevance import Signals, score_all
from knowledge.retrieval import CANDIDATES
from knowledge.vector_store import Kind
from llm.local_embedding import Vectors
from runtime.database import transaction
from runtime.settings import settings

Places = NDArray[np.int64]
Question = tuple[str, str]
"""Its words, and its language."""
_PIECES_OF = 30  # articles, as in the store
ALWAYS = datetime(1, 1, 1, tzinfo=UTC)
NEVER_ENDS = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Era:
    """An article in one version, with the time in which it was found: since ≤ t < until."""

    article_id: int
    public_id: str
    version: int
    title: str
    url: str
    slug: str
    kind: Kind
    language: str
    since: datetime
    until: datetime
    lead: Vectors
    whole: Vectors
    pieces: Vectors
    valid_from: datetime | None
    source: str = ""


@dataclass(frozen=True)
class Part:
    """A chunk of an era. `words` are its lexemes as queries have them, `titles` those of the headings above it."""

    chunk_id: int
    era: int
    heading: str
    text: str
    vector: Vectors
    words: frozenset[str]
    titles: frozenset[str]


@dataclass(frozen=True)
class Asked:
    """A question that staff answered with an article, before."""

    article_id: int
    source: str
    weight: float
    at: datetime
    vector: Vectors


@dataclass(frozen=True)
class _Then:
    """A moment, and which eras are found at it."""

    moment: datetime
    is_open: NDArray[np.bool_]


@dataclass
class Snapshot:
    """Read-only once it is made; several threads may search it."""

    eras: Sequence[Era]
    parts: Sequence[Part]
    past: Sequence[Asked]
    without: Collection[str] = ()
    namers: Sequence[Collection[int]] = ()  # For each era, the places of those that name it.
    _terms: dict[Question, Terms] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._vectors = _stacked([one.vector for one in self.parts])
        self._leads = _stacked([one.lead for one in self.eras])
        self._wholes = _stacked([one.whole for one in self.eras])
        self._past = _stacked([one.vector for one in self.past])
        self._era_of = np.array([one.era for one in self.parts], np.int64)
        self._since = np.array([one.since.timestamp() for one in self.eras])
        self._until = np.array([one.until.timestamp() for one in self.eras])
        self._kept = np.array([one.public_id not in self.without for one in self.eras], np.bool_)
        self._asked_at = np.array([one.at.timestamp() for one in self.past])
        self._postings: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
        for place, part in enumerate(self.parts):
            for word in part.words:
                self._postings[self.eras[part.era].language, word].append(place)
        self._parts_of: defaultdict[int, list[int]] = defaultdict(list)
        for place, part in enumerate(self.parts):
            self._parts_of[part.era].append(place)

    def at(self, moment: datetime, *, ticket: str = "") -> AbstractContextManager[None]:
        """Within, the agent's searches find what was there at the moment, and nothing that this ticket taught."""
        return retrieval.searching(
            lambda words, language, limit: self.search(
                words, language=language, moment=moment, limit=limit, ticket=ticket
            )
        )

    def is_empty_at(self, moment: datetime) -> bool:
        return not self._open(moment, "").any()

    def search(
        self, words: str, *, language: str, moment: datetime, limit: int = 5, ticket: str = ""
    ) -> list[Passage]:
        """The passages that would have been found then, the best first."""
        is_open = self._open(moment, ticket)
        if not self.parts or not is_open.any():
            return []
        vector, terms = embed_question(words), self._terms_of(words, language)
        found = is_open[self._era_of]
        cosines = self._vectors @ vector
        voices = self._voices(vector, moment, is_open, ticket)
        places = {*_best(np.where(found, cosines, -2.0)), *self._matches(terms, found)}
        places |= {place for era in voices for place in self._parts_of[era]}
        chosen = np.array(sorted(place for place in places if found[place]), np.int64)
        ranked = self._ranked(chosen, terms, vector, cosines, voices, _Then(moment, is_open))
        least = settings().knowledge.min_relevance
        return self._shown(ranked, Shown(limit, least, None))

    def prime(self, questions: Collection[Question]) -> None:
        """Read the words of these questions in one go, instead of those before. Others are read when they are asked."""
        with transaction() as session:
            self._terms = terms_of_many(session, questions)

    def _terms_of(self, words: str, language: str) -> Terms:
        known = self._terms.get((words, language))
        if known is not None:
            return known
        with transaction() as session:
            return terms_of(session, words, language=language)

    def _open(self, moment: datetime, ticket: str) -> NDArray[np.bool_]:
        at = moment.timestamp()
        found = self._kept & (self._since <= at) & (at < self._until)
        if ticket:
            for place, era in enumerate(self.eras):
                if era.source == ticket:
                    found[place] = False
        return found

    def _matches(self, terms: Terms, found: NDArray[np.bool_]) -> list[int]:
        scores: defaultdict[int, float] = defaultdict(float)
        for word in rarest(tuple(one for one in terms.words if one.chunks)):
            for place in self._postings.get((terms.language, word.query), ()):
                if found[place]:
                    scores[place] += word.weight
        ordered = sorted(scores.items(), key=lambda one: (-one[1], self.parts[one[0]].chunk_id))
        return [place for place, _score in ordered[:CANDIDATES]]

    def _voices(
        self, vector: Vectors, moment: datetime, is_open: NDArray[np.bool_], ticket: str
    ) -> dict[int, float]:
        """By era."""
        if not self.past:
            return {}
        cosines = self._past @ vector
        eras = {era.article_id: n for n, era in enumerate(self.eras) if is_open[n]}
        usable = np.array([one.article_id in eras and one.source != ticket for one in self.past])
        usable &= self._asked_at < moment.timestamp()
        near = _best(np.where(usable, cosines, -2.0))
        told = [(self.past[n].article_id, self.past[n].weight, float(cosines[n])) for n in near if usable[n]]
        return {eras[article]: voice for article, voice in voices_of(told).items()}

    def _ranked(
        self,
        chosen: Places,
        terms: Terms,
        vector: Vectors,
        cosines: Vectors,
        voices: Mapping[int, float],
        then: _Then,
    ) -> list[tuple[int, Candidate]]:
        eras = sorted({int(era) for era in self._era_of[chosen]})
        pieces = self._pieces(chosen, vector, cosines)
        leads = dict(zip(eras, self._leads[eras] @ vector, strict=True))
        wholes = dict(zip(eras, self._wholes[eras] @ vector, strict=True))
        least = min(pieces.values(), default=1.0)
        fresh = freshness({era: self.eras[era].valid_from for era in eras}, then.moment)
        signals = []
        for place in chosen:
            era, cosine = self.parts[place].era, float(cosines[place])
            near = pieces.get(era, min(cosine, least))
            share, titles = self._coverage(int(place), terms)
            past = voices.get(era, 0.0)
            signals.append(
                Signals(
                    cosine,
                    float(leads[era]),
                    float(wholes[era]),
                    near,
                    share,
                    titles,
                    past,
                    fresh.get(era, 0.0),
                    float(self._is_named(era, then.is_open)),
                )
            )
        scored = score_all(signals, known_language=knows(terms.language))
        found = [
            (int(place), Candidate(self.parts[place].chunk_id, self.parts[place].era, one, made.score, made.relevance))
            for place, one, made in zip(chosen, signals, scored, strict=True)
        ]  # fmt: skip
        return sorted(found, key=lambda one: (-one[1].score, one[1].chunk_id))

    def _is_named(self, era: int, is_open: NDArray[np.bool_]) -> bool:
        if self.eras[era].kind is Kind.LEARNED:
            return True
        return bool(self.namers) and any(is_open[one] for one in self.namers[era])

    def _pieces(self, chosen: Places, vector: Vectors, cosines: Vectors) -> dict[int, float]:
        """Of the nearest articles: the mean of their best pieces."""
        nearest: dict[int, float] = {}
        for place in chosen:
            era = self.parts[place].era
            nearest[era] = max(nearest.get(era, -2.0), float(cosines[place]))
        eras = sorted(nearest, key=lambda era: -nearest[era])[:_PIECES_OF]
        found = {}
        for era in eras:
            if len(self.eras[era].pieces):
                found[era] = float(np.sort(self.eras[era].pieces @ vector)[-BEST:].mean())
        return found

    def _coverage(self, place: int, terms: Terms) -> tuple[float, float]:
        part = self.parts[place]
        if self.eras[part.era].language != terms.language:
            return 0.0, 0.0
        held = [word for word in terms.words if word.query in part.words]
        titles = sum(word.weight for word in held if word.query in part.titles)
        return sum(word.weight for word in held), titles

    def _shown(self, ranked: Sequence[tuple[int, Candidate]], shown: Shown) -> list[Passage]:
        places = {candidate.chunk_id: place for place, candidate in ranked}
        distinct: dict[str, Passage] = {}
        for one in shown.chosen([candidate for _place, candidate in ranked])[: 3 * shown.limit]:
            passage = self._passage(places[one.chunk_id], one)
            distinct.setdefault(" ".join(passage.text.casefold().split()), passage)
        return list(distinct.values())[: shown.limit]

    def _passage(self, place: int, one: Candidate) -> Passage:
        part, era = self.parts[place], self.eras[self.parts[place].era]
        return Passage(
            chunk_id=part.chunk_id,
            article_id=era.article_id,
            article_public_id=era.public_id,
            version=era.version,
            title="Answer of our team" if era.kind is Kind.LEARNED else era.title,
            heading=part.heading,
            text=part.text,
            url=era.url,
            language=era.language,
            kind=era.kind,
            relevance=one.relevance,
            dense=one.signals.chunk,
            keyword=one.signals.coverage,
            slug=era.slug,
        )


def _best(values: NDArray[np.floating]) -> list[int]:
    if len(values) <= CANDIDATES:
        return list(range(len(values)))
    return [int(place) for place in np.argpartition(-values, CANDIDATES)[:CANDIDATES]]


def _stacked(vectors: Iterable[Vectors]) -> Vectors:
    found = list(vectors)
    return np.stack(found).astype(np.float32) if found else np.zeros((0, 1), np.float32)
