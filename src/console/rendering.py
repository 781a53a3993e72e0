"""Renders the templates: Jinja with autoescape on, and the filters that put values into words."""

from collections.abc import Collection
from datetime import datetime
from functools import lru_cache, partial
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from console import parking, steps, words
from console.assets import asset
from console.sessions import Viewer
from runtime.database import transaction
from runtime.redaction import PLACEHOLDER
from tickets import alerts, notifications
from tickets.file_types import SHOWN_INLINE
from tickets.models import Attachment

THEME = "deskfleet_theme"
_LARGEST_PREVIEW = 5_242_880
_ICON_MACROS = ("icon", "channel_icon", "priority", "due", "person", "people")


def safe_url(url: str) -> str:
    """The URL when a browser may be led there, else an empty string: http(s), or a path of this site."""
    if any(character.isspace() or not character.isprintable() or character == "\\" for character in url):
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if parts.scheme in ("http", "https") and parts.netloc:
        return url
    return url if not parts.scheme and not parts.netloc and url.startswith("/") else ""


def moment(at: datetime) -> Markup:
    """A point in time: UTC without script, the reader's own zone with it."""
    return Markup('<time datetime="{}" data-local>{}</time>').format(
        at.isoformat(), f"{at:%d %b %Y, %H:%M} UTC"
    )


def initials(name: str) -> str:
    letters = [word[0] for word in name.split() if word[0].isalnum()]
    return "".join(letters[:1] + letters[-1:] if len(letters) > 1 else letters[:1]).upper() or "?"


def chips(text: str, sealed: Collection[str], title: str) -> Markup:
    """The text with a chip for each placeholder that stands for something sealed; one that was typed stays text."""
    parts: list[str] = []
    end = 0
    for match in PLACEHOLDER.finditer(text) if sealed else ():
        if match[0] in sealed:
            chip = Markup('<span class="seal" title="{}">{}</span>').format(title, words.sealed(match[0]))
            parts += [escape(text[end : match.start()]), chip]
            end = match.end()
    return Markup("").join([*parts, escape(text[end:])])


def is_preview(file: Attachment) -> bool:
    """Whether a page shows a small image of it."""
    return file.type in SHOWN_INLINE and not file.refused and file.size <= _LARGEST_PREVIEW


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        asset=asset,
        words=words,
        time_left=words.time_left,
        step=steps.step,
        notice_words=steps.notice,
        is_preview=is_preview,
    )
    environment.filters.update(
        chips=chips,
        moment=moment,
        initials=initials,
        safe_url=safe_url,
        humanised=words.humanised,
        file_size=words.file_size,
        file_type=words.file_type,
        reason_label=words.reason_label,
        reason_sentence=words.reason_sentence,
        sentiment_word=words.sentiment_word,
    )
    icons = environment.get_template("icons.html").module
    environment.globals.update({name: getattr(icons, name) for name in _ICON_MACROS})
    return environment


def _theme(request: Request) -> str:
    chosen = request.cookies.get(THEME, "")
    return chosen if chosen in ("light", "dark") else ""


def _count_parked(request: Request, viewer: Viewer | None) -> int:
    """How many mails wait for who may do something about them."""
    kept = parking.use(request)
    return kept.count_waiting() if kept and viewer and viewer.may_work else 0


def _count_alerts() -> int:
    """How many alerts nobody has said to have seen."""
    with transaction() as session:
        return len(alerts.unseen(session))


def _count_notifications(viewer: Viewer | None) -> int:
    """How many things the viewer has not seen yet."""
    with transaction() as session:
        return notifications.count_unseen(session, viewer.principal.public_id) if viewer else 0


def render(
    request: Request, template: str, *, viewer: Viewer | None = None, status: int = 200, **values: object
) -> HTMLResponse:
    """A page or fragment. What it shows is personal, so no cache keeps it."""
    context = {
        "viewer": viewer,
        "theme": _theme(request),
        "path": request.url.path,
        "count_parked": partial(_count_parked, request, viewer),  # Asked by the pages that show it alone.
        "count_alerts": _count_alerts,
        "count_notifications": partial(_count_notifications, viewer),
        **values,
    }
    html = _environment().get_template(template).render(context)
    return HTMLResponse(html, status_code=status, headers={"Cache-Control": "no-store"})
