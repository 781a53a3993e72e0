"""Adding articles: checked, embedded some at a time, and written in short transactions between."""

from collections.abc import Callable, Sequence

from knowledge import indexing, naming
from knowledge.indexing import Added
from knowledge.preparing import NewArticle, prepare, prepare_all
from runtime.database import transaction
from runtime.errors import InvalidInput

AT_ONCE = 32
_MOST_CHARACTERS = 2_000_000


def add_article(new: NewArticle, *, by: str = "", seen_version: int | None = None) -> Added:
    """Add an article, or replace the one with the same source and slug; `by` is who of the staff does it.

    It opens short transactions of its own, because the article is embedded between them.
    Raises InvalidInput for an empty title or body, Conflict when somebody changes it at the same moment, or when
    `seen_version` (0: none) is not the version that is replaced.
    """
    check(new)
    prepared = prepare(new)
    with transaction() as session:
        return indexing.write(session, prepared, by=by, seen_version=seen_version)


def add_all(
    articles: Sequence[NewArticle], *, progress: Callable[[int, int], None] | None = None
) -> list[Added]:
    """The same for many, embedded some at a time, which is faster. Raises before anything is added."""
    for new in articles:
        check(new)
    added: list[Added] = []
    for start in range(0, len(articles), AT_ONCE):
        prepared = prepare_all(articles[start : start + AT_ONCE])
        with transaction() as session:
            added += [indexing.write(session, one) for one in prepared]
        if progress is not None:
            progress(len(added), len(articles))
    naming.refresh()
    return added


def check(new: NewArticle) -> None:
    """Raises InvalidInput for what cannot be an article."""
    for field, value in (("title", new.title), ("body", new.body)):
        if not value.strip():
            raise InvalidInput(f"The {field} of the article is empty.", field=field)
    if "\0" in new.title + new.body or len(new.body) > _MOST_CHARACTERS:
        raise InvalidInput(
            "The body of the article is no text, or longer than 2,000,000 characters.", field="body"
        )
