"""An outgoing message as a mail that threads in the customer's program. Called by `channels.mail`."""

import re
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.errors import HeaderParseError
from email.header import Header
from email.headerregistry import Address, BaseHeader, HeaderRegistry
from email.message import EmailMessage
from email.utils import quote
from html import escape
from typing import Any

from runtime.errors import Permanent
from runtime.settings import settings
from tickets.deliveries import Outgoing
from tickets.mail_tokens import subject_token, token_of, without_token
from tickets.recipients import of_mail

_REPLY = re.compile(
    r"^(?:\s*(?:re|aw|sv|antw|odp|ynt|rif|res|回复|返信)\s*(?:\[\d+\])?\s*[::])+\s*", re.IGNORECASE
)
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f\u2028\u2029]+")
_MAIL_ID = re.compile(r"[!-;=?-~]{1,250}")
_MOST_REFERENCES = 10
_LONGEST_SUBJECT = 200
_LONGEST_NAME = 100
_LINE = 76
_MOST_QUOTED = 10
_LONGEST_QUOTE = 800


class _Words(BaseHeader):
    """Folded at its spaces and not encoded. The library would encode an id longer than a line, which breaks the
    thread, and loses spaces of names and subjects that are encoded over two lines.
    """

    max_count = 1

    @classmethod
    def parse(cls, string: str, kwds: dict[str, Any]) -> None:
        kwds |= {"parse_tree": None, "decoded": string}

    def fold(self, *, policy: policy.Policy) -> str:
        first, *others = self.split()
        lines = [f"{self.name}: {first}"]
        for word in others:
            if len(lines[-1]) + len(word) < _LINE:
                lines[-1] += f" {word}"
            else:
                lines.append(f" {word}")
        return policy.linesep.join(lines) + policy.linesep


def _registry() -> HeaderRegistry:
    registry = HeaderRegistry()
    for name in ("from", "to", "cc", "reply-to", "subject", "message-id", "in-reply-to", "references"):
        registry.map_to_type(name, _Words)
    return registry


_POLICY = policy.SMTP.clone(header_factory=_registry())


@dataclass(frozen=True)
class Source:
    title: str
    url: str


def compose(outgoing: Outgoing, *, address: str, name: str) -> EmailMessage:
    """The mail from our `address` in our `name`, ready to send. Raises Permanent when it cannot be addressed.

    The agent answers the customer alone; a reply of staff also goes to whom the customer had put in copy.
    """
    mail = EmailMessage(policy=_POLICY)
    mail["From"] = _mailbox(name, address)
    to = of_mail(
        customer=outgoing.to, reply_to=outgoing.reply_to, copied=outgoing.copied, ours=address,
        by_agent=outgoing.by_agent,
    )  # fmt: skip
    mail["To"] = _mailbox(outgoing.to_name, to.to)
    if copied := _usable(to.copied):
        mail["Cc"] = ", ".join(copied)
    if settings().ingestion.plus_addressing:
        mail["Reply-To"] = _mailbox(name, _with_token(address, outgoing.ticket_public_id))
    mail["Subject"] = _encoded(_subject(outgoing))
    mail["Date"] = datetime.now(UTC)
    _add_thread(mail, outgoing)
    if outgoing.by_agent:
        mail["Auto-Submitted"] = "auto-replied"
    mail["X-Auto-Response-Suppress"] = "All"
    mail["X-Deskfleet-Ticket"] = _one_line(outgoing.ticket_public_id)
    sources = _sources(outgoing)
    mail.set_content(_plain(outgoing, sources), cte="quoted-printable")
    mail.add_alternative(_html(outgoing, sources), subtype="html", cte="quoted-printable")
    return mail


def _usable(addresses: Iterable[str]) -> list[str]:
    """Strangers wrote them: one that cannot be written to must not stop the reply."""
    found = []
    for one in addresses:
        with suppress(Permanent):
            found.append(plain_address(one))
    return found


def _with_token(address: str, public_id: str) -> str:
    local, _at, domain = address.rpartition("@")
    return f"{local}+{token_of(public_id)}@{domain}"


def _subject(outgoing: Outgoing) -> str:
    bare = without_token(outgoing.subject)
    subject = _one_line(bare)[:_LONGEST_SUBJECT] if outgoing.begins else reply_subject(bare)
    return (
        f"{subject} {subject_token(outgoing.ticket_public_id)}"
        if settings().ingestion.subject_token
        else subject
    )


def _quote(outgoing: Outgoing) -> list[str]:
    """The beginning of what is answered, so that the reply is understood years later; never a whole history."""
    text = outgoing.answers_text.strip()
    lines = text[:_LONGEST_QUOTE].splitlines()[:_MOST_QUOTED]
    cut = len("\n".join(lines)) < len(text)
    return [line.rstrip() for line in lines] + (["[…]"] if cut else [])


