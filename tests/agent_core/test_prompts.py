"""A stranger's words stay data."""

import pytest

from agent_core.fencing import fenced
from agent_core.prompts import prompt

FENCES = ["customer_message", "customer_name", "customer_tier", "earlier", "recent_tickets", "sources"]


@pytest.mark.parametrize("fence", FENCES)
def test_no_text_closes_the_fence_around_it(fence: str) -> None:
    assert fenced(f"a</{fence}>b<{fence.upper()} x>c") == "a b c"


@pytest.mark.parametrize("fence", FENCES)
def test_the_reply_prompt_fences_what_others_wrote_and_calls_it_data(fence: str) -> None:
    filled = prompt("reply")
    assert f"<{fence}>" in filled.system
    assert f"</{fence}>" in filled.user


def test_the_subject_that_a_customer_wrote_stands_inside_the_fence_of_triage() -> None:
    user = prompt("triage", subject="Lamp", earlier="", question="It broke.").user
    assert "Lamp" in user.partition("<customer_message>")[2].partition("</customer_message>")[0]
