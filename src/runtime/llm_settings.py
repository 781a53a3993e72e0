"""The settings of the language models: vendors, budgets, limits. Read by `settings`."""

from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, NonNegativeFloat, PositiveFloat, PositiveInt, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

_URL = r"^https?://"
_LIMITS = (
    "Its limits, such as concurrency=50,requests_minute=1000,tokens_minute=400000; also requests_day, "
    "tokens_day. What is not named is not limited."
)

Usd = Annotated[Decimal, Field(ge=0)]
Temperature = Annotated[float, Field(ge=0, le=1)]


@dataclass(frozen=True)
class ProviderLimits:
    """What a provider may be asked for, by all processes together; 0: no limit. A day is one of UTC."""

    concurrency: int = 0
    requests_minute: int = 0
    tokens_minute: int = 0
    requests_day: int = 0
    tokens_day: int = 0

    def __bool__(self) -> bool:
        return any((self.concurrency, self.requests_minute, self.tokens_minute)) or any(
            (self.requests_day, self.tokens_day)
        )


_LIMIT_NAMES = tuple(field.name for field in fields(ProviderLimits))


def provider_limits(text: str) -> ProviderLimits:
    """Limits from `name=number,name=number`. Raises ValueError, which says what is wrong."""
    values: dict[str, int] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, number = (piece.strip() for piece in part.partition("="))
        if name not in _LIMIT_NAMES:
            raise ValueError(f"{name[:40]} is not one of {', '.join(_LIMIT_NAMES)}")
        if not (number.isascii() and number.isdigit()):
            raise ValueError(f"{name} needs a whole number")
        values[name] = int(number)
    return ProviderLimits(**values)


def _checked(text: str) -> str:
    provider_limits(text)
    return text


LimitsText = Annotated[str, AfterValidator(_checked)]


class LlmSettings(BaseSettings):
    """Language models. Without a key the offline local model answers."""

    model_config = SettingsConfigDict(
        env_prefix="DESKFLEET_LLM_", extra="ignore", env_ignore_empty=True, populate_by_name=True
    )

    anthropic_api_key: SecretStr = Field(
        SecretStr(""), validation_alias="ANTHROPIC_API_KEY", description="Key for Claude; empty: not used."
    )
    anthropic_base_url: str = Field(
        "https://api.anthropic.com",
        validation_alias="DESKFLEET_ANTHROPIC_URL",
        pattern=_URL,
        description="Where Claude is.",
    )
    anthropic_model: str = Field(
        "claude-sonnet-4-6", validation_alias="DESKFLEET_ANTHROPIC_MODEL", description="Claude's model."
    )
    anthropic_cheaper_model: str = Field(
        "claude-haiku-4-5",
        validation_alias="DESKFLEET_ANTHROPIC_CHEAPER_MODEL",
        description="Asked when a budget has no room for the other one; empty: none.",
    )
    anthropic_limits: LimitsText = Field(
        "", validation_alias="DESKFLEET_ANTHROPIC_LIMITS", description=_LIMITS
    )
    openai_api_key: SecretStr = Field(
        SecretStr(""),
        validation_alias="OPENAI_API_KEY",
        description="Key for GPT, the fallback; empty: not used.",
    )
    openai_base_url: str = Field(
        "https://api.openai.com/v1",
        validation_alias="DESKFLEET_OPENAI_URL",
        pattern=_URL,
        description="Where GPT is.",
    )
    openai_model: str = Field(
        "gpt-4.1-mini", validation_alias="DESKFLEET_OPENAI_MODEL", description="GPT's model."
    )
    openai_cheaper_model: str = Field(
        "",
        validation_alias="DESKFLEET_OPENAI_CHEAPER_MODEL",
        description="Asked when a budget has no room for the other one; empty: none.",
    )
    openai_limits: LimitsText = Field("", validation_alias="DESKFLEET_OPENAI_LIMITS", description=_LIMITS)
    compatible_url: str = Field(
        "",
        validation_alias="DESKFLEET_COMPATIBLE_URL",
        pattern=r"^$|^https?://",
        description="Base URL of an OpenAI-compatible server (Ollama, vLLM); empty: not used.",
    )
    compatible_model: str = Field(
        "", validation_alias="DESKFLEET_COMPATIBLE_MODEL", description="The model of that server."
    )
    compatible_limits: LimitsText = Field(
        "", validation_alias="DESKFLEET_COMPATIBLE_LIMITS", description=_LIMITS
    )
    timeout_s: PositiveFloat = Field(30.0, description="No call takes longer, in seconds.")
    max_output_tokens: PositiveInt = Field(1024, description="No answer is longer, in tokens.")
    triage_temperature: Temperature = Field(
        0.1, description="Temperature of triage, which must repeat itself."
    )
    reply_temperature: Temperature = Field(
        0.3, description="Temperature of replies, which may vary in words."
    )
    reuse_s: NonNegativeFloat = Field(
        60.0, description="For this long an equal question that names nobody gets the same answer; 0: never."
    )
    budget_ticket_usd: Usd = Field(
        Decimal(0), description="Most that models may cost for a ticket; 0: no limit."
    )
    budget_customer_usd: Usd = Field(Decimal(0), description="The same for a customer in a day of UTC.")
    budget_day_usd: Usd = Field(Decimal(0), description="The same for everything in a day of UTC.")
    budget_month_usd: Usd = Field(Decimal(0), description="The same for everything in a month of UTC.")
    calls_kept_days: PositiveInt = Field(
        365, description="Rows of model calls, which hold no text, are deleted after so many days."
    )
    when_spent: Literal["template", "staff"] = Field(
        "template",
        description="Who answers when a budget is used up and no cheaper model fits: the local model where it can, or "
        "staff. A customer whose message goes to staff for it is told so, once per ticket.",
    )
