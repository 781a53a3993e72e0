"""Whether the viewer is given tickets of the staff queues that they work."""

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response

from console.sessions import Working, local_path
from runtime.database import transaction
from tickets import assignment, staff_queues

router = APIRouter()


@router.post("/presence")
def set_presence(
    viewer: Working,
    is_present: Annotated[str, Form(max_length=3)] = "",
    next: Annotated[str, Form(max_length=500)] = "",  # noqa: A002  # the name of the form's field
) -> Response:
    """Who comes back is given at once what waits; who goes away keeps what is theirs."""
    with transaction() as session:
        staff_queues.set_present(session, viewer.principal.public_id, is_present=is_present == "yes")
        assignment.give_waiting(session)
    return RedirectResponse(local_path(next), status_code=303)
