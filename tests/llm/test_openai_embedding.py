"""OpenAI's embedder through its real SDK, against a server that speaks its protocol."""

from collections.abc import Iterator

import numpy as np
import pytest

from llm import openai_embedding
from runtime.errors import SettingError, Unavailable
from runtime.settings import settings
from tests.stubs.embedding_stub import EmbeddingStub
from tests.stubs.vendor_stub import Answer

MODEL = "text-embedding-3-small"


@pytest.fixture
def stub(monkeypatch: pytest.MonkeyPatch) -> Iterator[EmbeddingStub]:
    with EmbeddingStub() as running:
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
        monkeypatch.setenv("DESKFLEET_OPENAI_URL", f"{running.url}/v1")
        settings.cache_clear()
        openai_embedding.forget()
        yield running
    openai_embedding.forget()
    settings.cache_clear()


def test_a_text_becomes_a_unit_vector_of_the_length_we_store(stub: EmbeddingStub) -> None:
    vectors = openai_embedding.embed(["Where is my order?", "My parcel has not come."], model=MODEL)
    assert vectors.shape == (2, 384)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    [request] = stub.received
    assert (request.body["model"], request.body["dimensions"]) == (MODEL, 384)
    assert request.headers["authorization"] == "Bearer sk-test"


def test_many_texts_go_in_several_requests_and_come_back_in_their_order(stub: EmbeddingStub) -> None:
    texts = [f"Article {number}" for number in range(300)]
    vectors = openai_embedding.embed(texts, model=MODEL)
    assert [len(request.body["input"]) for request in stub.received] == [256, 44]
    assert np.allclose(vectors[299], openai_embedding.embed_one("Article 299", model=MODEL), atol=1e-5)


def test_nothing_to_embed_asks_nobody(stub: EmbeddingStub) -> None:
    assert openai_embedding.embed([], model=MODEL).shape == (0, 384)
    assert stub.received == []


def test_an_empty_text_and_a_very_long_one_are_sent_as_the_service_takes_them(stub: EmbeddingStub) -> None:
    openai_embedding.embed(["", "x" * 20_000], model=MODEL)
    assert [len(text) for text in stub.texts] == [1, 8_000]


def test_a_question_is_asked_once_and_its_text_is_not_in_the_error(stub: EmbeddingStub) -> None:
    stub.then(Answer(500, {"error": {"message": "could not embed: my card 4111"}}))
    with pytest.raises(Unavailable, match="does not answer") as raised:
        openai_embedding.embed_one("my card 4111", model=MODEL)
    assert "4111" not in str(raised.value)
    assert len(stub.received) == 1


def test_passages_are_asked_for_again_after_an_error(stub: EmbeddingStub) -> None:
    stub.then(Answer(429, headers={"retry-after-ms": "10"}))
    assert openai_embedding.embed(["Shipping"], model=MODEL).shape == (1, 384)
    assert len(stub.received) == 2


def test_a_model_that_gives_other_vectors_than_asked_for_is_refused(stub: EmbeddingStub) -> None:
    stub.dimensions = 100
    with pytest.raises(Unavailable, match="other than 384 numbers"):
        openai_embedding.embed_one("Shipping", model=MODEL)


def test_without_a_key_the_setting_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    settings.cache_clear()
    openai_embedding.forget()
    with pytest.raises(SettingError, match="OPENAI_API_KEY"):
        openai_embedding.embed_one("Shipping", model=MODEL)
