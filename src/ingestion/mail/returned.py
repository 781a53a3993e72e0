"""The mail that a report is about, as far as the report brings it back. Read by `bounces` and `complaints`."""

from collections.abc import Iterator

from ingestion.mail.fields import Fields, read_fields
from ingestion.mail.mime import Part

_HEADERS = frozenset({"text/rfc822-headers", "message/rfc822-headers", "message/global-headers", "text/rfc822",
                      "message/partial"})  # fmt: skip


def outer_parts(mail: Part) -> Iterator[Part]:
    """The mail's own parts, those of mails within it left out: a forwarded report is no report."""
    yield mail
    if mail.is_mail:
        return
    for part in mail.parts:
        yield from outer_parts(part)


def returned_fields(mail: Part) -> Fields:
    """The header of the first mail that is a part of this one, or nothing."""
    for part in outer_parts(mail):
        if part.is_mail and part.parts:
            return part.parts[0].fields
        if part.kind in _HEADERS:
            content = part.decoded()
            return read_fields(content, len(content) - len(content.lstrip()), len(content))[0]
    # Some servers put the mail between the marks without saying that it is one.
    loose = (part.fields for part in outer_parts(mail) if part is not mail and part.first("message-id"))
    return next(loose, ())
