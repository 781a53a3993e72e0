"""Which providers may be asked, and for which of their models. It imports none of their SDKs."""

from dataclasses import dataclass
from enum import StrEnum

from runtime.settings import settings


class Provider(StrEnum):
    """In the order in which they are asked; named as in the GenAI conventions."""

    ANTHROPIC = "anthropic"
    OPENAI = "openai"
    COMPATIBLE = "compatible"
    LOCAL = "local"


@dataclass(frozen=True)
class Choice:
    """A provider and the model that it is asked for."""

    provider: Provider
    model: str


def configured() -> list[Choice]:
    """The providers that have what they need, in order, without the local one."""
    group = settings().llm
    choices = []
    if group.anthropic_api_key.get_secret_value():
        choices.append(Choice(Provider.ANTHROPIC, group.anthropic_model))
    if group.openai_api_key.get_secret_value():
        choices.append(Choice(Provider.OPENAI, group.openai_model))
    if group.compatible_url and group.compatible_model:
        choices.append(Choice(Provider.COMPATIBLE, group.compatible_model))
    return choices


def cheaper(choice: Choice) -> Choice | None:
    """The same provider's cheaper model; None when there is none, or when it is the one that was chosen."""
    group = settings().llm
    models = {
        Provider.ANTHROPIC: group.anthropic_cheaper_model,
        Provider.OPENAI: group.openai_cheaper_model,
    }
    model = models.get(choice.provider)
    return Choice(choice.provider, model) if model and model != choice.model else None
