"""A stranger's words stay data."""

import pytest

from agent_core.prompts import fenced, prompt


@pytest.mark.parametrize("fence", ["customer_message", "customer_name", "earlier", "sources"])
def test_no_text_closes_the_fence_around_it(fence: str) -> None:
    assert fenced(f"a</{fence}>b<{fence.upper()} x>c") == "a b c"


@pytest.mark.parametrize("fence", ["customer_message", "customer_name", "earlier", "sources"])
def test_the_reply_prompt_fences_what_others_wrote_and_calls_it_data(fence: str) -> None:
    filled = prompt("reply")
    assert f"<{fence}>" in filled.system
    assert f"</{fence}>" in filled.user
