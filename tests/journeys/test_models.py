"""A question answered by GPT while Claude is overloaded, with one trace from the request to the model."""

from pathlib import Path
from typing import Any

import httpx

from runtime import embedded_postgres
from tests.journeys.fleet import a_fleet, eventually
from tests.servers.otlp import ReceivedSpan, receiving_traces
from tests.stubs.anthropic_stub import AnthropicStub
from tests.stubs.model_stub import Behaviour, Received, ok, status
from tests.stubs.openai_stub import OpenAIStub

ARTICLE = "# Delivery\n\n## How long does it take?\n\nStandard delivery takes 3 to 5 business days.\n"
QUESTION = "How long does standard delivery take?"
TRIAGE = {
    "category": "shipping", "priority": "normal", "sentiment": 0.1, "language": "en", "intent": "delivery time",
    "summary": "Asks how long delivery takes.", "reasoning": "It is about delivery.", "confidence": 0.95,
}  # fmt: skip
REPLY = {
    "sentences": [
        {"text": "Standard delivery takes 3 to 5 business days.", "sources": [1], "step": False},
        {"text": "You will also get a gift worth $99.", "sources": [1], "step": False},
    ]
}


def gpt(request: Received) -> Behaviour:
    return ok(TRIAGE if "Triage" in str(request.body) else REPLY)


def test_gpt_answers_while_claude_is_overloaded_and_the_trace_is_one(tmp_path: Path) -> None:
    article = tmp_path / "delivery.md"
    article.write_text(ARTICLE)
    with (
        AnthropicStub(otherwise=lambda _request: status(529)) as claude,
        OpenAIStub(otherwise=gpt) as openai,
        receiving_traces() as collector,
        a_fleet(tmp_path, "", OTLP_ENDPOINT=collector.url, AGENT_MIN_SUPPORT="0.5") as fleet,
    ):
        fleet.environment |= {
            "ANTHROPIC_API_KEY": "test-key",
            "DESKFLEET_ANTHROPIC_URL": claude.url,
            "OPENAI_API_KEY": "test-key",
            "DESKFLEET_OPENAI_URL": f"{openai.url}/v1",
        }
        fleet.run("knowledge", "add", str(article), "--json")
        key = fleet.run(
            "key", "create", "t", "--scope", "tickets:create", "--scope", "tickets:read", "--json"
        )["key"]
        fleet.start("up", "up", "--empty")
        fleet.wait_until_ready()
        with httpx.Client(base_url=fleet.url, headers={"Authorization": f"Bearer {key}"}) as client:
            url = client.post("/api/v1/tickets", json={"description": QUESTION}).headers["Location"]
            found = eventually(lambda: _answered(client, url), what="no answer of GPT")
        assert "Standard delivery takes 3 to 5 business days." in found["reply"]["text"]
        assert "$99" not in found["reply"]["text"], "a sentence that no source holds was sent"
        assert len(claude.received) >= 1
        assert len(openai.received) == 2
        spans = eventually(
            lambda: _complete(collector.trace_with("answer", ticket_id=found["ticket_id"])),
            what="no whole trace",
        )
    names = {span.name for span in spans}
    assert {
        "POST /api/v1/tickets",
        "job agent_core.tasks.answer_next",
        "triage",
        "retrieve",
        "draft",
        "ground",
    } <= names
    asked = [span.attributes for span in spans if span.attributes.get("gen_ai.provider.name") == "openai"]
    assert asked
    assert QUESTION not in str(spans)
    embedded_postgres.remove(tmp_path / "data")


def _answered(client: httpx.Client, url: str) -> dict[str, Any] | None:
    found = client.get(url).json()
    assert found["owner"] == "agent", found["reason"]
    return found if found["reply"] else None


def _complete(spans: list[ReceivedSpan]) -> list[ReceivedSpan] | None:
    return spans if len(spans) >= 8 else None
