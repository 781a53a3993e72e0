"""Files that a platform tells of by their address, as its module notes them in a message's metadata."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field

FILES = "files"


@dataclass(frozen=True)
class RemoteFile:
    """`type` is the platform's word: a media type, or a kind such as photo. The address may be signed: a secret."""

    url: str = field(repr=False)
    name: str = ""
    type: str = ""


def noted(files: Iterable[RemoteFile]) -> dict[str, object]:
    """What to add to the metadata: each address once, a file without one by its name, nothing without files."""
    once = {file.url or file.name: asdict(file) for file in files if file.url or file.name}
    return {FILES: list(once.values())} if once else {}


def read(metadata: Mapping[str, object]) -> list[RemoteFile]:
    """What `noted` has put there."""
    listed = metadata.get(FILES)
    files = listed if isinstance(listed, list) else []
    return [
        RemoteFile(**{name: str(file.get(name, "")) for name in ("url", "name", "type")})
        for file in files
        if isinstance(file, dict)
    ]
