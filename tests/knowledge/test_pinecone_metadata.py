"""What Pinecone is told of an article, and the filters over it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from knowledge.pinecone_metadata import condition, metadata, safe_name
from knowledge.vector_store import Audience, Filters, Kind
from tests.stubs.pinecone_filters import matches

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
_moments = st.floats(-2e9, 2e11).map(
    lambda seconds: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
_names = st.text(max_size=300)


def test_a_name_that_is_a_text_is_hashed() -> None:
    known = metadata(
        audience="public", product="p" * 100_000, category="c" * 200, kind="article",
        updated_at=NOON, valid_from=None, valid_until=None,
    )  # fmt: skip
    assert len(str(known["product"])) == 64
    assert known["category"] == "c" * 200
    assert condition(Filters(product="p" * 100_000), at=NOON)["product"] == {"$eq": known["product"]}


def test_the_id_of_a_model_becomes_part_of_a_name() -> None:
    assert safe_name("all-MiniLM-L6-v2/int8") == "all-MiniLM-L6-v2-int8"
    assert safe_name("texte à 3 ☂") == "texte-3-"


@given(
    audience=st.sampled_from(["public", "internal"]), product=_names, asked=_names, kind=st.sampled_from(Kind),
    updated=_moments, start=st.none() | _moments, end=st.none() | _moments, at=_moments,
)  # fmt: skip
def test_what_the_filters_let_pass_is_what_they_say(
    *,
    audience: str,
    product: str,
    asked: str,
    kind: Kind,
    updated: datetime,
    start: datetime | None,
    end: datetime | None,
    at: datetime,
) -> None:
    known = metadata(
        audience=audience, product=product, category="", kind=kind.value,
        updated_at=updated, valid_from=start, valid_until=end,
    )  # fmt: skip
    valid = (start is None or start <= at) and (end is None or end > at)
    assert matches(condition(Filters(audience=Audience.INTERNAL), at=at), known) is valid
    assert matches(condition(Filters(), at=at), known) is (valid and audience == "public")
    everybody = Filters(audience=Audience.INTERNAL)
    assert matches(condition(replace(everybody, product=asked), at=at), known) is (valid and product == asked)
    assert matches(condition(replace(everybody, product=product), at=at), known) is valid
    since = replace(everybody, updated_since=at, kind=Kind.LEARNED)
    assert matches(condition(since, at=at), known) is (valid and updated >= at and kind is Kind.LEARNED)
