"""The interpreter's collector of garbage, told once what stays: every long-running process calls it at its start."""

import gc

# A look through the young objects for so many new ones. The default of 700 is reached several times a request.
_YOUNG = 10_000


def settle() -> None:
    """All that is loaded now lives as long as the process: it is never looked through again.

    Each full collection would walk the hundreds of thousands of objects of the libraries, a tenth of the time of a
    request (measured); frozen pages also stay shared after a fork.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, 20, 20)
