"""The nightly and the weekly job, and those that keep Pinecone in step. Their times stand in `runtime.schedule`."""

import logging

from knowledge import pinecone_store, pinecone_sync, source_syncs
from knowledge.gaps import find_gaps
from knowledge.learning import learn
from knowledge.pinecone_sync import Synced
from runtime.errors import InvalidInput, Retryable, Unavailable
from runtime.jobs import job
from runtime.knowledge_settings import Store
from runtime.settings import settings

log = logging.getLogger(__name__)


@job(queue="knowledge")
def learn_nightly() -> None:
    """What staff resolved since yesterday becomes searchable."""
    report = learn(by="night")
    log.info("learned from resolved tickets", extra=vars(report))


@job(queue="knowledge")
def sync_folder(sync_id: int) -> None:
    """A folder of articles is read anew, because staff asked for it."""
    try:
        source_syncs.run(sync_id)
    except InvalidInput as error:  # It is told on the page; to try again would not help.
        log.warning("a folder of articles could not be read: %s", error.detail)


@job(queue="knowledge")
def find_gaps_weekly() -> None:
    """What customers ask and the memory does not answer becomes a list with drafts for staff."""
    report = find_gaps()
    log.info("looked for knowledge gaps", extra=vars(report))


@job(queue="knowledge")
def push_article(article_id: int) -> None:
    """Pinecone hears of an article's change."""
    if settings().knowledge.store is Store.PINECONE:
        _sync(article=article_id)


@job(queue="knowledge")
def sweep_vectors() -> None:
    """What Pinecone was not told because a job was lost or it did not answer.

    It may hold vectors although it is not in use (any more, or yet): what is gone is deleted there all the same.
    """
    if pinecone_store.is_set_up():
        _sync(push=settings().knowledge.store is Store.PINECONE)


def _sync(*, article: int | None = None, push: bool = True) -> None:
    try:
        told = pinecone_sync.sync(article=article, push=push)
    except Unavailable as error:
        raise Retryable(error.detail) from error
    if told != Synced():
        log.info("told Pinecone", extra={"pushed": told.pushed, "deleted": told.deleted})
