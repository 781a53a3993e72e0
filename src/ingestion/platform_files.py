"""Jobs that fetch what customers send on X, Facebook, Zendesk and Intercom, and list it on the ticket.

The answer to the customer waits for none of this: the message is stored and its answer asked for before.
"""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence

from ingestion import awaited_files
from ingestion.awaited_files import FETCH_FILES, Awaited
from ingestion.channels import x_files, zendesk_api
from ingestion.channels.remote_files import RemoteFile
from runtime import fetching
from runtime.database import transaction
from runtime.errors import Permanent, Retryable, SettingError, Unavailable
from runtime.jobs import job, request
from runtime.settings import settings
from tickets import attachments
from tickets.contracts import Channel, FileContent

log = logging.getLogger(__name__)

# The files of some platforms are for who is signed in. The addresses of the others carry their own signature.
HEADERS: dict[Channel, Callable[[str], Mapping[str, str]]] = {
    Channel.ZENDESK: zendesk_api.file_headers,
    Channel.X: x_files.file_headers,
}
LISTERS: dict[Channel, Callable[[str, str], Sequence[RemoteFile]]] = {
    Channel.ZENDESK: zendesk_api.files_of_comment
}

# Downloads are slow: the other threads of a worker are left to the customers' answers.
_AT_ONCE = 2
_MOST_OF_ONE_JOB = 50
_SETTLED_S = 30.0
# An outage of a day takes fewer; a file that ends its worker or its job each time is not tried for ever.
_MOST_ATTEMPTS = 100
_slots = threading.BoundedSemaphore(_AT_ONCE)


@job(queue="ingestion")
def fetch_files(message_id: int) -> None:
    """Fetch the files of this message, then others that wait. Without a free slot the sweep asks again."""
    if not _slots.acquire(blocking=False):
        return
    try:
        for _file in range(_MOST_OF_ONE_JOB):
            with transaction() as session:
                awaited = awaited_files.claim(session, message_id)
            if awaited is None:
                return
            _settle(awaited)
    finally:
        _slots.release()


@job(queue="upkeep")
def sweep_files() -> None:
    """Ask again for files whose job was lost or postponed."""
    with transaction() as session:
        for message_id in awaited_files.due(session, settled_s=_SETTLED_S):
            request(session, FETCH_FILES, message_id)


def _settle(awaited: Awaited) -> None:
    """With no transaction open ask for it, and record what became of it."""
    if awaited.attempts > _MOST_ATTEMPTS:
        _refuse(awaited, "tried too often")
        return
    try:
        if awaited.mark:
            _fetch(awaited)
        else:
            _ask(awaited)
    except Permanent as error:
        _refuse(awaited, error.detail)
    except (Retryable, SettingError, Unavailable) as error:
        if awaited.last:
            _refuse(awaited, error.detail)
            return
        retry_after_s = error.retry_after_s if isinstance(error, Retryable) else None
        with transaction() as session:
            awaited_files.postpone(session, awaited, retry_after_s=retry_after_s)


def _ask(awaited: Awaited) -> None:
    files = LISTERS[awaited.channel](awaited.thread, awaited.external_id)
    with transaction() as session:
        awaited_files.record_files(session, awaited, files)


def _fetch(awaited: Awaited) -> None:
    found = fetching.fetch(
        awaited.url(),
        max_bytes=settings().files.max_bytes,
        headers_for=HEADERS.get(awaited.channel, fetching.nothing_added),
    )
    stated = awaited.type if "/" in awaited.type else found.type
    content = FileContent(awaited.name or found.name or awaited.type, stated, found.content)
    (stored,) = attachments.upload((content,))
    with transaction() as session:
        awaited_files.record_fetched(session, awaited, stored)


def _refuse(awaited: Awaited, reason: str) -> None:
    log.warning("a file of a platform is not kept", extra={"channel": awaited.channel})
    with transaction() as session:
        awaited_files.record_refused(session, awaited, reason)
