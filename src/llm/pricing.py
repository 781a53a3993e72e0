"""What a model call costs, from the tokens that the vendor counted and the table in `prices.toml`."""

import logging
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from importlib import resources

log = logging.getLogger(__name__)

_MILLION = Decimal(1_000_000)
_DATED = re.compile(r"-(\d{8}|\d{4}-\d{2}-\d{2}|latest)$")  # A dated model costs as the undated one.


@dataclass(frozen=True)
class Usage:
    """Tokens of one or more calls. `input_tokens` holds all of the input, cached or not."""

    input_tokens: int = 0
    output_tokens: int = 0
    cache_read: int = 0
    cache_write: int = 0


@dataclass(frozen=True)
class Price:
    """US dollars per million tokens."""

    input: Decimal
    output: Decimal
    cache_read: Decimal
    cache_write: Decimal


def cost(usage: Usage, model: str, *, self_hosted: bool = False) -> Decimal:
    """US dollars. A model that is not in the table costs nothing when self-hosted, else the row `unknown`."""
    price = _price(model, self_hosted=self_hosted)
    fresh = usage.input_tokens - usage.cache_read - usage.cache_write
    return (
        max(fresh, 0) * price.input
        + usage.cache_read * price.cache_read
        + usage.cache_write * price.cache_write
        + usage.output_tokens * price.output
    ) / _MILLION


def worst_cost(input_tokens: int, output_tokens: int, model: str, *, self_hosted: bool = False) -> Decimal:
    """US dollars at most: all of the input new, and written to the cache where that is dearer."""
    price = _price(model, self_hosted=self_hosted)
    return (input_tokens * max(price.input, price.cache_write) + output_tokens * price.output) / _MILLION


def _price(model: str, *, self_hosted: bool) -> Price:
    table = _table()
    if found := table.get(_DATED.sub("", model)):
        return found
    if self_hosted:
        return table["self_hosted"]
    _warn_of_unknown(model)
    return table["unknown"]


@lru_cache(maxsize=100)
def _warn_of_unknown(model: str) -> None:
    """Once for each model: the cache remembers which."""
    log.warning("no price is known for the model %s: counted at the highest known price", model)


@lru_cache(maxsize=1)
def _table() -> Mapping[str, Price]:
    text = resources.files("llm").joinpath("prices.toml").read_text()
    rows = tomllib.loads(text, parse_float=Decimal)
    return {
        name: Price(**{kind: Decimal(value) for kind, value in row.items()}) for name, row in rows.items()
    }
