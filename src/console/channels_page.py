"""The ways to the customers: which are open, what the others lack, and whether one works."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import HTMLResponse

from console import reaching, words
from console.reaching import Reaching
from console.settings_pages import Changing, Managing, page
from runtime.errors import DeskfleetError, NotFound

router = APIRouter()
_TAB = "channels"


def _reaching(request: Request) -> Reaching:
    kept = reaching.use(request)
    if kept is None:
        raise NotFound("The channels are not in this process.")
    return kept


Kept = Annotated[Reaching, Depends(_reaching)]


@router.get("/settings/channels")
def list_channels(request: Request, viewer: Managing, kept: Kept) -> HTMLResponse:
    return page(
        request,
        viewer,
        _TAB,
        found=kept.list_channels(),
        words_of=words.CHANNELS,
        tried="",
        said="",
        works=False,
    )


@router.post("/settings/channels/test")
def try_channel(
    request: Request, viewer: Changing, kept: Kept, channel: Annotated[str, Form(max_length=20)] = ""
) -> HTMLResponse:
    """No transaction is open while the other side is asked."""
    try:
        said, works = kept.try_channel(channel), True
    except NotFound:
        raise
    except DeskfleetError as error:
        said, works = error.detail, False
    return page(
        request,
        viewer,
        _TAB,
        found=kept.list_channels(),
        words_of=words.CHANNELS,
        tried=channel,
        said=said,
        works=works,
    )
