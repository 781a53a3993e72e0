"""Settings of figures and forecasts."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Gating(StrEnum):
    """What the proven thresholds do."""

    OBSERVE = "observe"
    ENFORCE = "enforce"


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
    gate: Gating = Field(
        Gating.OBSERVE,
        description="Whether replies go out alone only where checked answers prove it (docs/decisions/0010): observe "
        "tells what is proven, enforce makes every other reply a draft for staff.",
    )
    gate_error: Annotated[float, Field(gt=0, lt=1)] = Field(
        0.02, description="The share of wrong replies of a category that you accept among those sent alone."
    )
    gate_risk: Annotated[float, Field(gt=0, lt=1)] = Field(
        0.05, description="The chance that more are wrong all the same, for each category."
    )
    audit_share: Annotated[float, Field(ge=0, le=1)] = Field(
        0.02, description="Share of the replies sent alone that staff are asked to check; 0: none."
    )
    anchors: Path | None = Field(
        None,
        description="Folder of the file that the head of the decisions' chain is written to daily (better elsewhere "
        "than the database); unset: anchors in the data folder.",
    )
