"""A model's text becomes a valid answer of the type that was asked for, or the reason why it cannot."""

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from llm.completed import Completion
from llm.failures import CallError, Fault, InvalidAnswerError

T = TypeVar("T", bound=BaseModel)


def validated(completion: Completion | CallError, answer_type: type[T]) -> T | CallError:
    if isinstance(completion, CallError):
        return completion
    if fault := completion.fault():
        return CallError(fault)
    try:
        return answer_type.model_validate_json(_object_in(completion.text))
    except ValidationError as error:
        if completion.is_truncated:
            return CallError(Fault.TRUNCATED)  # Asked again it would be too long again.
        return InvalidAnswerError(completion.text, _problems(error))


def _object_in(text: str) -> str:
    """The JSON object in an answer that may have words or a code fence around it."""
    start, end = text.find("{"), text.rfind("}")
    return text[start : end + 1] if 0 <= start < end else text


def _problems(error: ValidationError) -> str:
    """What is wrong with the answer, in words that a model can act on."""
    found = error.errors(include_url=False, include_input=False, include_context=False)
    return "\n".join(f"- {'.'.join(map(str, one['loc'])) or 'answer'}: {one['msg']}" for one in found[:10])
