"""How all tests run, and a small made history that several rooms learn from."""

import signal
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, settings

from src.features.catalogue import Metric
from src.models.encoding import AGE
from src.params import Model

# How long an example takes tells how busy the machine is. Whatever else hypothesis chose stays: where CI is set, it
# draws the same examples every time.
settings.register_profile("patient", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

# A shell that starts the tests in the background has them ignore Ctrl-C, and so all that they start.
signal.signal(signal.SIGINT, signal.default_int_handler)

CHAIN = "tests/pipeline/test_chain.py"
NOTEBOOKS = "tests/pipeline/test_notebooks.py"
SLOW = (
    "tests/pipeline/test_public_sources.py",
    "tests/pipeline/test_walks.py",
    "tests/features/test_implicit",
    "tests/evaluation/",
    "tests/data/sample/",
    "tests/features/test_compiled.py",
    "tests/pipeline/test_names.py",
    "tests/browser/",
    "tests/pipeline/test_order.py",
    CHAIN,
    "tests/pipeline/test_experiments.py",
    NOTEBOOKS,
)
"""What takes long; all other tests come before, and tell within seconds what is broken."""

CATALOGUE = [
    AGE,
    Metric("budget", "explicit", "form", "number", "euros", "What the lead can spend.", "budget"),
    Metric("colour", "explicit", "form", "category", "name", "What the lead likes.", "colour"),
    Metric("visits", "implicit", "counts", "number", "visits", "How often the lead came.", "page_viewed"),
]
EFFECTS = {"red": 1.0, "blue": -1.0, "green": 0.0}
HORIZON = pd.Timedelta(days=10)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put fast tests first; of several workers (xdist) one begins with the whole chain, on which others will wait."""
    has_workers = hasattr(config, "workerinput")
    items.sort(key=lambda item: 0 if has_workers and item.nodeid.startswith(CHAIN) else rank_file(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Deal out tests to the workers in their order, by `name_group`; xdist's own groups do nothing under pytest 9.2."""
    from xdist.scheduler import LoadScopeScheduling

    class GroupScheduling(LoadScopeScheduling):
        _split_scope = staticmethod(name_group)

    config.option.loadscopereorder = False
    return GroupScheduling(config, log)


def name_group(nodeid: str) -> str:
    """Return what stays on one worker: a file, or all that share the browser; notebooks share no more than the run."""
    if nodeid.startswith(NOTEBOOKS):
        return nodeid
    return "browser" if nodeid.startswith("tests/browser/") else nodeid.partition("::")[0]


def rank_file(nodeid: str) -> int:
    """Return 1 for a fast test, more for a slow one."""
    return next((rank for rank, start in enumerate(SLOW, 2) if nodeid.startswith(start)), 1)


def draw_history(leads: int, seed: int, signal: float = 1.0) -> pd.DataFrame:
    """Return two snapshots a lead, at once and after a week, with labels that follow the features.

    Leads come six hours apart. One budget in five is missing, and one colour in ten.
    """
    generator = np.random.default_rng(seed)
    lead = np.repeat(np.arange(leads), 2)
    age_days = np.tile([0.0, 7.0], leads)
    created_at = pd.Series(pd.Timestamp("2026-01-01") + pd.to_timedelta(6 * lead, unit="h")).astype("datetime64[us]")
    snapshot_at = created_at + pd.to_timedelta(age_days, unit="D")
    budget = np.repeat(generator.exponential(10, leads), 2)
    colour = np.repeat(generator.choice([*EFFECTS], leads), 2)
    visits = np.round(generator.exponential(3, 2 * leads))
    z = -1.0 + signal * (0.08 * (budget - 10) + pd.Series(colour).map(EFFECTS).to_numpy() + 0.3 * (visits - 3))
    rows = pd.DataFrame({"lead_id": [f"lead{n:04d}" for n in lead], "sequence": lead, "created_at": created_at})
    rows["person"] = [f"person{n // 2:04d}" for n in lead]
    rows["snapshot_at"], rows["age"], rows["age_days"] = snapshot_at, np.tile(["0h", "7d"], leads), age_days
    rows["label"] = (generator.random(2 * leads) < 1 / (1 + np.exp(-z))).astype(float)
    rows["is_mature"], rows["label_known_at"], rows["is_quarantined"] = True, snapshot_at + HORIZON, False
    rows["budget"] = np.where(np.repeat(generator.random(leads) < 0.2, 2), np.nan, budget)
    rows["colour"] = pd.Series(colour).mask(np.repeat(generator.random(leads) < 0.1, 2)).astype("str")
    rows["visits"] = visits
    return rows


@pytest.fixture(scope="session")
def make_history() -> Callable[..., pd.DataFrame]:
    return draw_history


@pytest.fixture(scope="session")
def catalogue() -> list[Metric]:
    return CATALOGUE


@pytest.fixture(scope="session")
def model_params() -> Model:
    """Parameters with which everything is fitted in a moment, on one thread."""
    boosting = {
        "search": [{"num_leaves": 4, "min_data_in_leaf": 10}],
        "learning_rate": 0.2,
        "lambda_l2": 1.0,
        "feature_fraction": 0.9,
        "max_rounds": 30,
    }
    points = [
        {"metric": "visits", "at_least": 4, "points": 5},
        {"metric": "colour", "equals": "red", "points": 10},
        {"metric": "not_in_this_source", "at_least": 1, "points": 50},
    ]
    values = {"seed": 7, "threads": 1, "min_category_leads": 5, "refits": 5, "boosting": boosting}
    values |= {"min_forward_conversions": 20, "points": points}
    return Model.model_validate(values | {"logistic": {"prior_variance": 5.0}})
