"""The settings of the channels that need a vendor's credentials, and of web chat. Read by `settings`."""

from pydantic import Field, PositiveFloat, PositiveInt, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

_URL = r"^https?://"


def _group(prefix: str) -> SettingsConfigDict:
    return SettingsConfigDict(env_prefix=prefix, extra="ignore", env_ignore_empty=True)


class XSettings(BaseSettings):
    """X: direct messages and mentions. Off until the secrets are set."""

    model_config = _group("DESKFLEET_X_")

    api_url: str = Field("https://api.x.com", pattern=_URL, description="Where the API is.")
    consumer_key: SecretStr = Field(SecretStr(""), description="The app's API key.")
    consumer_secret: SecretStr = Field(SecretStr(""), description="The app's secret; signs the webhooks too.")
    access_token: SecretStr = Field(SecretStr(""), description="Token of the account that answers.")
    access_token_secret: SecretStr = Field(SecretStr(""), description="Its secret.")
    account_id: str = Field(
        "",
        pattern=r"^\d*$",
        description="Numeric id of the account that answers; what was said to another is ignored.",
    )


class FacebookSettings(BaseSettings):
    """A Facebook page and its Messenger. Off until the secrets are set."""

    model_config = _group("DESKFLEET_FACEBOOK_")

    api_url: str = Field("https://graph.facebook.com/v23.0", pattern=_URL, description="The Graph API.")
    app_secret: SecretStr = Field(SecretStr(""), description="The app's secret; signs the webhooks.")
    verify_token: SecretStr = Field(SecretStr(""), description="The word that the webhook's set-up sends.")
    page_token: SecretStr = Field(SecretStr(""), description="Access token of the page.")
    page_id: str = Field(
        "", pattern=r"^\d*$", description="Numeric id of the page; what was said to another is ignored."
    )


class ZendeskSettings(BaseSettings):
    """A Zendesk account whose tickets are answered here. Off until the secrets are set."""

    model_config = _group("DESKFLEET_ZENDESK_")

    api_url: str = Field("", pattern=r"^$|^https?://", description="https://SUBDOMAIN.zendesk.com")
    user: str = Field("", description="Mail address of the user whose API token is used.")
    user_id: str = Field(
        "", pattern=r"^\d*$", description="Numeric id of that user; its own comments are ignored."
    )
    api_token: SecretStr = Field(SecretStr(""), description="That user's API token.")
    webhook_secret: SecretStr = Field(SecretStr(""), description="The webhook's signing secret.")


class IntercomSettings(BaseSettings):
    """An Intercom workspace. Off until the secrets are set."""

    model_config = _group("DESKFLEET_INTERCOM_")

    api_url: str = Field("https://api.intercom.io", pattern=_URL, description="Where the API is.")
    access_token: SecretStr = Field(SecretStr(""), description="The app's access token.")
    client_secret: SecretStr = Field(
        SecretStr(""), description="The app's client secret; signs the webhooks."
    )
    admin_id: str = Field("", pattern=r"^\w*$", description="Id of the admin in whose name replies are sent.")


class ChatSettings(BaseSettings):
    """Web chat: the page at /chat, and the widget that other pages embed."""

    model_config = _group("DESKFLEET_CHAT_")

    origins: str = Field(
        "",
        pattern=r"^\s*(https?://[^/,\s]+/?\s*(,\s*|$))*$",
        description="Origins, comma-separated, whose pages may show the chat besides our own: https://www.example.com",
    )
    messages_per_minute: PositiveInt = Field(20, description="Messages a minute of one visitor.")
    frames_per_second: PositiveInt = Field(20, description="Frames a second of one socket; more closes it.")
    sockets_per_visitor: PositiveInt = Field(
        10, description="Chats that one visitor has open in one process."
    )
    sockets_per_address: PositiveInt = Field(
        100, description="Chats that one IP address has open in one process."
    )
    sockets_per_process: PositiveInt = Field(2_000, description="Chats open in one process.")
    resume_days: PositiveFloat = Field(
        30.0, description="Days without a visit that a visitor's token is good for."
    )
    files_per_message: PositiveInt = Field(5, description="Most files in one message.")
    file_bytes: PositiveInt = Field(
        10_485_760,
        description="Most bytes of one message's files together.",
    )
    file_types: str = Field(
        "image/png,image/jpeg,image/gif,image/webp,application/pdf,text/plain",
        description="Types of files, comma-separated, that a visitor may send.",
    )
