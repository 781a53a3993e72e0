from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import anthropic
import httpx2
import openai
import pytest

from llm.failures import CallError, Fault, InvalidAnswerError
from llm.vendor_errors import classify

REQUEST = httpx2.Request("POST", "http://127.0.0.1/v1/messages")


def of_status(status: int, retry_after: str = "") -> CallError:
    headers = {"Retry-After": retry_after} if retry_after else {}
    response = httpx2.Response(status, headers=headers, request=REQUEST)
    return classify(anthropic.APIStatusError("customer's text", response=response, body=None))


@pytest.mark.parametrize(
    ("status", "fault"),
    [
        (400, Fault.REJECTED),
        (401, Fault.NO_ACCESS),
        (404, Fault.NO_ACCESS),
        (408, Fault.UNAVAILABLE),
        (413, Fault.REJECTED),
        (429, Fault.RATE_LIMITED),
        (503, Fault.UNAVAILABLE),
        (529, Fault.UNAVAILABLE),
    ],
)
def test_a_status_says_whose_fault_it_is(status: int, fault: Fault) -> None:
    assert of_status(status).fault is fault


def test_a_timeout_is_found_behind_a_lost_connection() -> None:
    lost = openai.APIConnectionError(request=REQUEST)
    lost.__cause__ = httpx2.ReadTimeout("late")
    assert classify(lost).fault is Fault.TIMEOUT


def test_retry_after_may_be_seconds_a_date_or_nonsense() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=90), usegmt=True)
    assert of_status(429, "17").retry_after_s == 17
    assert of_status(429, soon).retry_after_s == pytest.approx(90, abs=3)
    assert of_status(429, "soon").retry_after_s is None
    assert of_status(429).retry_after_s is None


@pytest.mark.parametrize("given", ["nan", "inf", "-5"])
def test_an_impossible_retry_after_harms_nothing(given: str) -> None:
    assert of_status(429, given).retry_after_s in (None, 0.0, float("inf"))


def test_no_text_of_the_vendor_or_the_model_is_in_the_error() -> None:
    assert "customer" not in repr(of_status(400))
    assert "customer" not in repr(InvalidAnswerError("customer's text", "customer: wrong"))
