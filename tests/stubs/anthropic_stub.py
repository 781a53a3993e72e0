"""A stand-in for Anthropic's Messages API on loopback, so that the real SDK runs."""

import json
from collections.abc import Iterator

from tests.stubs.model_stub import Behaviour, Json, ModelStub, Received

_ERROR_TYPES = {
    400: "invalid_request_error",
    401: "authentication_error",
    404: "not_found_error",
    413: "request_too_large",
    429: "rate_limit_error",
    529: "overloaded_error",
}


def _event(kind: str, **fields: object) -> str:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n"


def _by_tool(behaviour: Behaviour, request: Received) -> bool:
    return bool(request.tool) and not behaviour.plain


def _tool_use(behaviour: Behaviour, request: Received) -> Json:
    number = len(request.body["messages"])
    return {"type": "tool_use", "id": f"toolu_{number}", "name": behaviour.tool or request.tool, "input": {}}


class AnthropicStub(ModelStub):
    """Give its `url` as the base URL, without a path."""

    def tool_of(self, body: Json) -> str:
        tools = body.get("tools") or [{}]
        return str(tools[0].get("name", ""))

    def error(self, behaviour: Behaviour) -> Json:
        kind = _ERROR_TYPES.get(behaviour.status, "api_error")
        return {"type": "error", "error": {"type": kind, "message": f"stub says {behaviour.status}"}}

    def message(self, behaviour: Behaviour, request: Received) -> Json:
        block: Json = {"type": "text", "text": behaviour.answer}
        if _by_tool(behaviour, request) and behaviour.answer:
            block = {**_tool_use(behaviour, request), "input": json.loads(behaviour.answer)}
        content = [block] if behaviour.answer else []
        ended = {"stop_reason": self._stop(behaviour, request), "usage": self._usage(behaviour)}
        return {**self._head(request), **ended, "content": content}

    def opening(self, behaviour: Behaviour, request: Received) -> Iterator[str]:
        usage = {**self._usage(behaviour), "output_tokens": 1}
        yield _event("message_start", message={**self._head(request), "content": [], "usage": usage})
        if not behaviour.answer:
            return
        block: Json = {"type": "text", "text": ""}
        if _by_tool(behaviour, request):
            block = _tool_use(behaviour, request)
        yield _event("content_block_start", index=0, content_block=block)

    def ping(self) -> str:
        return _event("ping")

    def piece(self, behaviour: Behaviour, request: Received, piece: str) -> str:
        delta = {"type": "text_delta", "text": piece}
        if _by_tool(behaviour, request):
            delta = {"type": "input_json_delta", "partial_json": piece}
        return _event("content_block_delta", index=0, delta=delta)

    def closing(self, behaviour: Behaviour, request: Received) -> Iterator[str]:
        if behaviour.answer:
            yield _event("content_block_stop", index=0)
        delta = {"stop_reason": self._stop(behaviour, request), "stop_sequence": None}
        yield _event("message_delta", delta=delta, usage=self._usage(behaviour))
        yield _event("message_stop")

    def _head(self, request: Received) -> Json:
        kind = {"id": "msg_1", "type": "message", "role": "assistant"}
        return {**kind, "model": request.body["model"], "stop_reason": None, "stop_sequence": None}

    def _stop(self, behaviour: Behaviour, request: Received) -> str:
        usual = "tool_use" if _by_tool(behaviour, request) and behaviour.answer else "end_turn"
        return behaviour.stop or usual

    def _usage(self, behaviour: Behaviour) -> Json:
        return {
            "input_tokens": behaviour.input_tokens,
            "output_tokens": behaviour.output_tokens,
            "cache_read_input_tokens": behaviour.cache_read,
            "cache_creation_input_tokens": behaviour.cache_write,
        }
