"""The store of files in an S3 bucket. Called by `storage` alone."""

import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import IO
from urllib.parse import urlsplit
from xml.etree.ElementTree import ParseError

from minio import Minio
from minio.credentials.providers import ChainedProvider, EnvAWSProvider, IamAwsProvider
from minio.error import MinioException, S3Error
from urllib3 import PoolManager, Timeout
from urllib3.exceptions import HTTPError
from urllib3.util import Retry

from runtime.errors import NotFound, SettingError, Unavailable
from runtime.settings import settings

_MISSING = ("NoSuchKey", "NoSuchObject")
_IN_MEMORY = 1_048_576
_CHUNK = 262_144


def write(key: str, content: bytes) -> None:
    """Always written anew: that makes it young, so that who removes old files leaves it."""
    with _answering():
        _client().put_object(_place()[0], _name(key), io.BytesIO(content), len(content))


def read(key: str) -> IO[bytes]:
    """Fetched to its end first, so that a line that breaks is noticed before anybody got half a file."""
    fetched = tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115  # the caller closes it
    try:
        with _answering():
            answer = _client().get_object(_place()[0], _name(key))
            try:
                for chunk in answer.stream(_CHUNK):
                    fetched.write(chunk)
            finally:
                answer.close()
                answer.release_conn()
        fetched.seek(0)
    except BaseException:
        fetched.close()
        raise
    return fetched


def remove(key: str, *, older_than_s: float) -> bool:
    bucket, _prefix = _place()
    try:
        with _answering():
            if older_than_s:
                put_at = _client().stat_object(bucket, _name(key)).last_modified
                if put_at and datetime.now(UTC) - put_at < timedelta(seconds=older_than_s):
                    return False
            _client().remove_object(bucket, _name(key))
    except NotFound:
        return True
    return True


def keys() -> Iterator[str]:
    bucket, prefix = _place()
    with _answering():
        for one in _client().list_objects(bucket, prefix=f"{prefix}/" if prefix else "", recursive=True):
            yield str(one.object_name).rpartition("/")[2]


@contextmanager
def _answering() -> Iterator[None]:
    try:
        yield
    except S3Error as error:
        if error.code in _MISSING:
            raise NotFound("There is no such file.") from None
        raise Unavailable(f"The file store does not answer ({error.code}).") from None
    except (MinioException, HTTPError, ParseError, ValueError, OSError) as error:
        raise Unavailable(f"The file store does not answer ({type(error).__name__}).") from None


def _client() -> Minio:
    chosen = settings().files
    return _connected(
        chosen.s3_url,
        chosen.s3_region,
        access_key=chosen.s3_access_key.get_secret_value(),
        secret_key=chosen.s3_secret_key.get_secret_value(),
    )


@lru_cache(maxsize=2)
def _connected(url: str, region: str, *, access_key: str, secret_key: str) -> Minio:
    parts = urlsplit(url)
    # Without this the library tries five times and waits for minutes.
    http = PoolManager(
        timeout=Timeout(connect=2.0, read=20.0), retries=Retry(total=1, backoff_factor=0.2), maxsize=16
    )
    role = None if access_key else ChainedProvider([EnvAWSProvider(), IamAwsProvider(http_client=http)])
    try:
        return Minio(
            parts.netloc,
            access_key=access_key or None,
            secret_key=secret_key or None,
            secure=parts.scheme == "https",
            region=region,
            http_client=http,
            credentials=role,
        )
    except ValueError as error:
        raise SettingError(f"The setting DESKFLEET_FILES_S3_URL is wrong: {error}.") from None


def _name(key: str) -> str:
    prefix = _place()[1]
    return f"{prefix}/{key[:2]}/{key}" if prefix else f"{key[:2]}/{key}"


def _place() -> tuple[str, str]:
    """Bucket and prefix of the URL's path."""
    bucket, _, prefix = urlsplit(settings().files.s3_url).path.strip("/").partition("/")
    if not bucket:
        raise SettingError("The setting DESKFLEET_FILES_S3_URL is wrong: it names no bucket.")
    return bucket, prefix.strip("/")
