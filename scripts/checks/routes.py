"""The paths that the product answers, for what lets requests in."""

from collections.abc import Iterable
from functools import lru_cache

from starlette.routing import BaseRoute

from deskfleet.web import create_app


@lru_cache(maxsize=1)
def paths_of_the_product() -> tuple[str, ...]:
    return tuple(sorted(set(_paths(create_app().routes))))


def _paths(routes: Iterable[BaseRoute], prefix: str = "") -> Iterable[str]:
    """A router that is included keeps its own routes, and its prefix beside them."""
    for route in routes:
        if path := getattr(route, "path", ""):
            yield prefix + path
        elif inner := getattr(route, "original_router", None):
            context = getattr(route, "include_context", None)
            yield from _paths(inner.routes, prefix + getattr(context, "prefix", ""))
