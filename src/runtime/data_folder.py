"""The one folder that the embedded default keeps everything in, and the secret key in it."""

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from runtime.errors import SettingError
from runtime.settings import settings

_LEAST_SECRET = 32


def data_folder() -> Path:
    """The data folder, created when absent, readable by its owner alone."""
    folder = settings().runtime.data.expanduser().resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise SettingError(
            f"The setting DESKFLEET_DATA is wrong: {folder} cannot be created ({error.strerror})."
        ) from None
    return folder


def secret_key() -> bytes:
    """The signing key: from the settings, or generated once into the data folder."""
    configured = settings().runtime.secret_key.get_secret_value()
    if configured:
        if len(configured) < _LEAST_SECRET:
            raise SettingError(
                f"The setting DESKFLEET_SECRET_KEY is wrong: use at least {_LEAST_SECRET} characters."
            )
        return configured.encode()
    path = data_folder() / "secret_key"
    if not path.exists():
        write_once(path, secrets.token_hex(32))
    return path.read_text().strip().encode()


def retired_secret_keys() -> list[bytes]:
    """Earlier signing keys: what they signed or sealed is still good, nothing new is made with them."""
    retired = settings().runtime.retired_secret_keys.get_secret_value()
    older = [one.strip().encode() for one in retired.split(",") if one.strip()]
    if any(len(one) < _LEAST_SECRET for one in older):
        raise SettingError(
            f"The setting DESKFLEET_RETIRED_SECRET_KEYS is wrong: each has at least {_LEAST_SECRET} characters."
        )
    return older


def write_once(path: Path, text: str) -> None:
    """Make a private file with this text, unless it is there already; whole or not at all."""
    with tempfile.NamedTemporaryFile("w", dir=path.parent, prefix=f".{path.name}.") as file:
        file.write(text)
        file.flush()
        with suppress(FileExistsError):  # Another one was faster.
            os.link(file.name, path)
