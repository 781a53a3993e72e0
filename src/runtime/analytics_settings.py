"""Settings of figures and forecasts."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class AnalyticsSettings(BaseSettings):
    """Figures and forecasts."""

    model_config = SettingsConfigDict(
        env_prefix="DESKFLEET_ANALYTICS_", extra="ignore", env_ignore_empty=True
    )

    country: str = Field(
        "",
        pattern=r"^$|^[A-Z]{2}$",
        description="Country whose public holidays the forecast of volume knows, such as DE; unset: of none.",
    )
