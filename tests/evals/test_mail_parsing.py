"""How well public sets of broken mails, bounces and replies are read, and how well machines are told from people."""

import csv
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingestion.mail.kinds import MailKind
from ingestion.mail.mime import read_mail
from ingestion.mail.parse import ParsedMail, parse
from tests.evals.mail_scoring import MAILS

_DESK = ("support@example.com",)
_BROKEN = ("mailgun_flanker", "mikel_mail", "cpython_test_email")
_PEOPLE = ("discourse_email_reply_trimmer/emails", "crisp_email_reply_parser/fixtures",
           "github_email_reply_parser/emails", "mailgun_talon/emails")  # fmt: skip
_BOUNCES = MAILS / "sisimai_bounces"
_HEADER = (
    b"From: Alice <alice@example.org>\r\nTo: support@example.com\r\nSubject: Re: My order\r\n"
    b"Message-ID: <a1@example.org>\r\nContent-Type: text/plain\r\n\r\n"
)

pytestmark = pytest.mark.skipif(not MAILS.exists(), reason="the mail collections are not on this machine")


def parsed(path: Path) -> ParsedMail:
    return parse(path.read_bytes(), mailboxes=_DESK)


def _files(folder: str) -> list[Path]:
    return sorted(path for path in (MAILS / folder).rglob("*") if path.is_file())


def _has_words(path: Path) -> bool:
    """Whether a text part of the mail, however deep, has a letter in it."""
    mail, _ = read_mail(path.read_bytes())
    leaves = [part for part in mail.walk() if not part.parts and part.disposition != "attachment"]
    texts = [part.decoded() for part in leaves if part.kind in {"text/plain", "text/html"}]
    return any(text.decode("latin-1").strip(" \t\r\n") for text in texts)


@pytest.mark.parametrize("folder", _BROKEN)
def test_every_broken_mail_is_read_and_its_words_are_found(folder: str) -> None:
    files = _files(folder)
    mails = [(path, parsed(path)) for path in files]
    wordy = [(path, mail) for path, mail in mails if _has_words(path)]
    found = [mail for _, mail in wordy if mail.text.strip()]
    named = sum(bool(mail.sender) for _, mail in mails)
    print(
        f"\n{folder}: {len(files)} mails, {named} with a sender, text found in {len(found)} of {len(wordy)}"
    )
    assert len(found) == len(wordy)
    assert all(mail.text.encode() is not None and "\x00" not in mail.text for _, mail in mails)


def labelled_machines() -> list[tuple[str, str, Path]]:
    """(kind, line end, file) of the bounces, complaints and automatic replies."""
    with (_BOUNCES / "index.csv").open(encoding="utf-8", newline="") as index:
        rows = list(csv.DictReader(index))
    return [
        ("message" if row["class"] == "other" else row["class"], row["newline"], _BOUNCES / row["file"])
        for row in rows
    ]


def test_the_kind_of_machine_mail_is_known_and_none_is_answered() -> None:
    labelled = [(kind, newline, parsed(path)) for kind, newline, path in labelled_machines()]
    right = Counter(newline for kind, newline, mail in labelled if mail.kind == kind)
    total = Counter(newline for _, newline, _ in labelled)
    answered = sum(mail.answerable for kind, _, mail in labelled if kind != "message")
    share = right.total() / total.total()
    by_line_end = ", ".join(f"{newline} {right[newline]}/{total[newline]}" for newline in sorted(total))
    print(f"\nkinds right: {share:.3f} ({by_line_end}), machines answered: {answered}")
    assert total.total() >= 400
    assert answered == 0
    assert share >= 0.97
    assert all(right[newline] >= 0.97 * count - 1 for newline, count in total.items())
    assert all(mail.answerable for kind, _, mail in labelled if kind == "message")


def test_bounces_tell_what_failed() -> None:
    failures = [
        mail.failure for _, _, path in labelled_machines() if (mail := parsed(path)).kind is MailKind.BOUNCE
    ]
    known = [failure for failure in failures if failure is not None]
    assert len(known) == len(failures)
    recipients = sum(bool(failure.recipient) for failure in known) / len(known)
    statuses = sum(bool(failure.status) for failure in known) / len(known)
    ids = sum(bool(failure.message_id) for failure in known) / len(known)
    print(
        f"\nof {len(known)} bounces: recipient {recipients:.3f}, status {statuses:.3f}, id of the mail {ids:.3f}"
    )
    assert recipients >= 0.98
    assert statuses >= 0.98
    assert ids >= 0.8


def written_by_people() -> Iterator[tuple[str, ParsedMail]]:
    """The replies of people: whole mails as they are, bare texts as mails of Alice."""
    for path in (path for folder in _PEOPLE for path in _files(folder)):
        raw = path.read_bytes()
        yield path.name, parse(raw if path.suffix == ".eml" else _HEADER + raw, mailboxes=_DESK)
    for name in ("html_replies.json", "text_cases.json"):
        for case in json.loads((MAILS / "mailgun_talon" / name).read_text(encoding="utf-8")):
            kind = b"text/html; charset=utf-8" if "html" in case else b"text/plain; charset=utf-8"
            text = str(case.get("html") or case.get("body") or "").encode()
            yield case["name"], parse(_HEADER.replace(b"text/plain", kind) + text, mailboxes=_DESK)


def test_people_are_answered() -> None:
    written = list(written_by_people())
    refused = [(name, str(mail.kind)) for name, mail in written if not mail.answerable]
    print(f"\n{len(written)} mails of people, {len(refused)} called unanswerable {refused}")
    assert len(written) >= 140
    assert len(refused) <= len(written) / 200
