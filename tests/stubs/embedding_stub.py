"""A stand-in for OpenAI's embeddings on loopback: vectors that tell meanings apart, in a space of their own."""

import base64

import numpy as np

from llm import local_embedding
from tests.stubs.vendor_stub import Answer, Received, VendorStub

# Another embedder's vectors are near to none of ours: the numbers of ours in another order.
_ORDER = np.random.default_rng(7).permutation(local_embedding.DIMENSIONS)


class EmbeddingStub(VendorStub):
    """Give its `url` followed by /v1 as the base URL. `dimensions` other than 0 is what it answers with."""

    dimensions = 0

    @property
    def texts(self) -> list[str]:
        return [text for request in self.received for text in request.body["input"]]

    def respond(self, request: Received) -> Answer:
        asked = request.body
        if request.path != "/v1/embeddings" or not request.headers.get("authorization"):
            return Answer(404)
        vectors = local_embedding.embed(asked["input"])[:, _ORDER] * 2.5  # It need not send unit vectors.
        vectors = vectors[:, : self.dimensions or asked["dimensions"]]
        data = [
            {"object": "embedding", "index": index, "embedding": _written(vector, asked)}
            for index, vector in enumerate(vectors.astype("<f4"))
        ]
        usage = {"prompt_tokens": 1, "total_tokens": 1}
        return Answer(200, {"object": "list", "data": data, "model": asked["model"], "usage": usage})


def _written(vector: "np.ndarray[tuple[int], np.dtype[np.float32]]", asked: dict[str, object]) -> object:
    if asked.get("encoding_format") == "base64":
        return base64.b64encode(vector.tobytes()).decode()
    return [float(number) for number in vector]
