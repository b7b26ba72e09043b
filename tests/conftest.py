"""One thread of linear algebra a test process: pytest -n 2 runs a process on each of two cores, and threads beyond them only wait.

Tests of determinism set numbers of their own.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")   # read when numpy is loaded, which is after this
