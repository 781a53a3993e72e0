"""One call to one provider: its stream is read within the time limits and ends as text and token counts."""

import time
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

from langchain_core.messages import AIMessageChunk, BaseMessage, ToolCallChunk, UsageMetadata

from llm.completed import Completion
from llm.deadline import deadline
from llm.failures import CallError, Fault
from llm.following import Following
from llm.pricing import Usage
from llm.providers import Model
from llm.sizes import likely_tokens
from llm.vendor_errors import CALL_ERRORS, classify


@dataclass
class _Pieces:
    """What the chunks of a stream add up to."""

    text: list[str] = field(default_factory=list)
    arguments: list[str] = field(default_factory=list)
    call: int | str | None = None
    finish: str = ""
    model: str = ""
    usage: Usage = field(default_factory=Usage)
    first_token_s: float | None = None

    def add(self, chunk: AIMessageChunk) -> str:
        """Keep what the chunk brings; returns the part of the answer that it holds, if any."""
        arguments = "".join(map(self._arguments_of, chunk.tool_call_chunks))
        text = str(chunk.text)
        self.arguments.append(arguments)
        self.text.append(text)
        told = chunk.response_metadata
        self.finish = told.get("stop_reason") or told.get("finish_reason") or self.finish
        self.model = told.get("model_name") or self.model
        if chunk.usage_metadata:
            self.usage = usage_of(chunk.usage_metadata)
        return arguments or text

    def paid(self, messages: Sequence[BaseMessage], failure: CallError, *, has_begun: bool) -> Usage:
        """The tokens that the vendor will bill for an answer that never came to its end."""
        if not has_begun and failure.fault is not Fault.TIMEOUT:
            return self.usage
        sent = sum(likely_tokens(str(message.text)) for message in messages)
        written = likely_tokens("".join(self.arguments) + "".join(self.text))
        return replace(
            self.usage,
            input_tokens=self.usage.input_tokens or sent,
            output_tokens=max(self.usage.output_tokens, written),
        )

    def _arguments_of(self, call: ToolCallChunk) -> str:
        """A model may call the tool twice; its first call is the answer."""
        if self.call is None:
            self.call = call["index"] or 0
        return call["args"] or "" if (call["index"] or 0) == self.call else ""


def complete(
    model: Model,
    messages: Sequence[BaseMessage],
    *,
    first_token_s: float,
    total_s: float,
    following: Following | None = None,
) -> Completion:
    """Ask once. Raises CallError."""
    started = time.monotonic()
    pieces = _Pieces()
    with deadline(first_token_s=first_token_s, total_s=total_s) as limit:
        # The runnable is typed as an iterator of whole messages; it is a generator of their chunks.
        stream = cast("Generator[AIMessageChunk]", model.stream(list(messages)))
        try:
            for chunk in stream:
                piece = pieces.add(chunk)
                if piece and not limit.has_begun:
                    limit.has_begun = True
                    pieces.first_token_s = time.monotonic() - started
                if following:
                    following.read(piece)
                if limit.left_s() <= 0:
                    raise CallError(Fault.TIMEOUT)
        except CallError as failure:
            failure.usage = pieces.paid(messages, failure, has_begun=limit.has_begun)
            raise
        except CALL_ERRORS as error:
            classified = classify(error)
            classified.usage = pieces.paid(messages, classified, has_begun=limit.has_begun)
            raise classified from None
        finally:
            stream.close()
    first_s = time.monotonic() - started if pieces.first_token_s is None else pieces.first_token_s
    text = "".join(pieces.arguments) or "".join(pieces.text)
    return Completion(text, pieces.finish, pieces.model, pieces.usage, first_s)


def usage_of(counted: UsageMetadata) -> Usage:
    """What LangChain counted, in our terms."""
    details = counted.get("input_token_details", {})
    # LangChain moves Anthropic's cache writes from the first of these keys to the others, by their lifetime.
    writes = ("cache_creation", "ephemeral_5m_input_tokens", "ephemeral_1h_input_tokens")
    return Usage(
        input_tokens=counted["input_tokens"],
        output_tokens=counted["output_tokens"],
        cache_read=details.get("cache_read", 0),
        cache_write=sum(cast("dict[str, int]", details).get(key, 0) for key in writes),
    )
