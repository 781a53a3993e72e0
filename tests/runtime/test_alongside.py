"""Work beside its caller."""

import os
import threading

import pytest

from runtime import correlation
from runtime.alongside import alongside


def test_it_runs_in_another_thread_while_the_caller_goes_on() -> None:
    opened = threading.Event()
    waiting = alongside(opened.wait, 5.0)
    opened.set()
    assert waiting.result() is True
    assert alongside(threading.get_ident).result() != threading.get_ident()


def test_it_carries_the_correlation_id_of_its_caller() -> None:
    with correlation.correlate("0123456789abcdef"):
        running = alongside(correlation.current)
    assert running.result() == "0123456789abcdef"


def test_what_it_raised_is_raised_to_who_asks_for_the_result() -> None:
    with pytest.raises(ZeroDivisionError):
        alongside(divmod, 1, 0).result()


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_process_gets_threads_of_its_own() -> None:
    alongside(os.getpid).result()
    child = os.fork()
    if not child:
        os._exit(0 if alongside(os.getpid).result(timeout=5) == os.getpid() else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
