"""Settings of the agent and of the deadlines that hand over to staff."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, PositiveFloat, PositiveInt
from pydantic_settings import BaseSettings, SettingsConfigDict

Share = Annotated[float, Field(ge=0, le=1)]


class AgentSettings(BaseSettings):
    """How the agent decides. Deadlines are when staff get a message that was not answered."""

    model_config = SettingsConfigDict(env_prefix="DESKFLEET_AGENT_", extra="ignore", env_ignore_empty=True)

    enabled: bool = Field(True, description="Off: every message goes to staff.")
    min_confidence: Share = Field(
        0.75,
        description="Staff get what the agent is less sure of. Its confidence in an answer is the greater of "
        "triage's confidence and the best passage's relevance.",
    )
    min_support: Share = Field(0.75, description="Share of a reply's claims that the sources must hold.")
    max_turns: PositiveInt = Field(8, description="More customer messages than this in a ticket go to staff.")
    max_negative: Annotated[float, Field(ge=-1, le=0)] = Field(
        -0.6, description="Sentiment, -1 to 1, at or below which a message goes to staff."
    )
    replies_per_hour: PositiveInt = Field(
        6, description="Automatic replies an hour to one customer; then staff. Web chats are not counted."
    )
    vip_to_staff: bool = Field(True, description="Customers of tier vip always reach a person.")
    lease_s: PositiveFloat = Field(
        120.0, description="A claim older than this may be taken by another worker."
    )
    max_attempts: PositiveInt = Field(3, description="Claims of one message before staff get it.")
    chat_deadline_s: PositiveFloat = Field(60.0, description="Seconds until staff get an unanswered chat.")
    mail_deadline_s: PositiveFloat = Field(900.0, description="The same for every other channel.")
    staff_deadline_s: PositiveFloat = Field(
        14_400.0, description="Seconds staff have for an escalated ticket."
    )
    concurrency: PositiveInt = Field(4, description="Messages answered at the same time by one process.")
    shop_file: Path | None = Field(
        None, description="Orders of the sample shop (JSON); unset: no shop is connected."
    )
    desk_name: str = Field("Customer Support", description="How replies are signed.")
    allowed_addresses: str = Field(
        "",
        description="Domains and mail addresses that a reply may name although no source does, comma-separated.",
    )
