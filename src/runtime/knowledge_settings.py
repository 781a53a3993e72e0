"""Settings of the search and of the store of vectors."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import (
    Field,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    SecretStr,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError
from pydantic_settings import BaseSettings, SettingsConfigDict

Share = Annotated[float, Field(ge=0, le=1)]


class Store(StrEnum):
    """Where the nearest vectors are looked up. They are kept in PostgreSQL with either."""

    PGVECTOR = "pgvector"
    PINECONE = "pinecone"


class KnowledgeSettings(BaseSettings):
    """Search."""

    model_config = SettingsConfigDict(
        env_prefix="DESKFLEET_KNOWLEDGE_", extra="ignore", env_ignore_empty=True
    )

    embedder: Literal["local", "openai"] = Field(
        "local", description="What makes vectors of texts; after a change run deskfleet knowledge reindex."
    )
    openai_embedding_model: str = Field(
        "text-embedding-3-small",
        pattern=r"^[A-Za-z0-9._:-]{1,100}$",
        description="The embedder openai: a model that can be asked for 384 dimensions.",
    )
    precision: Literal["int8", "fp32"] = Field("int8", description="Precision of the local embedder.")
    model_folder: Path | None = Field(
        None, description="Where the ONNX files are; unset: beside the package."
    )
    threads: PositiveInt = Field(2, description="Threads of the local embedder.")
    min_relevance: Share = Field(0.5, description="Passages below this calibrated relevance are not used.")
    ef_search: PositiveInt = Field(
        100,
        description="HNSW: candidates kept while searching up to 10,000 passages; four times as many of 100,000.",
    )
    cache_s: NonNegativeInt = Field(
        3600,
        description="Seconds for which what a search found is remembered while nothing changes; 0: never.",
    )
    store: Store = Field(Store.PGVECTOR, description="Where the nearest vectors are looked up.")
    pinecone_host: str = Field(
        "",
        pattern=r"^$|^https?://[^/]+$",
        description="https://HOST of a Pinecone index (384 dimensions, cosine); needed by the store pinecone.",
    )
    pinecone_key: SecretStr = Field(
        SecretStr(""), description="API key for it; needed by the store pinecone."
    )
    pinecone_namespace: str = Field(
        "desk",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$",
        description="What its namespaces begin with: another name for each desk that shares the index.",
    )
    pinecone_timeout_s: PositiveFloat = Field(
        1.0, description="Seconds until a search does without Pinecone; it is asked twice at most."
    )

    @field_validator("pinecone_host", "pinecone_key")
    @classmethod
    def _needed(cls, value: str | SecretStr, info: ValidationInfo) -> str | SecretStr:
        if not value and info.data.get("store") is Store.PINECONE:
            raise PydanticCustomError("needed", "it is not set, and the store pinecone needs it")
        return value
