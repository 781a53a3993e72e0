"""The configured providers, asked in turn until one gives a valid answer. `ask` imports it when there are any."""

import logging
import random
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from pydantic import BaseModel

from llm.ask import Prompt
from llm.calls import call
from llm.choices import cheaper as cheaper_of
from llm.failures import CallError, Fault, InvalidAnswerError
from llm.metering import Ledger, Question
from llm.providers import opening
from llm.sharing import Found

log = logging.getLogger(__name__)

T = TypeVar("T", bound=BaseModel)

_EXPECTED = (Fault.BREAKER_OPEN, Fault.BUDGET, Fault.HELD_BACK)  # Told where it began.
_MOST_WAIT_S = 2.0
_REPAIR = "That answer does not fit its schema:\n{problems}\nGive the whole answer again, corrected."


def find(questions: Sequence[Question[T]], prompt: Prompt, ledger: Ledger) -> Found[T] | None:
    """The first valid answer of a provider; None when no provider gives one."""
    waiting = deque(questions)
    while waiting:
        question = waiting.popleft()
        choice = question.choice
        try:
            value = _answer(question, prompt, ledger, is_last=not waiting)
        except CallError as failure:
            ledger.failed(choice, failure)
            level = logging.INFO if failure.fault in _EXPECTED else logging.WARNING
            log.log(level, "%s gives no answer for %s: %s", choice.provider, question.purpose, failure.fault)
            if failure.fault is Fault.BUDGET and (cheaper := cheaper_of(choice)):
                waiting.appendleft(replace(question, choice=cheaper))
            continue
        return Found(value, choice.provider, ledger.model)
    return None


def _answer(question: Question[T], prompt: Prompt, ledger: Ledger, *, is_last: bool) -> T:
    """One provider's answer, repaired once when it does not fit its type."""
    messages = opening(question.choice, prompt.system, prompt.user, question.answer_type)
    try:
        return _call_again(question, messages, ledger) if is_last else call(question, messages, ledger=ledger)
    except InvalidAnswerError as invalid:
        ledger.failed(question.choice, invalid)
        repair = HumanMessage(_REPAIR.format(problems=invalid.problems))
        messages = [*messages, AIMessage(invalid.text), repair]
    return call(question, messages, ledger=ledger)


def _call_again(question: Question[T], messages: Sequence[BaseMessage], ledger: Ledger) -> T:
    """Twice where the first time did nothing. Only the last provider is worth the wait: others have a next one."""
    try:
        return call(question, messages, ledger=ledger)
    except CallError as failure:
        wait_s = random.uniform(0.3, 0.7)  # noqa: S311  # workers must not come back all at once
        if failure.retry_after_s is not None:
            wait_s = failure.retry_after_s + 0.05
        if not failure.may_retry or wait_s > _MOST_WAIT_S:
            raise
        ledger.failed(question.choice, failure)
    time.sleep(wait_s)
    return call(question, messages, ledger=ledger)
