"""Server-sent events: they name what an open page should fetch again, and carry no data."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import StreamingResponse

from console import open_pages
from console.open_pages import QUEUE, Page
from console.sessions import Looking

router = APIRouter()

HEARTBEAT_S = 15.0
PAUSE_S = 0.5  # What happens within it is told together.
LONGEST_S = 900.0  # Then the page connects anew, and has to show its session again.


async def _stream(names: frozenset[str]) -> AsyncIterator[str]:
    now = asyncio.get_running_loop().time
    page, ends = Page(names), now() + LONGEST_S
    try:
        open_pages.join(page)
        yield "retry: 2000\n\n"
        while page.is_open and now() < ends:
            told = await page.heard(most_s=HEARTBEAT_S)
            yield "".join(f"event: {name}\ndata: changed\n\n" for name in told) or ": still here\n\n"
            await asyncio.sleep(PAUSE_S)
    finally:
        open_pages.leave(page)


@router.get("/live")
async def live(_viewer: Looking, ticket: Annotated[int | None, Query(ge=1)] = None) -> StreamingResponse:
    """The stream of a page: of the queue, and of one ticket when it names one by its row's id."""
    names = frozenset({QUEUE} if ticket is None else {QUEUE, f"ticket-{ticket}"})
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_stream(names), media_type="text/event-stream", headers=headers)
