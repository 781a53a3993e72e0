"""A stand-in for OpenAI's Chat Completions API on loopback; also for any OpenAI-compatible server."""

import json
from collections.abc import Iterator
from typing import Any

from tests.stubs.model_stub import Behaviour, Json, ModelStub, Received


def _event(data: Json) -> str:
    return f"data: {json.dumps(data)}\n\n"


def _by_tool(behaviour: Behaviour, request: Received) -> bool:
    return bool(request.body.get("tools")) and not behaviour.plain


class OpenAIStub(ModelStub):
    """Give its `url` followed by /v1 as the base URL. Usage is streamed only when it was asked for."""

    def tool_of(self, body: Json) -> str:
        if tools := body.get("tools"):
            return str(tools[0]["function"]["name"])
        return str(body.get("response_format", {}).get("json_schema", {}).get("name", ""))

    def error(self, behaviour: Behaviour) -> Json:
        return {"error": {"message": f"stub says {behaviour.status}", "type": "stub_error", "code": None}}

    def message(self, behaviour: Behaviour, request: Received) -> Json:
        message: dict[str, Any] = {"role": "assistant", "content": behaviour.answer or None}
        if _by_tool(behaviour, request) and behaviour.answer:
            message |= {"content": None, "tool_calls": [self._call(request, behaviour.answer)]}
        choice = {"index": 0, "message": message, "finish_reason": self._stop(behaviour)}
        head = {**self._head(request), "object": "chat.completion"}
        return {**head, "choices": [choice], "usage": self._usage(behaviour)}

    def opening(self, behaviour: Behaviour, request: Received) -> Iterator[str]:
        delta: dict[str, Any] = {"role": "assistant", "content": ""}
        if _by_tool(behaviour, request) and behaviour.answer:
            delta |= {"content": None, "tool_calls": [{"index": 0, **self._call(request, "")}]}
        yield self._delta(request, delta)

    def ping(self) -> str:
        return ": ping\n\n"

    def piece(self, behaviour: Behaviour, request: Received, piece: str) -> str:
        if _by_tool(behaviour, request):
            return self._delta(request, {"tool_calls": [{"index": 0, "function": {"arguments": piece}}]})
        return self._delta(request, {"content": piece})

    def closing(self, behaviour: Behaviour, request: Received) -> Iterator[str]:
        yield self._delta(request, {}, self._stop(behaviour))
        if request.body.get("stream_options", {}).get("include_usage"):
            yield _event({**self._head(request), "choices": [], "usage": self._usage(behaviour)})
        yield "data: [DONE]\n\n"

    def _head(self, request: Received) -> Json:
        kind = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1}
        return {**kind, "model": request.body["model"]}

    def _delta(self, request: Received, delta: Json, finish: str | None = None) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return _event({**self._head(request), "choices": [choice]})

    def _call(self, request: Received, arguments: str) -> Json:
        function = {"name": request.tool, "arguments": arguments}
        return {"id": "call_1", "type": "function", "function": function}

    def _stop(self, behaviour: Behaviour) -> str:
        if behaviour.stop == "refusal":
            return "content_filter"
        # A forced tool call ends with "stop" here, unlike a free one.
        return behaviour.stop or "stop"

    def _usage(self, behaviour: Behaviour) -> Json:
        whole = behaviour.input_tokens + behaviour.cache_read
        return {
            "prompt_tokens": whole,
            "completion_tokens": behaviour.output_tokens,
            "total_tokens": whole + behaviour.output_tokens,
            "prompt_tokens_details": {"cached_tokens": behaviour.cache_read},
        }
