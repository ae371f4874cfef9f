"""What the made worlds are also predicted by: libraries as they come, fitted on the same rows."""

from collections.abc import Callable

import lightgbm
import numpy as np
import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from src.features.catalogue import Metric
from src.models.candidates import fit_naive_bayes
from src.models.measures import to_probability

Predict = Callable[[pd.DataFrame], np.ndarray]


def fit_base_rate(features: pd.DataFrame, label: np.ndarray) -> Predict:
    return lambda later: np.full(len(later), label.mean())


def fit_logistic(features: pd.DataFrame, label: np.ndarray) -> Predict:
    """Return scikit-learn's logistic regression on standardised numbers and a column a value."""
    numbers = make_pipeline(SimpleImputer(add_indicator=True, keep_empty_features=True), StandardScaler())
    columns = make_column_transformer(
        (numbers, make_column_selector(dtype_include="number")),
        (OneHotEncoder(handle_unknown="ignore"), make_column_selector(dtype_exclude="number")),
    )
    model = make_pipeline(columns, LogisticRegression(max_iter=2_000)).fit(features, label)
    return lambda later: model.predict_proba(later)[:, 1]


def fit_histogram_boosting(features: pd.DataFrame, label: np.ndarray) -> Predict:
    """Return scikit-learn's histogram boosting; categories are codes of their most frequent values."""
    columns = make_column_transformer(
        (
            OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan, max_categories=200),
            make_column_selector(dtype_exclude="number"),
        ),
        remainder="passthrough",
    )
    categories = list(range(features.select_dtypes(exclude="number").shape[1]))
    boosting = HistGradientBoostingClassifier(categorical_features=categories, random_state=0)
    model = make_pipeline(columns, boosting).fit(features, label)
    return lambda later: model.predict_proba(later)[:, 1]


def fit_trees(features: pd.DataFrame, label: np.ndarray, **options: object) -> Predict:
    """Return LightGBM as it comes but for the `options`."""
    levels = {name: features[name].unique() for name in features.select_dtypes(exclude="number")}

    def prepare(rows: pd.DataFrame) -> pd.DataFrame:
        return rows.assign(**{name: pd.Categorical(rows[name], values) for name, values in levels.items()})

    model = lightgbm.LGBMClassifier(n_jobs=1, random_state=0, verbosity=-1, deterministic=True, **options)
    model.fit(prepare(features), label)
    return lambda later: model.predict_proba(prepare(later))[:, 1]


def fit_lightgbm(features: pd.DataFrame, label: np.ndarray) -> Predict:
    return fit_trees(features, label)


def fit_small_trees(features: pd.DataFrame, label: np.ndarray) -> Predict:
    return fit_trees(features, label, num_leaves=4, n_estimators=150, learning_rate=0.05, min_child_samples=30)


def fit_bayes(features: pd.DataFrame, label: np.ndarray) -> Predict:
    """Return naive Bayes on frequencies, as CRM systems have it."""
    catalogue = [make_metric(features, name) for name in features]
    rows = features.assign(lead_id=np.arange(len(features)).astype(str))
    model = fit_naive_bayes(rows, label, catalogue, min_leads=1)
    return lambda later: to_probability(model.predict(later))


def make_metric(features: pd.DataFrame, name: str) -> Metric:
    type_ = "number" if pd.api.types.is_numeric_dtype(features[name]) else "category"
    return Metric(name, "explicit", "own columns", type_, "", "", name)


PEERS: dict[str, Callable[[pd.DataFrame, np.ndarray], Predict]] = {
    "base_rate": fit_base_rate,
    "naive_bayes": fit_bayes,
    "logistic": fit_logistic,
    "histogram_boosting": fit_histogram_boosting,
    "lightgbm": fit_lightgbm,
    "small_trees": fit_small_trees,
}
