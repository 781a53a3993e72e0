"""What came back of one call to one provider."""

from dataclasses import dataclass

from llm.failures import Fault
from llm.pricing import Usage

_REFUSALS = ("refusal", "content_filter")
_TRUNCATIONS = ("max_tokens", "length", "model_context_window_exceeded")


@dataclass(frozen=True)
class Completion:
    """What came back. `text` is the arguments of the tool when it was called, else the plain answer."""

    text: str
    finish: str
    model: str
    usage: Usage
    first_token_s: float

    def fault(self) -> Fault | None:
        """Why this cannot be an answer, whatever its text; None when its text decides."""
        if self.finish in _REFUSALS:
            return Fault.REFUSED
        if not self.finish:
            return Fault.CUT  # A dropped connection can look like the end of the stream.
        return None if self.text.strip() else Fault.EMPTY

    @property
    def is_truncated(self) -> bool:
        return self.finish in _TRUNCATIONS
