"""An outgoing message as HTML with its sources, for channels whose vendor shows HTML."""

import re
from html import escape

from ingestion.mail.compose import absolute
from tickets.deliveries import Outgoing


def as_html(outgoing: Outgoing) -> str:
    """Every text is escaped; paragraphs and lines stay as they were written."""
    paragraphs = [one.strip() for one in re.split(r"\n\s*\n", outgoing.text.strip())]
    body = "".join(f"<p>{escape(one).replace(chr(10), '<br>')}</p>" for one in paragraphs)
    links = "".join(f"<li>{_link(url, title)}</li>" for url, title in _sources(outgoing).items())
    return f"{body}<p>Sources:</p><ul>{links}</ul>" if links else body


def _sources(outgoing: Outgoing) -> dict[str, str]:
    """Address → title of the cited articles that can be read somewhere, each once."""
    found: dict[str, str] = {}
    for citation in outgoing.citations:
        if url := absolute(str(citation.get("url") or "")):
            found.setdefault(url, " ".join(str(citation.get("title") or url).split()))
    return found


def _link(url: str, title: str) -> str:
    return f'<a href="{escape(url)}">{escape(title)}</a>'
