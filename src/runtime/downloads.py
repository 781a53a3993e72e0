"""A stored file as a response that no browser runs: for every door that hands files out."""

import string
from collections.abc import Iterator
from typing import IO
from urllib.parse import quote

from starlette.responses import StreamingResponse

_CHUNK = 262_144
_PLAIN = frozenset(string.ascii_letters + string.digits + " ._-()")


def file_response(
    file: IO[bytes], *, name: str, media_type: str, size: int, inline: bool
) -> StreamingResponse:
    """Closes the file. Unless it is shown inline it has no type: a browser may save it, and nothing else."""
    headers = {
        "Content-Disposition": f"{'inline' if inline else 'attachment'}; {_file_name(name)}",
        "Content-Length": str(size),
        "Content-Security-Policy": "default-src 'none'; sandbox; base-uri 'none'; frame-ancestors 'none'",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "private, no-store",
    }
    shown_as = media_type if inline else "application/octet-stream"
    return StreamingResponse(_chunks(file), headers=headers, media_type=shown_as)


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    with file:
        while chunk := file.read(_CHUNK):
            yield chunk


def _file_name(name: str) -> str:
    """RFC 6266: one that every browser reads, and beside it the true one where that differs."""
    plain = "".join(letter if letter in _PLAIN else "_" for letter in name)
    return (
        f'filename="{plain}"'
        if plain == name
        else f"filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    )
