"""The implicit metrics: small functions of one lead's activities up to the snapshot.

A metric gets the slice of one lead's activities with ``at <= snapshot``, oldest first, and
nothing else, so it cannot see the future. It writes its values into `out`, one per column that
its entry in `METRICS` describes. To add a metric, write one function and one entry.

The functions are compiled by numba; set ``NUMBA_DISABLE_JIT=1`` to step through them.
"""

from src.features.implicit_metrics.counts import COUNTS
from src.features.implicit_metrics.emails import EMAILS
from src.features.implicit_metrics.visits import VISITS

METRICS = (*COUNTS, *VISITS, *EMAILS)
