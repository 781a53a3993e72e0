"""Every setting of the product, one group per package, read once from the environment.

An unset or wrong setting stops the process with one sentence that names it (`SettingError`).
"""

import difflib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    AliasChoices,
    Field,
    PositiveFloat,
    PositiveInt,
    SecretStr,
    ValidationError,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from runtime.account_settings import OidcSettings, RetentionSettings
from runtime.agent_settings import AgentSettings
from runtime.analytics_settings import AnalyticsSettings
from runtime.channel_settings import (
    ChatSettings,
    FacebookSettings,
    IntercomSettings,
    XSettings,
    ZendeskSettings,
)
from runtime.errors import SettingError
from runtime.knowledge_settings import KnowledgeSettings
from runtime.llm_settings import LlmSettings


def _group(prefix: str) -> SettingsConfigDict:
    return SettingsConfigDict(env_prefix=prefix, extra="ignore", env_ignore_empty=True)


def _with_networks(addresses: str) -> str:
    for one in addresses.split(","):
        if "/" in one:
            ip_network(one.strip())
    return addresses


class RuntimeSettings(BaseSettings):
    """What every process needs."""

    model_config = _group("DESKFLEET_")

    data: Path = Field(Path("var"), description="Folder for everything the embedded default keeps.")
    database_url: str = Field(
        "",
        pattern=r"^$|^postgresql(\+psycopg)?://",
        description="PostgreSQL URL; empty: the embedded server.",
    )
    database_pool: PositiveInt = Field(20, description="Most connections of one process.")
    database_pgbouncer: bool = Field(
        False, description="PgBouncer pools transactions in between: no server-side prepared statements."
    )
    broker_url: str = Field(
        "", pattern=r"^$|^amqps?://", description="RabbitMQ URL; empty: jobs and events stay in this process."
    )
    redis_url: str = Field(
        "", pattern=r"^$|^rediss?://", description="Redis URL; empty: limits and breakers are kept in memory."
    )
    secret_key: SecretStr = Field(
        SecretStr(""), description="Signs tokens and cookies; empty: generated once into the data folder."
    )
    retired_secret_keys: SecretStr = Field(
        SecretStr(""), description="Earlier secret keys, comma-separated: they still open what they sealed."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Least level logged.")
    otlp_endpoint: str = Field(
        "", pattern=r"^$|^https?://", description="OTLP/HTTP endpoint for traces; empty: none are exported."
    )
    metrics_port: Annotated[int, Field(ge=0, le=65535)] = Field(
        0, description="Port on which a worker, beat or poller answers /metrics; 0: none."
    )
    sweep_s: PositiveFloat = Field(5.0, description="Seconds between two runs of the sweepers.")
    trusted_proxies: Annotated[str, AfterValidator(_with_networks)] = Field(
        "127.0.0.1",
        description="Addresses and networks, comma-separated, whose X-Forwarded-For is believed.",
    )


class WebSettings(BaseSettings):
    """The HTTP server."""

    model_config = _group("DESKFLEET_")

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: Annotated[int, Field(ge=1, le=65535)] = Field(8000, description="Port to listen on.")
    public_url: str = Field(
        "",
        pattern=r"^$|^https?://[^/]+$",
        description="How customers reach us; empty: http://localhost:PORT.",
    )
    max_body_bytes: PositiveInt = Field(1_048_576, description="Largest request body accepted.")
    rate_per_minute: PositiveInt = Field(100, description="Requests a minute for one IP address or customer.")
    rate_allow: str = Field("127.0.0.1,::1", description="Addresses without a rate limit, comma-separated.")
    cookie_secure: bool = Field(False, description="Send cookies over HTTPS only; set it in production.")
    tls_certificate: Path | None = Field(
        None,
        description="PEM file with the certificate and its key: the server speaks TLS 1.3 and nothing older.",
    )


class IngestionSettings(BaseSettings):
    """Mail in and out: one mailbox by its URLs, or any number by a file."""

    model_config = _group("DESKFLEET_MAIL_")

    boxes: Path | None = Field(
        None, description="TOML file with any number of [[mailbox]] tables, besides the one that is set here."
    )
    address: str = Field("support@example.com", pattern=r"^\S+@\S+$", description="The desk's mail address.")
    sender_name: str = Field("Support", description="The name beside that address.")
    imap_url: str = Field(
        "",
        pattern=r"^$|^(imap|imaps|imap\+starttls)://[^@]+@[^/]+(/.+)?$",
        description="Mailbox, imaps://user:password@host:993/INBOX; empty: the folder mail/in of the data folder.",
    )
    smtp_url: str = Field(
        "",
        pattern=r"^$|^(smtp|smtps|smtp\+starttls)://",
        description="Outgoing server, smtp+starttls://user:password@host:587; empty: the folder mail/out.",
    )
    first_read: Literal["new", "all"] = Field(
        "new", description="Of a mailbox seen for the first time: only mails from then on, or all it holds."
    )
    after: str = Field(
        "keep",
        pattern=r"^(keep|seen|delete|move:.+)$",
        description="What becomes of a mail that was handled: keep, seen (marked), delete, or move:FOLDER.",
    )
    ca_file: Path | None = Field(
        None, description="Certificates (PEM) that mail servers are checked by; unset: the system's."
    )
    hosts_inside: str = Field(
        "",
        description="Hosts, comma-separated, that mailboxes added in the console may use although they are not public.",
    )
    authserv_id: str = Field(
        "",
        description="Name that your receiving server writes into Authentication-Results; set, orders are spoken of "
        "only where it says dmarc=pass.",
    )
    plus_addressing: bool = Field(
        False,
        description="Replies are to go to support+TOKEN@…, which finds the ticket without any header; "
        "switch it on if your server takes such addresses.",
    )
    subject_token: bool = Field(False, description="Put a signed token into the subject of replies.")
    poll_s: PositiveFloat = Field(5.0, description="Seconds between two looks into the mailbox.")
    timeout_s: PositiveFloat = Field(20.0, description="Seconds until a mail server is given up.")
    silent_s: PositiveFloat = Field(
        900.0, description="A mailbox that was not read for so many seconds raises an alert."
    )
    send_limit_s: PositiveFloat = Field(
        120.0,
        description="A send that takes longer belonged to a process that died: it is reconciled or parked.",
    )
    max_bytes: PositiveInt = Field(26_214_400, description="Largest mail read; a larger one is parked.")


class FilesSettings(BaseSettings):
    """Attachments."""

    model_config = _group("DESKFLEET_FILES_")

    s3_url: str = Field(
        "",
        pattern=r"^$|^https?://[^/]+/.+",
        description="https://HOST/BUCKET/PREFIX of an S3 store; empty: the folder files of the data folder.",
    )
    s3_access_key: SecretStr = Field(
        SecretStr(""), description="Access key of the S3 store; empty: the role of the machine."
    )
    s3_secret_key: SecretStr = Field(SecretStr(""), description="Its secret key.")
    s3_region: str = Field("us-east-1", description="Region that requests are signed for.")
    max_bytes: PositiveInt = Field(20_971_520, description="Largest file kept; a larger one is named alone.")
    max_files: PositiveInt = Field(20, description="Most files kept of one message.")
    max_request_bytes: PositiveInt = Field(
        52_428_800, description="Largest body of POST /api/v1/files, which may carry several files."
    )
    max_waiting_bytes: PositiveInt = Field(
        1_073_741_824, description="Most that one key may have uploaded and not yet named in a message."
    )


class TicketSettings(BaseSettings):
    """What is read out of messages."""

    model_config = _group("DESKFLEET_TICKETS_")

    entity_patterns: Path | None = Field(
        None,
        description="TOML file with [[entity]] tables (kind, pattern): what your messages name besides ours.",
    )
    survey_after_s: Annotated[float, Field(ge=0)] = Field(
        3600.0,
        description="Seconds after its ticket is resolved that a customer is asked by mail how it was; 0: never.",
    )
    hours: Path | None = Field(
        None,
        description="TOML file with working hours, holidays and times to answer (docs/working-hours.md); "
        "unset: at every hour, and DESKFLEET_AGENT_STAFF_DEADLINE_S for all.",
    )


class ConsoleSettings(BaseSettings):
    """The pages of staff."""

    model_config = _group("DESKFLEET_CONSOLE_")

    language: Literal["en", "fr", "de", "es", "it", "pt", "nl", "pl", "tr", "ja", "zh", "ar"] = Field(
        "en", description="The language staff read: messages in another one can be translated into it."
    )
    undo_send_s: Annotated[float, Field(ge=0, le=120)] = Field(
        8.0,
        description="Seconds in which a reply can be taken back before it is sent; 0: it is sent at once.",
    )


@dataclass(frozen=True)
class Settings:
    x: XSettings
    facebook: FacebookSettings
    zendesk: ZendeskSettings
    intercom: IntercomSettings
    chat: ChatSettings
    runtime: RuntimeSettings
    web: WebSettings
    ingestion: IngestionSettings
    tickets: TicketSettings
    llm: LlmSettings
    files: FilesSettings
    agent: AgentSettings
    console: ConsoleSettings
    knowledge: KnowledgeSettings
    oidc: OidcSettings
    retention: RetentionSettings
    analytics: AnalyticsSettings

    @property
    def public_url(self) -> str:
        return self.web.public_url or f"http://localhost:{self.web.port}"


_GROUPS: dict[str, type[BaseSettings]] = {
    "x": XSettings,
    "facebook": FacebookSettings,
    "zendesk": ZendeskSettings,
    "intercom": IntercomSettings,
    "chat": ChatSettings,
    "runtime": RuntimeSettings,
    "web": WebSettings,
    "ingestion": IngestionSettings,
    "tickets": TicketSettings,
    "llm": LlmSettings,
    "files": FilesSettings,
    "agent": AgentSettings,
    "console": ConsoleSettings,
    "knowledge": KnowledgeSettings,
    "oidc": OidcSettings,
    "retention": RetentionSettings,
    "analytics": AnalyticsSettings,
}


def variable_names(group: type[BaseSettings]) -> dict[str, str]:
    """Field name → environment variable of one group."""
    prefix = group.model_config.get("env_prefix", "")
    return {
        name: str(field.validation_alias or f"{prefix}{name}".upper())
        for name, field in group.model_fields.items()
        if not isinstance(field.validation_alias, AliasChoices)
    }


def known_variables() -> list[str]:
    return sorted(name for group in _GROUPS.values() for name in variable_names(group).values())


def _read(group: type[BaseSettings]) -> BaseSettings:
    try:
        return group()
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        location = str(first["loc"][0])
        variable = variable_names(group).get(location, location)
        raise SettingError(f"The setting {variable} is wrong: {first['msg']}.", field=variable) from None


def _refuse_unknown() -> None:
    known = known_variables()
    for name in os.environ:
        if name.startswith("DESKFLEET_") and not name.startswith("DESKFLEET_TEST_") and name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise SettingError(f"There is no setting {name}.{hint}", field=name)


@lru_cache(maxsize=1)
def _of_environment() -> Settings:
    _refuse_unknown()
    groups = {name: _read(group) for name, group in _GROUPS.items()}
    return Settings(**groups)  # type: ignore[arg-type]  # each group is built by its own class


_instead: ContextVar[Settings | None] = ContextVar("settings", default=None)


class _Reader:
    """A function that can also forget what it read."""

    def __call__(self) -> Settings:
        """The settings of this process, or those that `instead` gives the work at hand."""
        return _instead.get() or self.changed(_of_environment())

    @staticmethod
    def changed(of_environment: Settings) -> Settings:
        """What `runtime.desk_settings` puts in its place: the same with what admins changed since."""
        return of_environment

    def cache_clear(self) -> None:
        """For tests that change the environment."""
        _of_environment.cache_clear()


settings = _Reader()


@contextmanager
def instead(other: Settings) -> Iterator[None]:
    """Within, and in what runs alongside, these are the settings: a replay or an experiment tries others on a case."""
    token = _instead.set(other)
    try:
        yield
    finally:
        _instead.reset(token)
