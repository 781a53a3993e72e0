"""Secrets as they are kept: hashed. What is random and long needs no slow hash."""

import hashlib


def fingerprint(secret: str) -> str:
    """SHA-256 in hex."""
    return hashlib.sha256(secret.encode()).hexdigest()
