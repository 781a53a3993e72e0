"""Why a model call failed, in our own words. `vendor_errors` tells them from the vendors' exceptions."""

from enum import StrEnum

from llm.pricing import Usage


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
