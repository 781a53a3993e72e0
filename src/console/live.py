"""Server-sent events: they name what an open page should fetch again, and carry no data."""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse
from sqlalchemy.exc import IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.concurrency import run_in_threadpool

from console import open_pages
from console.open_pages import QUEUE, Page
from console.sessions import Looking
from runtime.database import transaction
from tickets import reply_drafts

log = logging.getLogger(__name__)

router = APIRouter()

HEARTBEAT_S = 15.0
PAUSE_S = 0.5  # What happens within it is told together.
LONGEST_S = 900.0  # Then the page connects anew, and has to show its session again.


async def _stream(names: frozenset[str], *, ticket: int | None, staff: str) -> AsyncIterator[str]:
    now = asyncio.get_running_loop().time
    page, ends, seen = Page(names), now() + LONGEST_S, now()
    try:
        open_pages.join(page)
        await _be_seen(ticket, staff)
        yield "retry: 2000\n\n"
        while page.is_open and now() < ends:
            told = await page.heard(most_s=HEARTBEAT_S)
            if now() >= seen + reply_drafts.LOOKS_S:
                await _be_seen(ticket, staff)
                seen = now()
            yield "".join(f"event: {name}\ndata: changed\n\n" for name in told) or ": still here\n\n"
            await asyncio.sleep(PAUSE_S)
    finally:
        open_pages.leave(page)


async def _be_seen(ticket: int | None, staff: str) -> None:
    """Colleagues who have the same ticket open see that."""
    if ticket is not None:
        await run_in_threadpool(_look, ticket, staff)


def _look(ticket: int, staff: str) -> None:
    try:
        with transaction() as session:
            reply_drafts.look(session, ticket, staff)
    except (
        IntegrityError,
        OperationalError,
        PoolTimeoutError,
    ) as error:  # A ticket that there is not, or no database.
        log.info("a page was not noted: %s", type(error).__name__)


@router.get("/live")
async def live(viewer: Looking, ticket: Annotated[int | None, Query(ge=1)] = None) -> StreamingResponse:
    """The stream of a page: of the queue, and of one ticket when it names one by its row's id."""
    names = frozenset({QUEUE} if ticket is None else {QUEUE, f"ticket-{ticket}"})
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(
        _stream(names, ticket=ticket, staff=viewer.principal.public_id),
        media_type="text/event-stream",
        headers=headers,
    )
