"""Mails of an archive."""

from runtime.settings import settings
from tests.ingestion.history.exports import QUESTION


def mail(
    name: str,
    *,
    sender: str = "Alice <alice@example.com>",
    to: str = "",
    text: str = QUESTION,
    answers: str = "",
    day: int = 2,
    headers: str = "",
) -> str:
    """`name` becomes the Message-ID; `answers` are the names of the mails that it refers to, the nearest last."""
    references = " ".join(f"<{one}@example.com>" for one in answers.split())
    replying = f"In-Reply-To: {references.split()[-1]}\nReferences: {references}\n" if references else ""
    return (
        f"From: {sender}\nTo: {to or settings().ingestion.address}\nSubject: Subject {name}\n"
        f"Message-ID: <{name}@example.com>\nDate: Tue, {day:02d} Jan 2024 10:00:00 +0000\n{replying}{headers}"
        f"Content-Type: text/plain; charset=utf-8\n\n{text}\n"
    )


def archive(*mails: str) -> str:
    return "".join(f"From MAILER-DAEMON Tue Jan  2 10:00:00 2024\n{one}\n" for one in mails)