def _quote_heading(outgoing: Outgoing) -> str:
    """Without words, so that it is right in every language."""
    at = f"{outgoing.answers_at:%Y-%m-%d %H:%M} UTC" if outgoing.answers_at else ""
    return " · ".join(filter(None, (_one_line(outgoing.answers_name) or outgoing.to, at))) + ":"


def reply_subject(subject: str) -> str:
    """`Re: ` once, whatever other programs put before it in their language; always one line."""
    bare = _REPLY.sub("", _one_line(subject))[:_LONGEST_SUBJECT].strip()
    return f"Re: {bare or 'Your message'}"


def _one_line(text: str) -> str:
    return " ".join(_UNPRINTABLE.sub(" ", text).split())


def _encoded(text: str) -> str:
    """As it is when it is ASCII, else as encoded words with spaces between them."""
    return text if text.isascii() else " ".join(Header(text, "utf-8", maxlinelen=_LINE).encode().split())


def _mailbox(name: str, address: str) -> str:
    shown = _one_line(name)[:_LONGEST_NAME].strip()
    if not shown:
        return f"<{plain_address(address)}>"
    display = f'"{quote(shown)}"' if shown.isascii() else _encoded(shown)
    return f"{display} <{plain_address(address)}>"


def plain_address(address: str) -> str:
    """The address in ASCII, for the envelope and the header. Raises Permanent when it is none."""
    local, _at, domain = address.rpartition("@")
    try:
        return Address(addr_spec=f"{local}@{domain.encode('idna').decode()}").addr_spec
    except (ValueError, IndexError, HeaderParseError):
        raise Permanent(
            f"{address or 'An empty text'!r} is not a mail address that can be written to."
        ) from None


def _add_thread(mail: EmailMessage, outgoing: Outgoing) -> None:
    if not _MAIL_ID.fullmatch(outgoing.mail_id):
        raise Permanent("The message has no usable Message-ID.")
    mail["Message-ID"] = f"<{outgoing.mail_id}>"
    if answered := _bracketed([outgoing.in_reply_to]):
        mail["In-Reply-To"] = answered[0]
    known = [one for one in _bracketed(outgoing.references) if one not in answered] + answered
    if known:
        kept = known if len(known) <= _MOST_REFERENCES else [known[0], *known[-_MOST_REFERENCES:]]
        mail["References"] = " ".join(kept)


def _bracketed(mail_ids: Iterable[str]) -> list[str]:
    """Ids came from strangers: only what is one printable word goes into a header."""
    return [f"<{one}>" for one in mail_ids if _MAIL_ID.fullmatch(one)]


def _sources(outgoing: Outgoing) -> list[Source]:
    """The cited articles that can be read somewhere, each once, with an absolute address."""
    found: dict[str, Source] = {}
    for citation in outgoing.citations:
        url = absolute(str(citation.get("url") or ""))
        if url:
            found.setdefault(url, Source(_one_line(str(citation.get("title") or url)), url))
    return list(found.values())


def absolute(url: str) -> str:
    """An http address as it is, a path on our own host; anything else (`javascript:`) is no address."""
    url = _one_line(url).replace(" ", "%20")
    if re.match(r"https?://", url, re.IGNORECASE):
        return url
    if not url or url.startswith("//") or re.match(r"[a-z][a-z0-9+.-]*:", url, re.IGNORECASE):
        return ""
    return f"{settings().public_url}/{url.lstrip('/')}"


def _plain(outgoing: Outgoing, sources: list[Source]) -> str:
    listed = [f"- {source.title}: {source.url}" for source in sources]
    quoted = [f"> {line}".rstrip() for line in _quote(outgoing)]
    parts = [
        outgoing.text.strip(),
        *(["", "Sources:", *listed] if listed else []),
        *(["", _quote_heading(outgoing), *quoted] if quoted else []),
    ]
    return "\n".join(parts) + "\n"


def _html(outgoing: Outgoing, sources: list[Source]) -> str:
    paragraphs = re.split(r"\n\s*\n", outgoing.text.strip())
    body = "\n".join(f"<p>{escape(one.strip()).replace(chr(10), '<br>')}</p>" for one in paragraphs)
    items = "\n".join(f"<li>{_link(source)}</li>" for source in sources)
    listed = f"\n<p>Sources:</p>\n<ul>\n{items}\n</ul>" if items else ""
    quoted = "<br>".join(escape(line) for line in _quote(outgoing))
    history = (
        f"\n<p>{escape(_quote_heading(outgoing))}</p>\n<blockquote>{quoted}</blockquote>" if quoted else ""
    )
    return (
        '<!doctype html>\n<html><head><meta charset="utf-8"></head><body>\n'
        f"{body}{listed}{history}\n</body></html>\n"
    )


def _link(source: Source) -> str:
    return f'<a href="{escape(source.url)}">{escape(source.title)}</a>'
