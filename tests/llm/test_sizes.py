import pytest
from langchain_core.messages import HumanMessage, SystemMessage

from llm.sizes import likely_input, likely_tokens, most_input
from tests.llm.conftest import Triage


@pytest.mark.parametrize("text", ["Where is my order?", "我的包裹在哪里？", "!@#$%^&*()", "🙂" * 20])
def test_the_bound_holds_even_if_every_byte_were_a_token(text: str) -> None:
    messages = [SystemMessage(content=[{"type": "text", "text": text}]), HumanMessage(text)]
    assert most_input(messages, Triage) > 2 * len(text.encode())
    assert likely_input(messages, Triage) < most_input(messages, Triage)


def test_prose_is_reckoned_with_rather_too_many_tokens() -> None:
    assert likely_tokens("Your parcel has left our warehouse today.") >= 8  # As the vendors count it.
    assert likely_tokens("") == 0
