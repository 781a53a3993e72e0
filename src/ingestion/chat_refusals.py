"""A refusal of the chat's doors as an HTTP response, for those that must answer with headers of their own."""

import math

from starlette.responses import Response

from runtime.errors import DeskfleetError, RateLimited, Unavailable
from runtime.web import STATUS, problem

_PAUSE_S = 2.0


def refusal(error: DeskfleetError) -> Response:
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 500)
    response = problem(status, error.detail, field=error.field)
    if isinstance(error, RateLimited | Unavailable):
        pause_s = error.retry_after_s if isinstance(error, RateLimited) else _PAUSE_S
        response.headers["Retry-After"] = str(max(1, math.ceil(pause_s)))
    return response
