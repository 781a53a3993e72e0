"""What staff do with articles: write, edit, bring back, restore an old version. Each takes effect at once."""

import re
import unicodedata
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from knowledge import versions
from knowledge.adding import add_article
from knowledge.indexing import Added
from knowledge.models import Article
from knowledge.preparing import NewArticle, as_new
from knowledge.vector_store import Audience, Kind
from runtime.database import transaction
from runtime.errors import Conflict, InvalidInput, NotFound

CONSOLE = "console"  # The source of what staff wrote here.
_HELP_CENTRE = "/help/"
_MOST_TITLE = 300
_MOST_SLUG = 60
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_ADDRESS = re.compile(r"(?:https?://[^\s\\]+|/(?![/\\])[^\s\\]*)?")


@dataclass(frozen=True)
class Written:
    """What staff write of an article."""

    title: str
    body: str
    url: str = ""
    product: str = ""
    category: str = ""
    language: str = "en"
    audience: Audience = Audience.PUBLIC
    valid_from: datetime | None = None
    valid_until: datetime | None = None


def get_article(session: Session, public_id: str) -> Article:
    """One article, withdrawn or not; raises NotFound."""
    article = session.scalars(select(Article).where(Article.public_id == public_id)).first()
    if article is None:
        raise NotFound(f"There is no article {public_id[:40]}.")
    return article


def write_article(written: Written, *, by: str) -> Added:
    """A new article. A public one without an address gets a page in the help centre."""
    checked = _checked(written)
    with transaction() as session:
        slug = _free_slug(session, checked.title)
        if checked.audience is Audience.PUBLIC and not checked.url:
            checked = replace(checked, url=f"{_HELP_CENTRE}{slug}")
        new = NewArticle(source=CONSOLE, slug=slug, **vars(checked))
        _check_address(session, new)
    return add_article(new, by=by, seen_version=0)


def edit_article(public_id: str, written: Written, *, by: str, seen_version: int) -> Added:
    """Change an article. Raises Conflict when it is not the version any more that its editor has read."""
    changes = vars(_checked(written))
    with transaction() as session:
        article = get_article(session, public_id)
        if article.withdrawn_at is not None:
            raise Conflict("The article was withdrawn meanwhile: bring it back before you change it.")
        new = replace(as_new(article), **changes)
        _check_address(session, new)
    return add_article(new, by=by, seen_version=seen_version)


def restore_version(public_id: str, number: int, *, by: str, seen_version: int) -> Added:
    """Make a new version of what an old one said. Raises NotFound, and Conflict as `edit_article` does."""
    with transaction() as session:
        article = get_article(session, public_id)
        content = dict(versions.content_of(versions.get_version(session, article, number)))
        content["audience"] = Audience(str(content["audience"]))
        new = replace(as_new(article), **content)  # type: ignore[arg-type]  # the fields of NewArticle
        _check_address(session, new)
    return add_article(new, by=by, seen_version=seen_version)


def bring_back(public_id: str, *, by: str) -> Added:
    """Undo a withdrawal: the article is found again, as it was."""
    with transaction() as session:
        article = get_article(session, public_id)
        new, version = as_new(article), article.version
        _check_address(session, new)
    return add_article(new, by=by, seen_version=version)


def _checked(written: Written) -> Written:
    title = " ".join(written.title.replace("\0", "").split())
    if len(title) > _MOST_TITLE:
        raise InvalidInput(f"The title is longer than {_MOST_TITLE} characters.", field="title")
    if not _LANGUAGE.fullmatch(written.language):
        raise InvalidInput("The language is no ISO code such as en.", field="language")
    if not _ADDRESS.fullmatch(written.url):
        raise InvalidInput("The address begins neither with http(s):// nor with /.", field="url")
    if written.valid_from and written.valid_until and written.valid_until <= written.valid_from:
        raise InvalidInput("The article would end before it begins.", field="valid_until")
    return replace(written, title=title, body=written.body.strip())


def _free_slug(session: Session, title: str) -> str:
    """A name for its address: letters and digits of the title, and a number when it is taken."""
    folded = unicodedata.normalize("NFKD", title.lower()).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9]+", "-", folded).strip("-")[:_MOST_SLUG].strip("-") or "article"
    same = or_(
        (Article.source == CONSOLE) & Article.slug.startswith(slug),
        Article.url.startswith(f"{_HELP_CENTRE}{slug}"),
    )
    rows = session.execute(select(Article.slug, Article.url).where(same))
    taken = {name.removeprefix(_HELP_CENTRE) for row in rows for name in row}
    numbers = range(2, len(taken) + 3)
    return next(name for name in (slug, *(f"{slug}-{number}" for number in numbers)) if name not in taken)


def _check_address(session: Session, new: NewArticle) -> None:
    """Two articles cannot have one page of the help centre."""
    if new.kind is not Kind.ARTICLE or not new.url.startswith(_HELP_CENTRE):
        return
    other = select(Article.title).where(
        Article.url == new.url,
        Article.withdrawn_at.is_(None),
        or_(Article.source != new.source, Article.slug != new.slug),
    )
    if title := session.scalar(other.limit(1)):
        raise InvalidInput(f"The article “{title}” has this address.", field="url")
