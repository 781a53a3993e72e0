"""Why a model call failed, in our own words: the vendors' exceptions end here.

No text of a vendor's error is kept: it may repeat what the customer wrote.
"""

import logging
import time
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from enum import StrEnum

import anthropic
import httpx2
import openai
from langchain_core.exceptions import LangChainException

from llm.pricing import Usage

log = logging.getLogger(__name__)


class Fault(StrEnum):
    TIMEOUT = "timeout"
    RATE_LIMITED = "rate_limited"
    UNAVAILABLE = "unavailable"
    CUT = "cut_off"
    GARBLED = "garbled"
    NO_ACCESS = "no_access"
    REJECTED = "rejected"
    REFUSED = "refused"
    TRUNCATED = "truncated"
    EMPTY = "empty"
    INVALID = "invalid"
    BREAKER_OPEN = "breaker_open"
    NO_TIME = "no_time"
    BUDGET = "budget"  # A budget has no room for the call.
    HELD_BACK = "held_back"  # Our own limits for the provider have no room for it.


# What may pass by itself; the same request to the same provider may succeed later.
RETRYABLE = frozenset({Fault.TIMEOUT, Fault.RATE_LIMITED, Fault.UNAVAILABLE, Fault.CUT, Fault.GARBLED})

# What speaks against the provider. The rest is about one request: counting that would let a customer's text
# close a healthy provider for everybody.
PROVIDERS_FAULT = RETRYABLE | {Fault.NO_ACCESS}


class CallError(Exception):
    """One call to one provider failed; the next provider is asked.

    `may_retry`: the provider has surely done nothing for it yet. `usage`: what it is thought to have cost.
    """

    def __init__(self, fault: Fault, *, retry_after_s: float | None = None, may_retry: bool = False) -> None:
        super().__init__(fault.value)
        self.fault = fault
        self.retry_after_s = retry_after_s
        self.may_retry = may_retry
        self.usage = Usage()


class InvalidAnswerError(CallError):
    """The answer does not fit its type. It is kept for the repair, out of the error's own text."""

    def __init__(self, text: str, problems: str) -> None:
        super().__init__(Fault.INVALID)
        self.text = text
        self.problems = problems


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
