"""Settings of the agent and of the deadlines that hand over to staff."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

from pydantic import Field, PositiveFloat, PositiveInt, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

Share = Annotated[float, Field(ge=0, le=1)]


class Tone(StrEnum):
    """How replies sound."""

    FORMAL = "formal"
    NEUTRAL = "neutral"
    FRIENDLY = "friendly"


class Length(StrEnum):
    """How much replies say; the platform's own limits hold besides."""

    SHORT = "short"
    NORMAL = "normal"
    LONG = "long"


class AgentSettings(BaseSettings):
    """How the agent decides. Deadlines are when staff get a message that was not answered."""

    model_config = SettingsConfigDict(env_prefix="DESKFLEET_AGENT_", extra="ignore", env_ignore_empty=True)

    enabled: bool = Field(True, description="Off: every message goes to staff.")
    min_confidence: Share = Field(
        0.75,
        description="Staff get what the agent is less sure of. Its confidence in an answer is the greater of "
        "triage's confidence and the best passage's relevance.",
    )
    category_confidence: str = Field(
        "", description="The same for single categories: billing_inquiry=0.9,bug_report=0.8."
    )
    modes: str = Field(
        "",
        description="What the agent does with a category: off (staff at once), draft (staff send it) or auto, as in "
        "billing_inquiry=draft,bug_report=off; * stands for all others, which are auto when nothing is said.",
    )
    steps: str = Field(
        "guard,shop,search,draft,grounding_strict",
        description="Steps that are switched on. Without draft staff get every message, without grounding_strict "
        "every draft; replies are always checked before they are sent.",
    )
    rules_file: Path | None = Field(
        None,
        description="TOML file of the escalation rules: order, off, [thresholds] (before those set here), [[rule]].",
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
    shop_url: str = Field(
        "",
        pattern=r"^$|^https?://[^\s?#]+$",
        description="Base URL of your shop's API (docs/architecture.md names its paths); empty: the file above.",
    )
    shop_token: SecretStr = Field(SecretStr(""), description="Bearer token that the shop's API asks for.")
    shop_timeout_s: PositiveFloat = Field(10.0, description="Seconds until a call to the shop is given up.")
    actions_per_day: PositiveInt = Field(
        3, description="Actions that the agent may propose for one customer within 24 hours."
    )
    refund_days: PositiveInt = Field(30, description="An older order is not proposed for a refund.")
    action_approvers: Annotated[int, Field(ge=1, le=2)] = Field(
        1, description="Members of staff who must approve a refund or a closure; 2: two different ones."
    )
    action_days: PositiveInt = Field(
        3, description="An action that is neither approved nor declined within these days expires."
    )
    tool_loop: bool = Field(
        True, description="A configured language model may use the agent's tools; off: only the rules do."
    )
    desk_name: str = Field("Customer Support", description="How replies are signed.")
    tone: Tone = Field(Tone.NEUTRAL, description="How replies sound: formal, neutral or friendly.")
    length: Length = Field(Length.NORMAL, description="How much replies say: short, normal or long.")
    memory_tokens: PositiveInt = Field(
        2_000,
        description="How much of a long conversation the agent is shown, the newest first, in tokens (about three "
        "bytes each). What was left out is noted on the decision.",
    )
    allowed_addresses: str = Field(
        "",
        description="Domains and mail addresses that a reply may name although no source does, comma-separated.",
    )
