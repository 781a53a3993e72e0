"""The vendors' exceptions end here: which of our failures stands behind each.

No text of a vendor's error is kept: it may repeat what the customer wrote.
"""

import logging
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime

import anthropic
import httpx2
import openai
from langchain_core.exceptions import LangChainException

from llm.failures import CallError, Fault

log = logging.getLogger(__name__)

# All that the SDKs and LangChain raise for a call. The built-in ones come from messages that are not what the
# protocol says, such as a proxy's page with status 200; json's and pydantic's errors are ValueErrors.
CALL_ERRORS = (
    anthropic.AnthropicError,
    openai.OpenAIError,
    httpx2.RequestError,
    httpx2.InvalidURL,
    LangChainException,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
)

_TIMEOUTS = (anthropic.APITimeoutError, openai.APITimeoutError, httpx2.TimeoutException)
_NOT_BEGUN = (429, 503, 529)
_CONNECTIONS = (anthropic.APIError, openai.APIError, httpx2.RequestError)


def classify(error: BaseException) -> CallError:
    """The failure that stands behind one of CALL_ERRORS."""
    if any(isinstance(cause, _TIMEOUTS) for cause in _causes(error)):
        return CallError(Fault.TIMEOUT)
    if isinstance(error, anthropic.APIStatusError | openai.APIStatusError):
        fault = _fault_of_status(error.status_code)
        retry_after_s = _retry_after_s(error.response.headers)
        return CallError(fault, retry_after_s=retry_after_s, may_retry=error.status_code in _NOT_BEGUN)
    if isinstance(error, _CONNECTIONS):
        is_unreached = any(isinstance(cause, httpx2.ConnectError) for cause in _causes(error))
        return CallError(Fault.UNAVAILABLE, may_retry=is_unreached)
    log.warning("a model call ended in %s", type(error).__name__)
    return CallError(Fault.GARBLED)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error and what it was raised from: the SDKs wrap a timeout in mid-stream as a lost connection."""
    found: BaseException | None = error
    while found is not None:
        yield found
        found = found.__cause__


def _fault_of_status(status: int) -> Fault:
    if status == 429:
        return Fault.RATE_LIMITED
    if status in (401, 402, 403, 404):
        return Fault.NO_ACCESS
    if 400 <= status < 500 and status not in (408, 409, 425):
        return Fault.REJECTED
    return Fault.UNAVAILABLE  # Also below 400: an error event in a stream that began well.


def _retry_after_s(headers: httpx2.Headers) -> float | None:
    """Seconds from a Retry-After header, which holds seconds or a date; None when absent or nonsense."""
    given = headers.get("retry-after", "")
    try:
        return max(0.0, float(given))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(given).timestamp() - time.time())
    except ValueError:
        return None
