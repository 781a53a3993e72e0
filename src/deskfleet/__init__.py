"""The way in: the command line and the compositions. The only package that imports every other."""

import os

# Read when numpy is loaded, so before anything else. The products of small matrices that a search or a ticket takes
# wait for one another on several threads: with one, a replayed ticket took 31 ms of processor time instead of 67, and
# the slowest search in a hundred 21 ms instead of 25.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
