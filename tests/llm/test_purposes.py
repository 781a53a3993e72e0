import pytest

from llm.ask import Prompt, ask
from llm.purposes import Purpose, limits
from runtime.settings import settings
from tests.llm.conftest import GOOD, Configure, Triage, Vendors
from tests.stubs.model_stub import ok, status
from tickets.summaries import WAIT_S


@pytest.mark.parametrize(("purpose", "temperature"), [(Purpose.TRIAGE, 0.1), (Purpose.REPLY, 0.3)])
def test_triage_repeats_itself_and_a_reply_may_vary(
    configure: Configure, purpose: Purpose, temperature: float
) -> None:
    assert limits(purpose).temperature == temperature


def test_all_purposes_of_one_message_end_within_the_lease_of_its_claim(configure: Configure) -> None:
    of_a_message = set(Purpose) - {Purpose.SUMMARY}
    assert sum(limits(purpose).chain_s for purpose in of_a_message) < settings().agent.lease_s


def test_a_summary_has_a_job_of_its_own_and_ends_before_it_is_asked_for_again(configure: Configure) -> None:
    assert limits(Purpose.SUMMARY).chain_s < WAIT_S


def test_the_settings_lower_the_times(configure: Configure) -> None:
    configure(DESKFLEET_LLM_TIMEOUT_S="2.5")
    assert limits(Purpose.REPLY).total_s == limits(Purpose.REPLY).first_token_s == 2.5


def test_the_settings_choose_the_temperatures(configure: Configure) -> None:
    configure(DESKFLEET_LLM_TRIAGE_TEMPERATURE="0", DESKFLEET_LLM_REPLY_TEMPERATURE="0.7")
    assert (limits(Purpose.TRIAGE).temperature, limits(Purpose.REPLY).temperature) == (0, 0.7)


def test_every_request_says_its_temperature_and_its_most_tokens(
    vendors: Vendors, configure: Configure
) -> None:
    configure(DESKFLEET_LLM_MAX_OUTPUT_TOKENS="700")
    vendors.claude.then(status(500))
    vendors.gpt.then(status(500))
    vendors.ollama.then(ok(GOOD))
    prompt = Prompt(system="Reply.", user="Where is it?", version="1")
    ask(Purpose.REPLY, prompt, Triage, local=lambda: Triage(category="-", confidence=0))
    claude, gpt, ollama = (stub.received[0].body for stub in (vendors.claude, vendors.gpt, vendors.ollama))
    assert [body["temperature"] for body in (claude, gpt, ollama)] == [0.3] * 3
    assert (claude["max_tokens"], gpt["max_completion_tokens"], ollama["max_tokens"]) == (700, 700, 700)
    assert claude["system"][0]["cache_control"] == {"type": "ephemeral"}
