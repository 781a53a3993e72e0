"""all-MiniLM-L6-v2 on onnxruntime: texts to unit vectors, offline. `scripts/build_model.py` makes its files.

The model knows English; of other languages it sees little more than shared words.
"""

import hashlib
import os
import sys
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray
from onnxruntime import InferenceSession, SessionOptions
from tokenizers import Tokenizer

from runtime.errors import SettingError, Unavailable
from runtime.settings import settings

DIMENSIONS = 384
MAX_TOKENS = 512  # The positions the model has; what is longer is cut.
QUESTION_TOKENS = 256  # What the model was trained with.
_MAX_CHARACTERS = 40 * MAX_TOKENS  # Tokenising a whole book to keep its first page would be waste.

Vectors = NDArray[np.float32]

_MOST_REMEMBERED = 4_096
_remembered: OrderedDict[bytes, Vectors] = OrderedDict()
_remembering = Lock()


@dataclass(frozen=True)
class _Model:
    session: InferenceSession
    tokenizer: Tokenizer


_loading = Lock()


_NAME = "all-MiniLM-L6-v2"


def model_id() -> str:
    """Name and precision, kept beside each stored vector: vectors of different ids are never compared."""
    return f"{_NAME}/{settings().knowledge.precision}"


def count_tokens(text: str) -> int:
    """Tokens of a text, without the two marks around it."""
    return len(_model().tokenizer.encode(text, add_special_tokens=False).ids)


def embed(texts: Sequence[str], *, max_tokens: int = MAX_TOKENS, model: str = "") -> Vectors:
    """One vector of length 1 per text, in the given order. Thread-safe; what is longer than the limit is cut.

    `model` is an id, by default the one that the settings name. Raises Unavailable when its files are absent.
    """
    loaded = _model(model)
    encodings = loaded.tokenizer.encode_batch([text[:_MAX_CHARACTERS] for text in texts])
    tokens = [_cut(encoding.ids, max_tokens) for encoding in encodings]
    run = partial(_run, loaded.session)
    # Quantisation takes one scale from a whole run: in a batch a text's vector would depend on its neighbours
    # (cosine 0.97 to its own when alone). One text a run, on parallel threads, is also faster than batches.
    threads = settings().knowledge.threads
    if len(tokens) > 1 and threads > 1:
        with ThreadPoolExecutor(threads) as pool:
            vectors = list(pool.map(run, tokens))
    else:
        vectors = [run(ids) for ids in tokens]
    return np.array(vectors, np.float32).reshape(-1, DIMENSIONS)


@lru_cache(maxsize=256)
def _embed_one(model: str, text: str) -> Vectors:
    vector: Vectors = embed([text], max_tokens=QUESTION_TOKENS, model=model)[0]
    vector.setflags(write=False)
    return vector


def embed_one(text: str, *, model: str = "") -> Vectors:
    """The read-only vector of a question, remembered: triage and search ask for that of the same one.

    Its first 256 tokens are read: all 512 found nothing more in 500 real questions, and take twice as long.
    """
    # The tokenizer takes a line's end for a space as well: a text and its lines joined are one question.
    return _embed_one(model or model_id(), " ".join(text.split()))


def embed_remembered(texts: Sequence[str]) -> Vectors:
    """The same as `embed` for sentences that come again and again, as those of articles do in one reply after another.

    4,096 vectors are kept, 6 MB, under a hash of their text, unless `remember` said otherwise.
    """
    keys = [hashlib.sha256(f"{model_id()}\0{text}".encode()).digest() for text in texts]
    with _remembering:
        known = {key: _remembered[key] for key in keys if key in _remembered}
    missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
    if missing:
        known |= zip(missing, embed(list(missing.values())), strict=True)
    with _remembering:
        for key in keys:
            _remembered[key] = known[key]
            _remembered.move_to_end(key)
        while len(_remembered) > _MOST_REMEMBERED:
            _remembered.popitem(last=False)
    return np.array([known[key] for key in keys], np.float32).reshape(-1, DIMENSIONS)


def remember(most: int) -> None:
    """How many sentences `embed_remembered` keeps in this process: 1.6 KB each."""
    global _MOST_REMEMBERED
    _MOST_REMEMBERED = most


def forget_remembered() -> None:
    """Questions stand in memory as they were asked: whoever is erased is erased there as well."""
    _embed_one.cache_clear()
    with _remembering:
        _remembered.clear()


def _cut(ids: list[int], limit: int) -> list[int]:
    return ids if len(ids) <= limit else [*ids[: limit - 1], ids[-1]]


def _run(session: InferenceSession, ids: list[int]) -> Vectors:
    tokens = np.array([ids], np.int64)
    vector: Vectors = session.run(None, {"input_ids": tokens, "attention_mask": np.ones_like(tokens)})[0][0]
    return vector


def _folder() -> Path:
    configured = settings().knowledge.model_folder
    if configured is not None and not configured.is_dir():
        raise SettingError(
            f"The setting DESKFLEET_KNOWLEDGE_MODEL_FOLDER is wrong: {configured} is no folder."
        )
    return configured or Path(sys.prefix) / "share/deskfleet/minilm"


def _model(model: str = "") -> _Model:
    name, _, precision = (model or model_id()).partition("/")
    if name != _NAME:
        raise Unavailable(
            f"The embedder {model} is not one of this version: run deskfleet knowledge reindex."
        )
    with _loading:
        return _load(_folder(), precision, settings().knowledge.threads)


# Never let go of: in a forked child the session's threads do not exist, and its end would wait for them for ever.
_loaded: list[_Model] = []


@lru_cache(maxsize=2)  # While the precision is changed, both are in use.
def _load(folder: Path, precision: str, threads: int) -> _Model:
    graph, tokenizer = folder / f"{precision}.onnx", folder / "tokenizer.json"
    for file in (graph, tokenizer):
        if not file.is_file():
            raise Unavailable(f"The local embedder's file {file} is missing: run make setup.")
    options = SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.add_session_config_entry(
        "session.intra_op.allow_spinning", "0"
    )  # Idle threads must not burn CPU.
    session = InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    model = _Model(session, _tokenizer(tokenizer))
    _loaded.append(model)
    return model


def _tokenizer(file: Path) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(file))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def _forget_after_fork() -> None:
    """A forked child has none of the session's threads: it loads its own."""
    global _loading, _remembering  # The parent may have held them.
    _loading, _remembering = Lock(), Lock()
    _load.cache_clear()


os.register_at_fork(after_in_child=_forget_after_fork)
