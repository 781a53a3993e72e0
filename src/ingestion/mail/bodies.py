"""A mail's tree of parts to its text and its files. Called by `parse`."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from ingestion.mail.calendars import invitation
from ingestion.mail.decoding import decode
from ingestion.mail.flowed import unfold, without_frame
from ingestion.mail.headers import text_value
from ingestion.mail.html_quotes import split_html
from ingestion.mail.html_text import html_to_text
from ingestion.mail.mime import Part
from ingestion.mail.parameters import file_name
from ingestion.mail.transfer import take_files
from ingestion.mail.words import decode_words

_MOST_TEXT = 500_000
_MOST_BYTES = 3_000_000
_MOST_HTML = 1_000_000
_MOST_NESTED = 200_000
_STUB = 400
_TEXTS = frozenset({"text/plain", "text/html", "text/enriched", "text/richtext", "text/markdown"})
# Parts that are neither words nor files of the sender: pointers, states, resource forks, Outlook's wrapping.
_SILENT = frozenset({"message/external-body", "application/applefile"})
_USUAL_NAMES = {
    "text/calendar": "invite.ics",
    "application/pgp-encrypted": "version.asc",
    "application/pgp-signature": "signature.asc",
    "application/pkcs7-mime": "smime.p7m",
    "message/delivery-status": "delivery-status.txt",
    "message/disposition-notification": "receipt.txt",
    "message/feedback-report": "feedback-report.txt",
    "text/rfc822-headers": "headers.txt",
}
_META_CHARSET = re.compile(rb"<meta[^>]{1,200}charset\s*=\s*[\"']?([\w.:-]{1,40})", re.IGNORECASE)
_IS_HTML = re.compile(r"\s{0,100}(?:<!doctype html|<html\b)", re.IGNORECASE)
_TAG = re.compile(r"<[^<>]{1,200}>")
_WORD = re.compile(r"\w{2,}")
_NOT_WORD = re.compile(r"\W+")


@dataclass(frozen=True)
class Attachment:
    """`type` as the sender states it: nobody looked inside. `inline`: meant to be seen within the text."""

    name: str
    type: str
    content: bytes = field(repr=False)
    inline: bool = False
    content_id: str = ""

    @property
    def size(self) -> int:
        return len(self.content)


@dataclass(frozen=True)
class Shown:
    """A part's text; `quoted` is what its HTML marks as history."""

    new: str
    quoted: str = ""

    @property
    def whole(self) -> str:
        return f"{self.new}\n\n{self.quoted}" if self.quoted else self.new


@dataclass
class Body:
    """`quoted` is history that HTML marks as such, `nested` the text of mails that are attached as mails."""

    text: str = ""
    quoted: str = ""
    nested: str = ""
    attachments: list[Attachment] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)
    rendered: dict[int, Shown] = field(default_factory=dict)
    html_left: int = _MOST_HTML
    bytes_left: int = _MOST_BYTES


def read_body(mail: Part) -> Body:
    body = Body()
    leaves = _readable(mail, body)
    body.text = _cut(_together(_shown(leaf, body).new for leaf in leaves), body, _MOST_TEXT)
    body.quoted = _cut(_together(_shown(leaf, body).quoted for leaf in leaves), body, _MOST_TEXT)
    body.nested = _cut(body.nested, body, _MOST_NESTED)
    if not body.text.strip():
        body.text, body.quoted = body.quoted or _of_calendars(mail), ""
    body.rendered.clear()
    return body


def _cut(text: str, body: Body, most: int) -> str:
    if len(text) > most:
        body.defects.append(f"text cut to {most} characters")
    return text[:most]


def _readable(part: Part, body: Body, *, inside: bool = False) -> list[Part]:
    """The parts whose text is to be shown, in order; what is not text is listed in `body`."""
    if part.is_mail:
        _list_mail(part, body, inside=inside)
        return []
    groups = [_readable(child, body, inside=inside) for child in part.parts]
    if part.kind == "multipart/alternative":
        return _best([group for group in groups if group], body)
    if groups:
        return _without_twins([leaf for group in groups for leaf in group], body)
    is_text = part.kind in _TEXTS and not _is_attached(part)
    # A multipart whose boundary never comes is one text.
    if is_text or part.kind.startswith("multipart/"):
        return [part]
    _list_file(part, body)
    return []


def _best(groups: list[list[Part]], body: Body) -> list[Part]:
    """Plain text before HTML, unless it is empty or only says that there is HTML."""
    ranked = sorted(groups, key=lambda group: any(leaf.kind != "text/plain" for leaf in group))
    for at, group in enumerate(ranked):
        if _says_something(_joined(group, body), (_joined(other, body) for other in ranked[at + 1 :])):
            return group
    return ranked[0] if ranked else []


