import time

import pytest

from ingestion.mail.words import decode_words


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("=?utf-8?q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        ("=?ISO-8859-1?Q?Gr=FC=DFe?= an alle", "Grüße an alle"),
        ("=?utf-8?b?R3LDvA==?= =?utf-8?b?w59l?=", "Grüße"),
        ("=?utf-8?b?R3LD?= =?utf-8?b?vMOfZQ==?=", "Grüße"),  # A letter cut in two.
        ("=?utf-8?b?R3LDvA?=", "Grü"),
        ("=?utf-8*de?q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        ("=?nonsense?q?caf=E9?=", "café"),
        ("=?utf-8?b?!!!!?=", ""),
        ("=?utf-8?b??=", ""),
        ("=?utf-8?q?Where is it?_Today??=", "Where is it? Today?"),
        ("Re: =?utf-8?q?caf=C3=A9?=now", "Re: cafénow"),
        ("=?iso-2022-jp?B?GyRCQ21KOBsoQg==?=", "注文"),
        ("plain =?utf-8?q?half", "plain =?utf-8?q?half"),
    ],
)
def test_encoded_words_are_decoded_also_broken_ones(value: str, text: str) -> None:
    assert decode_words(value) == text


def test_hostile_words_are_read_in_little_time() -> None:
    started = time.perf_counter()
    decode_words("=?utf-8?q?a" * 2_000)
    decode_words("=?" * 10_000)
    assert time.perf_counter() - started < 10
