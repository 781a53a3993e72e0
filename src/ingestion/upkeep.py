"""Jobs that keep the store of files as large as its rows say."""

from collections.abc import Iterator

from runtime import storage
from runtime.database import transaction
from runtime.jobs import job
from tickets import attachments

_BATCH = 500


@job(queue="upkeep")
def drop_stale_uploads() -> None:
    """Forget uploads that no message named within a day, and their content when nobody else has the same."""
    with transaction() as session:
        keys = attachments.forget_stale_uploads(session)
    _drop_unlisted(keys)


@job(queue="upkeep")
def drop_unlisted_content() -> None:
    """Remove what a transaction that failed, or a ticket that went, has left in the store."""
    for keys in _batches(storage.keys()):
        _drop_unlisted(keys)


def _drop_unlisted(keys: list[str]) -> None:
    """The store is asked with no transaction open. What came a short while ago is left for the next time."""
    with transaction() as session:
        unlisted = attachments.unlisted(session, keys)
    attachments.drop_content(unlisted)


def _batches(keys: Iterator[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    for key in keys:
        batch.append(key)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    yield batch