def _says_something(text: str, others: Iterable[str]) -> bool:
    """Not when it is short and its words are none of those that the other forms of the same text have."""
    if not text.strip():
        return False
    words = set(_WORD.findall(text.lower()))
    if len(text.strip()) > _STUB or not words:
        return True
    fuller = next((other for other in others if other.strip()), "")
    return not fuller or len(words & set(_WORD.findall(fuller.lower()))) * 2 >= len(words)


def _without_twins(leaves: list[Part], body: Body) -> list[Part]:
    """Some programs send plain text and the same as HTML one after the other: then the HTML is left out."""
    plain = {_bare(_shown(leaf, body).whole) for leaf in leaves if leaf.kind == "text/plain"}
    if not plain or all(leaf.kind == "text/plain" for leaf in leaves):
        return leaves
    return [
        leaf for leaf in leaves if leaf.kind == "text/plain" or _bare(_shown(leaf, body).whole) not in plain
    ]


def _bare(text: str) -> str:
    return _NOT_WORD.sub("", text.lower())


def _joined(leaves: list[Part], body: Body) -> str:
    return _together(_shown(leaf, body).whole for leaf in leaves)


def _together(texts: Iterable[str]) -> str:
    return "\n\n".join(text for text in texts if text.strip())


def _shown(part: Part, body: Body) -> Shown:
    if id(part) not in body.rendered:
        body.rendered[id(part)] = _rendered(part, body)
    return body.rendered[id(part)]


def _rendered(part: Part, body: Body) -> Shown:
    if len(part.content) > body.bytes_left:
        body.defects.append("text not read to its end")
    data = part.decoded(body.bytes_left)
    body.bytes_left -= len(data)
    charset = part.parameters.get("charset", "")
    if part.kind == "text/html" and not charset and (meta := _META_CHARSET.search(data, 0, 2_048)):
        charset = meta[1].decode("ascii", "ignore")
    if part.kind != "text/html":
        data = _without_files(data, body)
    text = decode(data, charset)
    if part.kind == "text/html" or _IS_HTML.match(text):
        return _from_html(text, body)
    if part.kind in {"text/enriched", "text/richtext"}:
        return Shown(_TAG.sub("", text).replace("<<", "<"))
    if part.parameters.get("format", "").lower() == "flowed":
        text = unfold(text, delete_space=part.parameters.get("delsp", "").lower() == "yes")
    return Shown(without_frame(text))


def _from_html(source: str, body: Body) -> Shown:
    if len(source) > body.html_left:
        body.defects.append("HTML cut")
    source = source[: body.html_left]
    body.html_left -= len(source)
    new, quoted = split_html(source)
    shown = Shown(html_to_text(new), html_to_text(quoted) if quoted else "")
    return shown if shown.new.strip() else Shown(html_to_text(source))


def _without_files(data: bytes, body: Body) -> bytes:
    taken = take_files(data)
    for one in taken.files:
        name = file_name(decode(one.name, "")) or "unnamed"
        body.attachments.append(Attachment(name, "application/octet-stream", one.content))
    return taken.text


def _of_calendars(mail: Part) -> str:
    calendars = (part for part in mail.walk() if part.kind == "text/calendar")
    part = next(calendars, None)
    return (
        invitation(decode(part.decoded(_STUB * 100), part.parameters.get("charset", "utf-8"))) if part else ""
    )


def _list_mail(part: Part, body: Body, *, inside: bool) -> None:
    """Its text is read, and it is a file; a mail within it lies in that file and is only read."""
    inner = Body(html_left=body.html_left, bytes_left=body.bytes_left)
    mail = part.parts[0] if part.parts else Part((), "text/plain", {}, "", "")
    text = _joined(_readable(mail, inner, inside=True), inner)
    body.html_left, body.bytes_left = inner.html_left, inner.bytes_left
    subject = text_value(mail.fields, "Subject")
    heading = f"From: {text_value(mail.fields, 'From')}\nSubject: {subject}\n\n"
    body.nested = "\n\n".join(filter(None, (body.nested, heading + text, inner.nested)))
    if not inside:
        body.attachments.append(Attachment(f"{subject or 'message'}.eml"[-200:], part.kind, part.content))
    body.attachments += inner.attachments
    body.defects += inner.defects


def _is_attached(part: Part) -> bool:
    """A name in Content-Type alone does not make an attachment: some programs name the body."""
    return part.disposition == "attachment" or (bool(part.disposition) and bool(part.name))


def _list_file(part: Part, body: Body) -> None:
    if part.kind in _SILENT:
        return
    if part.kind in {"application/ms-tnef", "application/vnd.ms-tnef"} or part.name.lower() == "winmail.dat":
        body.defects.append("winmail.dat ignored")
        return
    content_id = decode_words(part.first("content-id")).strip("<> ")[:200]
    inline = part.disposition == "inline" or (bool(content_id) and part.disposition != "attachment")
    name = part.name or _usual_name(part.kind)
    body.attachments.append(Attachment(name, part.kind, part.decoded(), inline, content_id))


def _usual_name(kind: str) -> str:
    return _USUAL_NAMES.get(kind, "unnamed")
