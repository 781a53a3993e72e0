"""The last look at a reply before a customer may get it. `check_output` is pure: what it may hold comes with the call.

It refuses what a model could be talked into, whatever words did it: identifiers of others, our prompts, addresses
from nowhere, secrets, abuse, and guarantees that nobody may give.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from urllib.parse import urlsplit

from agent_core import prompt_text
from agent_core.drafts import Source
from agent_core.hidden_text import decoded, shown, visible
from agent_core.injection_patterns import words_of
from agent_core.reply_addresses import unknown_address
from agent_core.sentences import split_sentences
from agent_core.word_signs import Lexicon, Sign, lexicon
from runtime.language import DEFAULT, LANGUAGES
from runtime.redaction import find
from runtime.redaction_kinds import Kind, digits_of
from runtime.settings import settings
from tickets.contracts import Author, Case

_NUMBERS = frozenset(
    {Kind.PHONE_NUMBER, Kind.CREDIT_CARD, Kind.IBAN_CODE, Kind.US_SSN, Kind.NATIONAL_ID, Kind.IP_ADDRESS}
)
# Ids of tickets, customers, staff and files, and an order's.
_ID = re.compile(
    r"(?<![\w-])(?:(?:TKT|CUST|AGENT|FILE)-[0-9A-Z-]{4,40}|[A-Z]-\d{4,8})(?![\w-])", re.IGNORECASE
)
_RUN = re.compile(r"\d(?:[ .()/-]{0,3}\d)*+")
_WORD = re.compile(r"[^\W_]+")
# A greeting or a "thank you very much" may be the same by chance.
_LEAST_REPEATED = 5
_CODE = re.compile(
    r"```|^\s{0,40}(?:import [\w.]+(?: as \w+)?$|from [\w.]+ import |def \w+\(|class \w+[(:]|function \w*\(|#!/)"
    r"|^\s{0,40}while True|^\$ [a-z]|(?i:<\s?(?:script|iframe|img|object|embed|svg)\b)"
    r"|\b(?:sudo|curl|wget|powershell|chmod|rm) -?[-/\w]+ [-/\w]"
    r"|\w\.\w{1,40}\([^()\n]{0,200}\)|\);\s*$"
)
_PLACEHOLDER = re.compile(r"\{[a-z_]{3,30}\}|<\|[a-z_]{2,20}\|>|\[/?INST\]", re.IGNORECASE)


class Fault(StrEnum):
    """Why a reply is refused."""

    FOREIGN_IDENTIFIER = "foreign_identifier"
    UNKNOWN_ADDRESS = "unknown_address"
    PROMPT_TEXT = "prompt_text"
    ENCODED_TEXT = "encoded_text"
    CODE = "code"
    CUSTOMERS_WORDS = "customers_words"
    SECRET = "secret"  # noqa: S105  # the fault's name
    ABUSE = "abuse"
    PROMISE = "promise"


@dataclass(frozen=True)
class Held:
    """What a reply may repeat: `sources` what we published or looked up, `case` also what the customer knows."""

    sources: str
    case: str


def check_output(
    reply: str, case: Case, sources: Sequence[Source], *, language: str, allowed: Collection[str] = ()
) -> Fault | None:
    """The first fault of the reply, or None. `allowed` are hosts and mail addresses that any reply may hold."""
    held = _held(case, sources)
    if any(text not in held.sources for text in decoded(reply)):
        return Fault.ENCODED_TEXT
    seen, understood = shown(reply), visible(reply)
    checks = (
        (Fault.SECRET, _tells_secret(seen, held)),
        (Fault.FOREIGN_IDENTIFIER, _names_others(seen, held)),
        (Fault.UNKNOWN_ADDRESS, unknown_address(seen, held.sources, allowed=allowed) is not None),
        (Fault.PROMPT_TEXT, _tells_prompt(understood, held)),
        (Fault.CODE, _holds_code(seen, held)),
        (Fault.CUSTOMERS_WORDS, _repeats_customer(understood, case, held)),
        (Fault.ABUSE, "abuse" in _found(understood, language)),
        (Fault.PROMISE, _promises(understood, held, language)),
    )
    return next((fault for fault, applies in checks if applies), None)


def allowed_addresses() -> frozenset[str]:
    """The desk's own host and mail address, and what the settings add."""
    given = settings()
    listed = {one.strip().casefold() for one in given.agent.allowed_addresses.split(",") if one.strip()}
    host = urlsplit(given.public_url).hostname or ""
    return frozenset({host, given.ingestion.address.casefold(), *listed} - {""})


