"""The rows that say what Pinecone holds and lacks, and who is telling it. A short transaction each."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, text

from knowledge import pinecone_store
from knowledge.embedding import model_id
from runtime.database import transaction

LEASE_S = 60.0  # Longer than one request can take.
AT_ONCE = 100

# What ought to be in Pinecone. A fingerprint is of all that is sent.
_WANTED = """
select
    vectors.chunk_id, chunks.article_id, cast(vectors.embedding as text) as embedding,
    articles.audience, articles.product, articles.category, articles.kind,
    articles.updated_at, articles.valid_from, articles.valid_until,
    md5(row(
        vectors.digest, articles.audience, articles.product, articles.category, articles.kind,
        extract(epoch from articles.updated_at), extract(epoch from articles.valid_from),
        extract(epoch from articles.valid_until)
    )::text) as fingerprint
from vectors
join chunks on chunks.id = vectors.chunk_id
join articles on articles.id = chunks.article_id
where vectors.model_id = :model_id
"""
_DUE = f"""
with wanted as ({{wanted}})
select wanted.*
from wanted
left join pushed_vectors as pushed
    on pushed.host = :host and pushed.namespace = :namespace and pushed.chunk_id = wanted.chunk_id
where wanted.chunk_id > :after
    and pushed.fingerprint is distinct from wanted.fingerprint
    and coalesce(pushed.claimed_at < now() - interval '{LEASE_S} s', true)
order by wanted.chunk_id
limit :limit
"""  # noqa: S608  # nothing in it comes from outside
_CLAIM = text(f"""
insert into pushed_vectors (host, namespace, chunk_id, article_id, model_id, claim_token, claimed_at)
select :host, :namespace, due.chunk_id, due.article_id, :model_id, :token, now()
from unnest(cast(:chunks as bigint[]), cast(:articles as bigint[])) as due (chunk_id, article_id)
order by due.chunk_id
on conflict (host, namespace, chunk_id) do update
set fingerprint = null, model_id = excluded.model_id, claim_token = excluded.claim_token, claimed_at = now()
where coalesce(pushed_vectors.claimed_at < now() - interval '{LEASE_S} s', true)
returning chunk_id
""")  # noqa: S608  # nothing in it comes from outside
_RECORD = text("""
update pushed_vectors set fingerprint = sent.fingerprint, claim_token = null, claimed_at = null
from unnest(cast(:chunks as bigint[]), cast(:fingerprints as text[])) as sent (chunk_id, fingerprint)
where pushed_vectors.claim_token = :token and pushed_vectors.chunk_id = sent.chunk_id
""")
_RELEASE = text("update pushed_vectors set claim_token = null, claimed_at = null where claim_token = :token")
_GONE = f"""
select pushed.host, pushed.namespace, pushed.chunk_id from pushed_vectors as pushed
where pushed.host = :host and {{narrowed}}
    and not exists (
        select from vectors where vectors.chunk_id = pushed.chunk_id and vectors.model_id = pushed.model_id
    )
    and coalesce(pushed.claimed_at < now() - interval '{LEASE_S} s', true)
"""  # noqa: S608  # nothing in it comes from outside
_CLAIM_GONE = """
with gone as ({gone} order by pushed.namespace, pushed.chunk_id limit :limit for update skip locked)
update pushed_vectors set fingerprint = null, claim_token = :token, claimed_at = now()
from gone
where (pushed_vectors.host, pushed_vectors.namespace, pushed_vectors.chunk_id)
    = (gone.host, gone.namespace, gone.chunk_id)
returning pushed_vectors.namespace, pushed_vectors.chunk_id
"""
_FORGET = text("delete from pushed_vectors where claim_token = :token")
_WAITING = """
select count(*) from ({wanted}) as wanted
left join pushed_vectors as pushed
    on pushed.host = :host and pushed.namespace = :namespace and pushed.chunk_id = wanted.chunk_id
where pushed.fingerprint is distinct from wanted.fingerprint
"""
_OF_ARTICLE = "chunks.article_id = :article"


@dataclass(frozen=True)
class Due:
    """`claimed` are ours to push; `last` is the highest chunk that was looked at, None when no more are due."""

    claimed: Sequence[Row[Any]]
    last: int | None


def claim_due(token: str, article: int | None, *, after: int) -> Due:
    """Some that Pinecone lacks, of the chunks after that one; those that another process pushes are left out."""
    wanted = _WANTED if article is None else f"{_WANTED} and {_OF_ARTICLE}"
    given = {**_place(), "limit": AT_ONCE, "after": after} | _of(article)
    with transaction() as session:
        due = session.execute(text(_DUE.format(wanted=wanted)), given).all()
        if not due:
            return Due((), None)
        asked = {"chunks": [row.chunk_id for row in due], "articles": [row.article_id for row in due]}
        claimed = set(session.scalars(_CLAIM, {**_place(), **asked, "token": token}))
    return Due([row for row in due if row.chunk_id in claimed], due[-1].chunk_id)


def record(token: str, pushed: Sequence[Row[Any]]) -> None:
    """They are in Pinecone as they were read."""
    sent = {"chunks": [row.chunk_id for row in pushed], "fingerprints": [row.fingerprint for row in pushed]}
    with transaction() as session:
        session.execute(_RECORD, {**sent, "token": token})


def release(token: str) -> None:
    """Nothing of it is under way any more."""
    with transaction() as session:
        session.execute(_RELEASE, {"token": token})


def claim_gone(token: str, article: int | None) -> Sequence[Row[Any]]:
    """Namespace and chunk of some that Pinecone holds, or may hold, and that are no more."""
    gone = _GONE.format(narrowed="true" if article is None else "pushed.article_id = :article")
    given = {"host": pinecone_store.host(), "token": token, "limit": pinecone_store.MOST_DELETED}
    with transaction() as session:
        return session.execute(text(_CLAIM_GONE.format(gone=gone)), given | _of(article)).all()


def forget(token: str) -> None:
    """They are not in Pinecone any more."""
    with transaction() as session:
        session.execute(_FORGET, {"token": token})


def waiting() -> int:
    """Vectors that Pinecone lacks, those that somebody is pushing included."""
    with transaction() as session:
        return int(session.scalars(text(_WAITING.format(wanted=_WANTED)), _place()).one())


def _of(article: int | None) -> dict[str, int]:
    return {} if article is None else {"article": article}


def _place() -> dict[str, Any]:
    return {"host": pinecone_store.host(), "namespace": pinecone_store.namespace(), "model_id": model_id()}
