"""A candidate: other prompts, models, thresholds, rules and knowledge than the desk's, read from a TOML file.

A replay tries one on past tickets, an experiment on some customers. Nothing of the process changes: `in_use` holds for
the work within it.
"""

import tomllib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent_core import prompts, routing, rule_file
from agent_core.rule_file import RuleFile
from runtime.agent_settings import Length, Share, Tone
from runtime.errors import InvalidInput, SettingError
from runtime.settings import Settings, instead, settings

_LONGEST_PROMPT = 40_000
_Model = Annotated[str, Field(min_length=1, max_length=200)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AgentChanges(_Strict):
    """Of the settings of the agent those that decide, named as in `deskfleet settings`."""

    min_confidence: Share | None = None
    category_confidence: str | None = None
    modes: str | None = None
    steps: str | None = None
    min_support: Share | None = None
    max_turns: Annotated[int, Field(ge=1)] | None = None
    max_negative: Annotated[float, Field(ge=-1, le=0)] | None = None
    vip_to_staff: bool | None = None
    replies_per_hour: Annotated[int, Field(ge=1)] | None = None
    tone: Tone | None = None
    length: Length | None = None


class ModelChanges(_Strict):
    """The models that configured providers are asked for."""

    anthropic: _Model | None = None
    openai: _Model | None = None
    compatible: _Model | None = None


class KnowledgeChanges(_Strict):
    """`articles`: as they were then, or as they are now. `without`: public ids of articles that are left out."""

    articles: Literal["then", "now"] = "then"
    without: tuple[str, ...] = Field((), max_length=1_000)
    min_relevance: Share | None = None


class Candidate(_Strict):
    """What a file holds; what it does not name is as the desk has it."""

    name: str = Field("as it is now", min_length=1, max_length=120)
    agent: AgentChanges = AgentChanges()
    models: ModelChanges = ModelChanges()
    rules: RuleFile | None = None
    prompts: dict[str, Annotated[str, Field(min_length=1, max_length=_LONGEST_PROMPT)]] = {}
    knowledge: KnowledgeChanges = KnowledgeChanges()


def read(path: Path) -> Candidate:
    """Prompts may be named by a file beside it. Raises InvalidInput naming the field that is wrong."""
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read ({error.strerror}).", field="candidate") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{path} is not TOML ({error}).", field="candidate") from None
    if isinstance(given.get("prompts"), dict):
        given["prompts"] = {name: _prompt_text(path, name, one) for name, one in given["prompts"].items()}
    return checked(given)


def parse(text: str) -> Candidate:
    """Of what a file would hold, prompts included. Raises InvalidInput naming the field that is wrong."""
    try:
        return checked(tomllib.loads(text.replace("\r\n", "\n")))
    except tomllib.TOMLDecodeError as error:
        raise InvalidInput(f"The candidate is not TOML ({error}).", field="candidate") from None


def checked(given: dict[str, Any]) -> Candidate:
    """Raises InvalidInput naming the field that is wrong."""
    try:
        candidate = Candidate.model_validate(given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InvalidInput(f"The candidate's {place} is wrong: {first['msg']}.", field=place) from None
    for name, raw in candidate.prompts.items():
        _check_prompt(name, raw)
    for where, what in rule_file.mistakes(candidate.rules) if candidate.rules else ():
        place = ".".join(("rules", *map(str, where)))
        raise InvalidInput(f"The candidate's {place} is wrong: {what}.", field=place)
    try:
        with in_use(candidate):
            routing.check()
    except SettingError as error:
        field = (error.field or "").removeprefix("DESKFLEET_AGENT_").lower()
        told = error.detail.removeprefix(f"The setting {error.field} is wrong: ")
        raise InvalidInput(
            f"The candidate's agent.{field} is wrong: {told}", field=f"agent.{field}"
        ) from None
    return candidate


@contextmanager
def in_use(candidate: Candidate) -> Iterator[None]:
    """Within, the agent decides as the candidate says. Its knowledge is the caller's to set."""
    with ExitStack() as stack:
        stack.enter_context(instead(settings_of(candidate)))
        stack.enter_context(prompts.instead(candidate.prompts))
        stack.enter_context(rule_file.instead(candidate.rules))
        yield


def settings_of(candidate: Candidate) -> Settings:
    """Those of the process with the candidate's changes."""
    present = settings()
    models = {f"{name}_model": one for name, one in candidate.models if one is not None}
    relevance = candidate.knowledge.min_relevance
    return replace(
        present,
        agent=present.agent.model_copy(
            update={name: one for name, one in candidate.agent if one is not None}
        ),
        llm=present.llm.model_copy(update=models),
        knowledge=present.knowledge.model_copy(
            update={} if relevance is None else {"min_relevance": relevance}
        ),
    )


def _prompt_text(path: Path, name: str, given: object) -> object:
    """A text of one line that ends in .md is the name of a file beside the candidate's."""
    if not isinstance(given, str) or "\n" in given or not given.endswith(".md"):
        return given
    try:
        return (path.parent / given).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise InvalidInput(
            f"The candidate's prompts.{name} is wrong: {given} cannot be read.", field=f"prompts.{name}"
        ) from None


def _check_prompt(name: str, raw: str) -> None:
    field = f"prompts.{name}"
    if name not in prompts.names():
        known = ", ".join(prompts.names())
        raise InvalidInput(f"The candidate's {field} is wrong: use one of {known}.", field=field)
    if "\n---\n" not in raw:
        raise InvalidInput(
            f"The candidate's {field} is wrong: a line of --- parts what the model is from what it reads.",
            field=field,
        )
    unknown = prompts.placeholders(raw) - prompts.placeholders(prompts.text_of(name))
    if unknown:
        raise InvalidInput(
            f"The candidate's {field} is wrong: there is nothing for {{{min(unknown)}}}.", field=field
        )