def _held(case: Case, sources: Sequence[Source]) -> Held:
    published = "\n".join(f"{one.title}\n{one.text}\n{one.url}" for one in sources)
    earlier = "\n".join(turn.text for turn in case.earlier)
    own = f"{case.public_id}\n{case.customer_mail}\n{case.metadata.get('order_id', '')}"
    return Held(
        sources=shown(f"{published}\n{case.customer_mail}"),
        case=shown(f"{published}\n{own}\n{case.subject}\n{case.question}\n{earlier}"),
    )


def _tells_secret(text: str, held: Held) -> bool:
    return any(text[one.start : one.end] not in held.sources for one in find(text, {Kind.SECRET}))


def _names_others(text: str, held: Held) -> bool:
    """Numbers are compared by their digits: the case may write them with other spaces."""
    known = held.case.casefold()
    digits = {digits_of(run) for run in _RUN.findall(held.case)}
    numbers = (text[one.start : one.end] for one in find(text, _NUMBERS))
    if any(digits_of(number) not in digits and number.casefold() not in known for number in numbers):
        return True
    ids = {match.casefold() for match in _ID.findall(known)}
    return any(match.group().casefold() not in ids for match in _ID.finditer(text))


def _tells_prompt(text: str, held: Held) -> bool:
    if _PLACEHOLDER.search(text) or any(mark in text.casefold() for mark in prompt_text.marks()):
        return True
    told = prompt_text.phrases_of(text) & prompt_text.phrases()
    return bool(told - prompt_text.phrases_of(held.sources))


def _holds_code(text: str, held: Held) -> bool:
    """Lines of a program that no article shows."""
    published = " ".join(held.sources.split())
    return any(_CODE.search(line) and " ".join(line.split()) not in published for line in text.splitlines())


def _repeats_customer(text: str, case: Case, held: Held) -> bool:
    """Whole sentences of the customer's, or a long run of their words: a reply that was dictated to us."""
    said = "\n".join([case.question, *(turn.text for turn in case.earlier if turn.author is Author.CUSTOMER)])
    told = _sentences_of(text) & _sentences_of(visible(said))
    runs = prompt_text.phrases_of(text) & prompt_text.phrases_of(visible(said))
    return bool(told - _sentences_of(held.sources)) or bool(runs - prompt_text.phrases_of(held.sources))


def _sentences_of(text: str) -> set[tuple[str, ...]]:
    words = (tuple(_WORD.findall(sentence.casefold())) for sentence in split_sentences(text))
    return {one for one in words if len(one) >= _LEAST_REPEATED}


def _promises(text: str, held: Held, language: str) -> bool:
    """What an article promises in these words is the company's own word."""
    published = " ".join(visible(held.sources).split())
    return any(
        "promise" in _found(sentence, language) and " ".join(sentence.split()) not in published
        for sentence in split_sentences(text)
    )


def _found(text: str, language: str) -> set[str]:
    folded = text.replace("İ", "i").casefold()
    return {name for one in dict.fromkeys((language, DEFAULT)) for name in _words(one).find(folded)}


@lru_cache(maxsize=len(LANGUAGES) + 1)
def _words(language: str) -> Lexicon:
    """Abuse and guarantees in one language; what a word means in another is not asked."""
    if language not in LANGUAGES:
        return lexicon(())
    listed = words_of(language)["output"]
    promises = [Sign("promise", _groups(one["groups"])) for one in listed["promise"]]
    return lexicon([Sign("abuse", _groups([listed["abuse"]])), *promises])


def _groups(listed: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    return tuple(tuple(group) for group in listed)
