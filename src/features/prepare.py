"""Program: compile the implicit metrics, so that the first run finds them compiled."""

import numpy as np
import pandas as pd

from src.data.tables import ACTIVITY_COLUMNS
from src.features.compiled import compiling
from src.features.implicit import fix_log, measure_group
from src.features.implicit_metrics.base import Log
from src.features.implicit_plan import Plan, plan_metrics
from src.features.implicit_rates import TOTALS
from src.params import load_params
from src.stage import run_stage

KINDS = pd.DataFrame({"column": ["kind"], "code": [0], "value": ["email_sent"]})
"""The codes of the smallest log that has everything compiled."""


def main() -> str:
    coverage = pd.DataFrame({"kind": KINDS["value"], "covered_from": pd.to_datetime([None])})
    plan = plan_metrics(KINDS, coverage, np.zeros(0, np.int64), [], load_params().implicit)
    with compiling(plan.loop):
        run_loop(plan)
    return "the implicit metrics are compiled"


def run_loop(plan: Plan) -> None:
    """Call what is compiled with the types of a log, and nothing in it."""
    lead_key, at = np.zeros(0, np.int32), np.zeros(0, np.int64)
    log = Log(at, *(lead_key for _ in ACTIVITY_COLUMNS[2:]))
    measure_group(lead_key, at, lead_key, log, plan.setup, plan.edges, plan.loop)
    plan.loop.count_emails(*fix_log(lead_key, log), plan.setup, 0, np.zeros((1, len(TOTALS))))


if __name__ == "__main__":
    run_stage(main)
