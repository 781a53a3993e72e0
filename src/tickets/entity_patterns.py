"""A desk's own kinds of entities, from the TOML file that DESKFLEET_TICKETS_ENTITY_PATTERNS names."""

import re
import tomllib
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from runtime.errors import SettingError
from runtime.settings import settings
from tickets.entities import Entity, OwnPattern, entities

_VARIABLE = "DESKFLEET_TICKETS_ENTITY_PATTERNS"
# A repetition of a group that ends in one takes exponential time on a text made for it: messages are strangers'.
_REPEATED_TWICE = re.compile(r"[+*}]\??\)(?:[+*]|\{\d*,)")


class _Listed(BaseModel):
    model_config = ConfigDict(extra="forbid")

    kind: str = Field(pattern=r"^[a-z][a-z0-9_]{1,39}$")
    pattern: str = Field(min_length=2, max_length=300)
    ignore_case: bool = False


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")

    entity: list[_Listed] = Field(max_length=50)


def entities_of(text: str) -> list[Entity]:
    """What a message names, the desk's own kinds included."""
    path = settings().tickets.entity_patterns
    return entities(text, own_patterns(path) if path else ())


@lru_cache(maxsize=4)
def own_patterns(path: Path) -> tuple[OwnPattern, ...]:
    """The patterns of a file of [[entity]] tables. Raises SettingError naming the one that is wrong."""
    try:
        listed = _File.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise _wrong(f"{path} cannot be read ({error.strerror})") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _wrong(f"{path} is not TOML ({error})") from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        raise _wrong(f"{path}: {'.'.join(str(part) for part in first['loc'])}: {first['msg']}") from None
    return tuple(_compiled(one) for one in listed.entity)


def _compiled(listed: _Listed) -> OwnPattern:
    if _REPEATED_TWICE.search(listed.pattern):
        raise _wrong(f"the pattern of {listed.kind} repeats a repetition, which can take for ever")
    try:
        compiled = re.compile(listed.pattern, re.IGNORECASE if listed.ignore_case else 0)
    except re.error as error:
        raise _wrong(f"the pattern of {listed.kind} is not valid ({error})") from None
    if compiled.match(""):
        raise _wrong(f"the pattern of {listed.kind} matches nothing at all")
    return OwnPattern(listed.kind, compiled)


def _wrong(what: str) -> SettingError:
    return SettingError(f"The setting {_VARIABLE} is wrong: {what}.", field=_VARIABLE)
