"""How many tokens a call will take, before any vendor has counted them."""

import json
from collections.abc import Sequence
from functools import lru_cache

from langchain_core.messages import BaseMessage
from pydantic import BaseModel

# What vendors add around messages and tools; Anthropic's words about tools are the longest known, 350 tokens.
_OVERHEAD = 600
_BYTES_PER_TOKEN = 3  # Of prose in most languages, rather too many tokens than too few.


def likely_tokens(text: str) -> int:
    return -(-len(text.encode()) // _BYTES_PER_TOKEN)


def likely_input(messages: Sequence[BaseMessage], answer_type: type[BaseModel]) -> int:
    return -(-_bytes(messages, answer_type) // _BYTES_PER_TOKEN)


def most_input(messages: Sequence[BaseMessage], answer_type: type[BaseModel]) -> int:
    """An upper bound for any language: no tokenizer of these vendors makes two tokens of one byte."""
    return _bytes(messages, answer_type) + _OVERHEAD


def _bytes(messages: Sequence[BaseMessage], answer_type: type[BaseModel]) -> int:
    return _schema_bytes(answer_type) + sum(len(str(message.text).encode()) for message in messages)


@lru_cache(maxsize=100)
def _schema_bytes(answer_type: type[BaseModel]) -> int:
    return len(json.dumps(answer_type.model_json_schema()))
