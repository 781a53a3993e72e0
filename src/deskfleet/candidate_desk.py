"""Candidates for the console and REST, which do not know the agent's insides."""

from collections.abc import Mapping
from typing import Any

from agent_core import candidates
from agent_core.candidates import Candidate


def read(text: str) -> dict[str, Any]:
    """Of TOML, as in a candidate's file. Raises InvalidInput naming the field that is wrong."""
    return _stored(candidates.parse(text))


def check(given: Mapping[str, Any]) -> dict[str, Any]:
    """The same of an object. Raises InvalidInput."""
    return _stored(candidates.checked(dict(given)))


def _stored(found: Candidate) -> dict[str, Any]:
    """As an experiment keeps it: what it changes, and its name, if it has one."""
    return found.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
