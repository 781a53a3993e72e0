"""The static files of the console: ours, and htmx from the installed django-htmx wheel. No CDN."""

import gzip
import hashlib
import importlib.util
import os
from functools import lru_cache
from pathlib import Path
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from runtime.errors import SettingError

URL = "/console/static"
_OURS = Path(__file__).parent / "static"
_KEPT = ("Content-Type", "Vary")
_HTMX = "static/django_htmx/htmx-2.min.js"


def _htmx() -> Path:
    """The file inside the wheel, found without importing it: it would want Django."""
    spec = importlib.util.find_spec("django_htmx")
    folders = spec.submodule_search_locations if spec else None
    if not folders:
        raise SettingError("The package django-htmx is not installed: install requirements-nodeps.txt.")
    return Path(folders[0]) / _HTMX


@lru_cache(maxsize=1)
def _files() -> dict[str, Path]:
    ours = {path.name: path for path in sorted(_OURS.iterdir()) if path.is_file()}
    return ours | {"htmx.js": _htmx()}


@lru_cache(maxsize=64)
def _version(name: str) -> str:
    return hashlib.sha256(_files()[name].read_bytes()).hexdigest()[:10]


@lru_cache(maxsize=64)
def _packed(name: str) -> bytes:
    return gzip.compress(_files()[name].read_bytes(), compresslevel=9, mtime=0)


def asset(name: str) -> str:
    """The URL of a static file, with its content's hash, so that browsers may keep it for good."""
    return f"{URL}/{name}?v={_version(name)}"


class Assets(StaticFiles):
    """Serves exactly the files above."""

    def __init__(self) -> None:
        super().__init__(directory=_OURS)
        _files()

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        found = _files().get(path)
        return (str(found), found.stat()) if found else ("", None)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """Packed for who takes that. Pages are not: beside a secret, the size of what is packed would tell of it."""
        response = await super().get_response(path, scope)
        response.headers["Vary"] = "Accept-Encoding"
        if response.status_code == 200 and "gzip" in Headers(scope=scope).get("accept-encoding", ""):
            kept = {name: response.headers[name] for name in _KEPT}
            response = Response(_packed(path), headers={**kept, "Content-Encoding": "gzip"})
        if b"v" in parse_qs(scope["query_string"]):
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
        return response
