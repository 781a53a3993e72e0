"""The settings of the company's own login and of how long personal data is kept. Read by `settings`."""

from typing import Annotated, Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

Days = Annotated[int, Field(ge=0, le=36_500)]


def _group(prefix: str) -> SettingsConfigDict:
    return SettingsConfigDict(env_prefix=prefix, extra="ignore", env_ignore_empty=True)


class OidcSettings(BaseSettings):
    """Login of staff by the company's own provider (OpenID Connect). Off until the issuer is set."""

    model_config = _group("DESKFLEET_OIDC_")

    issuer: str = Field(
        "",
        pattern=r"^$|^https://[^\s?#]+$|^http://(127\.0\.0\.1|localhost)(:\d+)?(/[^\s?#]*)?$",
        description="The provider, such as https://login.example.com/realms/desk; empty: passwords alone.",
    )
    client_id: str = Field("", description="The client that the provider knows this desk by.")
    client_secret: SecretStr = Field(SecretStr(""), description="Its secret.")
    name: str = Field("your company's login", max_length=60, description="What the login page calls it.")
    new_accounts: Literal["", "agent", "manager", "readonly"] = Field(
        "", description="Role of somebody who comes for the first time; empty: only known accounts come in."
    )


class RetentionSettings(BaseSettings):
    """For how many days personal data is kept; 0: until somebody erases it."""

    model_config = _group("DESKFLEET_RETENTION_")

    conversations: Days = Field(
        90, description="Texts and files of tickets, counted from when they were resolved and last changed."
    )
    parked_mails: Days = Field(30, description="Sources of mails that were parked.")
    received_ids: Days = Field(
        365, description="The channels' ids of messages, by which a repeated one is known."
    )
    drafts: Days = Field(30, description="Replies that staff began to write and did not send.")
    notifications: Days = Field(90, description="What staff were told in the console, seen or not.")
    webhook_deliveries: Days = Field(
        7, description="What programs were told of tickets, counted once it was taken or given up."
    )
