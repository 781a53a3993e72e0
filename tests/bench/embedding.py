"""Our embedder beside the bare onnxruntime session on the same sentences."""

import random
import statistics
import sys
import time
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from llm import local_embedding

_SENTENCES = 512
_BATCH = 32
_ROUNDS = 3
_WORDS = (
    "order", "parcel", "delivery", "refund", "invoice", "account", "password", "address", "card", "warranty",
    "tracking", "change", "cancel",
)  # fmt: skip


def sentences(count: int) -> list[str]:
    draw = random.Random(7)
    return [" ".join(draw.choices(_WORDS, k=draw.randint(5, 40))) for _ in range(count)]


def _bare_rate(texts: list[str]) -> float:
    """Tokenise, pad, run, in the batches that suit it: sorted by length."""
    folder = Path(sys.prefix) / "share/deskfleet/minilm"
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 2
    session = onnxruntime.InferenceSession(
        str(folder / "int8.onnx"), options, providers=["CPUExecutionProvider"]
    )
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_padding()
    ordered = sorted(texts, key=len)
    rates = []
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        for start in range(0, len(ordered), _BATCH):
            encoded = tokenizer.encode_batch(ordered[start : start + _BATCH])
            ids = np.array([one.ids for one in encoded], np.int64)
            mask = np.array([one.attention_mask for one in encoded], np.int64)
            session.run(None, {"input_ids": ids, "attention_mask": mask})
        rates.append(len(texts) / (time.perf_counter() - started))
    return statistics.median(rates)


def measure() -> dict[str, float]:
    texts = sentences(_SENTENCES)
    local_embedding.embed(texts[:_BATCH])
    rates = []
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        local_embedding.embed(texts)
        rates.append(len(texts) / (time.perf_counter() - started))
    ours, bare = statistics.median(rates), _bare_rate(texts)
    return {
        "embedding_per_s": round(ours, 1),
        "bare_embedding_per_s": round(bare, 1),
        "embedding_ratio": round(ours / bare, 3),
    }
