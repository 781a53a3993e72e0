"""Scores of the mail splitting on public sets of labelled mails, which lie beside the repository."""

import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from ingestion.mail.html_quotes import split_html
from ingestion.mail.html_text import html_to_text
from ingestion.mail.quoting import Split, split_parts
from tests.evals.public_sets import DATA

MAILS = DATA / "email"
_SPACE = re.compile(r"\s+")

Expected = dict[str, Any]


@dataclass(frozen=True)
class Check:
    """One expectation: whose it is, what it says and whether it holds."""

    case: str
    holds: bool
    what: str = ""


def _text(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "replace").replace("\r\n", "\n")


def _json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def trimmed_checks() -> Iterator[Check]:
    """Mails with the text that is to be left of them."""
    folder = MAILS / "discourse_email_reply_trimmer"
    for path in sorted((folder / "emails").iterdir()):
        new = split_parts(_text(path)).new_text
        yield Check(path.name, new.strip() == _text(folder / "trimmed" / path.name).strip(), repr(new))


def fragment_checks(name: str, folder: str) -> Iterator[Check]:
    """Mails with expectations about their fragments; how many there are is those parsers' own affair."""
    for file, expected in _json(MAILS / name / "expected.json").items():
        started = time.perf_counter()
        parts = split_parts(_text(MAILS / name / folder / file))
        seconds = time.perf_counter() - started
        yield Check(file, seconds < expected.get("must_finish_seconds", 1), f"{seconds:.2f} s")
        for what, holds in _fragment_results(expected, parts):
            yield Check(file, holds, f"{what}: {parts}")


def _fragment_results(expected: Expected, parts: Split) -> Iterator[tuple[str, bool]]:
    if "visible_text" in expected:
        yield "visible_text", parts.new_text.strip() == expected["visible_text"].strip()
    interleaved = expected.get("fragments", 2) > 3 and not expected.get("fragment_trimmed")
    for index, text in {**expected.get("fragment", {}), **expected.get("fragment_trimmed", {})}.items():
        wanted, found = text.strip(), _part(expected, parts, int(index)).strip()
        yield f"fragment {index}", (found.startswith(wanted) if interleaved else found == wanted)
    for index, patterns in expected.get("fragment_matches", {}).items():
        found = _part(expected, parts, int(index))
        yield f"matches {index}", all(re.search(one["re"], found, re.MULTILINE) for one in patterns)
    patterns = expected.get("quoted_text_matches", [])
    if patterns:
        yield "quoted_text_matches", all(re.search(one["re"], parts.quoted_text) for one in patterns)
    if "some_signature" in expected:
        yield "some_signature", bool(parts.signature) is expected["some_signature"]
    if expected.get("fragments") == 1:
        yield "one fragment", not (parts.quoted_text or parts.signature)


def _part(expected: Expected, parts: Split, index: int) -> str:
    """Where the fragment has to be found: as it is flagged; else the first is new and others anywhere."""
    if _flag(expected, "signature", index):
        return parts.signature
    quoted = _flag(expected, "quoted", index)
    if quoted is None and index:
        return "\n".join((parts.quoted_text, parts.new_text, parts.signature))
    return parts.quoted_text if quoted else parts.new_text


def _flag(expected: Expected, kind: str, index: int) -> bool | None:
    flags = expected.get(kind)
    if isinstance(flags, list):
        return bool(flags[index])
    return flags.get(str(index)) if flags else None


_TALON = "mailgun_talon"


def reply_checks() -> Iterator[Check]:
    """These judge the quotation only: a signature may stay with the text or be split off."""
    for file, expected in _json(MAILS / _TALON / "expected.json").items():
        message = message_from_bytes((MAILS / _TALON / "emails" / file).read_bytes(), policy=policy.default)
        assert isinstance(message, EmailMessage)
        plain = next(part for part in message.walk() if part.get_content_type() == "text/plain")
        yield _reply_check(file, plain.get_content().replace("\r\n", "\n"), expected)
    for case in _json(MAILS / _TALON / "text_cases.json"):
        yield _reply_check(case["name"], case["body"], {"reply_text_trimmed": case["expected"]})


def _reply_check(name: str, body: str, expected: Expected) -> Check:
    parts = split_parts(body)
    if "reply_text_trimmed" not in expected:
        return Check(name, bool(parts.new_text) and expected["reply_must_not_contain"] not in parts.new_text)
    wanted = _SPACE.sub("", expected["reply_text_trimmed"])
    found = {_SPACE.sub("", parts.new_text), _SPACE.sub("", parts.new_text + parts.signature)}
    return Check(name, wanted in found, repr(parts))


def html_checks() -> Iterator[Check]:
    for case in _json(MAILS / _TALON / "html_replies.json"):
        new = html_to_text(split_html(case["html"])[0])
        is_html = case["compare"].startswith("html")
        wanted = html_to_text(case["expected"]) if is_html else case["expected"]
        yield Check(f"html {case['name']}", _SPACE.sub("", new) == _SPACE.sub("", wanted), repr(new))


def signature_checks() -> Iterator[Check]:
    for case in _json(MAILS / _TALON / "signatures.json"):
        parts = split_parts(case["body"])
        yield Check(case["name"], parts.signature.strip() == case["signature_trimmed"], repr(parts))
    for case in _json(MAILS / _TALON / "signature_cases.json"):
        parts = split_parts(case["body"])
        holds = (parts.new_text, parts.signature) == (case["text"], case["signature"] or "")
        yield Check(f"signature {case['name']}", holds, repr(parts))


SETS: dict[str, Callable[[], Iterator[Check]]] = {
    "discourse_email_reply_trimmer": trimmed_checks,
    "crisp_email_reply_parser": lambda: fragment_checks("crisp_email_reply_parser", "fixtures"),
    "github_email_reply_parser": lambda: fragment_checks("github_email_reply_parser", "emails"),
    "mailgun_talon replies": reply_checks,
    "mailgun_talon html": html_checks,
    "mailgun_talon signatures": signature_checks,
}
