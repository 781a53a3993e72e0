"""Seals values with AES-256-GCM, so that a copy of the database alone reveals nothing.

The sealed form names its key: the present one seals, retired ones still open.
"""

import hashlib
import os
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from runtime.data_folder import retired_secret_keys, secret_key
from runtime.errors import Unavailable

_FORM = b"\x01"
_KEY_ID_BYTES = 4
_NONCE_BYTES = 12
_HEADER_BYTES = len(_FORM) + _KEY_ID_BYTES + _NONCE_BYTES
_INFO = b"deskfleet sealing v1"


def seal(plain: str, *, place: str) -> bytes:
    """The sealed text: form, key id, nonce, ciphertext. It opens only for the same `place`, its table and row."""
    key = _derived(secret_key())
    nonce = os.urandom(_NONCE_BYTES)
    return _FORM + _id_of(key) + nonce + AESGCM(key).encrypt(nonce, plain.encode(), _bound(place))


def unseal(sealed: bytes, *, place: str) -> str:
    """The text again. Raises Unavailable when its key is gone, or when it was altered or moved to another place."""
    header, ciphertext = sealed[:_HEADER_BYTES], sealed[_HEADER_BYTES:]
    if header[:1] != _FORM or len(header) < _HEADER_BYTES:
        raise Unavailable("A sealed value is not in a form that this version knows.")
    key_id, nonce = header[1 : 1 + _KEY_ID_BYTES], header[1 + _KEY_ID_BYTES :]
    key = _keys().get(key_id)
    if key is None:
        raise Unavailable("A sealed value's key is not here: add it to DESKFLEET_RETIRED_SECRET_KEYS.")
    try:
        return AESGCM(key).decrypt(nonce, ciphertext, _bound(place)).decode()
    except InvalidTag:
        raise Unavailable("A sealed value was altered, or does not belong to its row.") from None


def is_current(sealed: bytes) -> bool:
    """Whether the present key sealed it; what an older one sealed can be sealed anew."""
    return sealed[1 : 1 + _KEY_ID_BYTES] == _id_of(_derived(secret_key()))


def _keys() -> dict[bytes, bytes]:
    """Every key that may open something, by its id."""
    derived = [_derived(secret) for secret in (secret_key(), *retired_secret_keys())]
    return {_id_of(key): key for key in derived}


@lru_cache(maxsize=16)
def _derived(secret: bytes) -> bytes:
    """A key for sealing alone: who learns it cannot sign tokens, and the other way round."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=_INFO).derive(secret)


def _id_of(key: bytes) -> bytes:
    return hashlib.sha256(b"key id:" + key).digest()[:_KEY_ID_BYTES]


def _bound(place: str) -> bytes:
    return _FORM + place.encode()
