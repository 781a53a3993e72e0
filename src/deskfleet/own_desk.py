"""A desk of its own for a command: the embedded default in a temporary folder; the desk in use is not touched."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from runtime import database, embedded_postgres
from runtime.settings import settings

_SERVERS = (
    "DATABASE_URL", "BROKER_URL", "REDIS_URL", "FILES_S3_URL", "KNOWLEDGE_STORE",
    "MAIL_IMAP_URL", "MAIL_SMTP_URL", "MAIL_BOXES", "MAIL_AFTER", "MAIL_CA_FILE",
)  # fmt: skip
_MODELS = ("ANTHROPIC_API_KEY", "OPENAI_API_KEY", "DESKFLEET_COMPATIBLE_URL")


@contextmanager
def own_desk(name: str, *, offline: bool = False) -> Iterator[None]:
    """Offline, the local model alone answers, whatever keys the environment holds."""
    for server in _SERVERS:
        os.environ.pop(f"DESKFLEET_{server}", None)
    for key in _MODELS if offline else ():
        os.environ.pop(key, None)
    folder = Path(tempfile.mkdtemp(prefix=f"deskfleet-{name}-"))
    os.environ["DESKFLEET_DATA"] = str(folder)
    os.environ["DESKFLEET_MAIL_POLL_S"] = "0.2"
    settings.cache_clear()
    try:
        yield
    finally:
        database.dispose()
        embedded_postgres.remove(folder)
        shutil.rmtree(folder, ignore_errors=True)
