"""Model files are checked before they are used: their types, their numbers, and trees before LightGBM sees them.

LightGBM does not check what it reads: a text that is cut off ends the process. A slope of NaN would call nobody, a
negative one everybody.
"""

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError

from src.stage import InputError
from src.strict import NotNegative, NotNegativeCount, Positive, Strict

DAMAGED = "run `dvc repro`, which trains the model again"
"""The remedy."""


class LinearColumns(Strict):
    means: dict[str, float]
    scales: dict[str, Positive]
    compressed: list[str]
    missing: list[str]
    levels: dict[str, list[str]]


class TreeColumns(Strict):
    numbers: list[str]
    levels: dict[str, list[str]]


class BaseRate(Strict):
    log_odds: float


class Newest(BaseRate):
    slope: NotNegative
    usual: float


class Points(BaseRate):
    slope: NotNegative
    points: list[dict[str, Any]]


class NaiveBayes(BaseRate):
    slope: NotNegative
    cuts: dict[str, list[float]]
    levels: dict[str, list[str]]
    weights: dict[str, list[float]]


class Logistic(Strict):
    encoding: LinearColumns
    intercept: float
    coefficients: list[float]


class Boosting(Strict):
    encoding: TreeColumns


class Average(Strict):
    weight: Annotated[float, Field(gt=0, lt=1)]
    logistic: Logistic
    boosting: Boosting


class Calibration(Strict):
    kind: Literal["none", "temperature"]
    intercept: float
    slope: Positive


class Feature(Strict):
    name: str
    kind: Literal["explicit", "implicit"]
    group: str
    type: Literal["number", "category"]
    unit: str
    meaning: str
    origin: str


class UsualLead(Strict):
    means: dict[str, float]
    cuts: dict[str, dict[str, list[float]]]
    levels: dict[str, list[str]]


class ModelFile(Strict):
    source: str
    applicable: Literal[True]
    family: str
    made_of: dict[str, Any]
    calibrator: Calibration
    catalogue: list[Feature]
    max_age_days: NotNegative
    rounds: NotNegativeCount
    recentring: float
    usual: UsualLead


class RefitsFile(Strict):
    parts: Annotated[int, Field(ge=1)]
    form_errors: dict[str, NotNegative]
    calibrators: Annotated[list[Calibration], Field(min_length=2)]
    encoding: LinearColumns | None = None
    lines: list[list[float]] | None = None
    made_of: list[dict[str, Any]] | None = None


FAMILY_FILES: dict[str, type[Strict]] = {
    "base_rate": BaseRate,
    "newest": Newest,
    "points": Points,
    "naive_bayes": NaiveBayes,
    "logistic": Logistic,
    "boosting": Boosting,
    "average": Average,
}


def read_object(path: Path) -> dict[str, Any]:
    """Return what a JSON file of a model holds, or one error that names the file."""
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    # ValueError: no JSON, or text that is not UTF-8.
    except ValueError as error:
        raise InputError("damaged_model", f"it is no JSON ({error}); {DAMAGED}", path) from None
    except FileNotFoundError:
        raise InputError("damaged_model", f"the model's file is missing; {DAMAGED}", path) from None
    if not isinstance(value, dict):
        raise InputError("damaged_model", f"it holds no object; {DAMAGED}", path)
    return value


def check_object(schema: type[Strict], value: Any, path: Path) -> None:
    """Raise an error that names the first key of the `value` that is not as the `schema` says."""
    try:
        schema.model_validate(value)
    except ValidationError as error:
        fault = error.errors()[0]
        key = ".".join(str(part) for part in fault["loc"]) or "(the whole file)"
        raise InputError("damaged_model", f"{key}: {fault['msg']}; {DAMAGED}", path) from None


def check_family(family: str, made_of: Any, path: Path) -> None:
    """Raise an error unless a candidate of the `family` can be made of these values."""
    if family not in FAMILY_FILES:
        raise InputError("damaged_model", f"there is no family {family!r}; {DAMAGED}", path)
    check_object(FAMILY_FILES[family], made_of, path)
    linear = {"logistic": made_of, "average": made_of.get("logistic")}.get(family)
    if linear is not None:
        check_length(linear["encoding"], linear["coefficients"], path)


def check_length(encoding: dict[str, Any], coefficients: list[float], path: Path) -> None:
    """Raise an error unless a regression has one coefficient a column, and a scale for every mean."""
    columns = len(encoding["means"]) + len(encoding["missing"]) + sum(map(len, encoding["levels"].values()))
    if len(coefficients) != columns or set(encoding["means"]) != set(encoding["scales"]):
        raise InputError(
            "damaged_model", f"{len(coefficients)} coefficients do not fit {columns} columns; {DAMAGED}", path
        )


def check_trees(text: str, features: int, path: Path) -> None:
    """Raise an error unless a LightGBM text is whole and its trees refer to themselves and to known columns only."""
    head, _, rest = text.partition("\nTree=0\n")
    fields = read_fields(head)
    try:
        sizes = [int(size) for size in fields["tree_sizes"].split()]
        is_whole = head.startswith("tree\n") and int(fields["max_feature_idx"]) == features - 1
        blocks = split_trees(("Tree=0\n" + rest if sizes else rest), sizes)
        is_whole &= all(is_tree(number, block, features) for number, block in enumerate(blocks))
    except (KeyError, ValueError, IndexError):
        is_whole = False
    if not is_whole:
        raise InputError("damaged_model", f"its trees are not whole; {DAMAGED}", path)


def split_trees(text: str, sizes: list[int]) -> list[str]:
    """Return the text of each tree, whose sizes in bytes the head says; ValueError where the end is not there."""
    data, blocks, start = text.encode("utf-8"), [], 0
    for size in sizes:
        blocks.append(data[start : start + size].decode("utf-8"))
        start += size
    if not data[start:].lstrip(b"\n").startswith(b"end of trees"):
        raise ValueError("the trees do not end where they should")
    return blocks


def read_fields(block: str) -> dict[str, str]:
    return dict(line.split("=", 1) for line in block.split("\n") if "=" in line)


def is_tree(number: int, block: str, features: int) -> bool:
    """Say whether a tree has all its nodes, each on a known column and with children that there are."""
    fields = read_fields(block)
    leaves, categories = int(fields["num_leaves"]), int(fields["num_cat"])
    values = [float(value) for value in fields["leaf_value"].split()]
    is_whole = fields["Tree"] == str(number) and len(values) == leaves
    is_whole &= all(abs(value) < float("inf") for value in values)
    if not is_whole or leaves < 2:
        return is_whole
    splits = {name: fields[name].split() for name in ("split_feature", "threshold", "decision_type")}
    children = [int(child) for side in ("left_child", "right_child") for child in fields[side].split()]
    is_whole &= all(len(part) == leaves - 1 for part in splits.values()) and len(children) == 2 * (leaves - 1)
    is_whole &= all(0 <= int(feature) < features for feature in splits["split_feature"])
    # Every node but the first, and every leaf, is the child of one node.
    is_whole &= sorted(children) == sorted([*range(-leaves, 0), *range(1, leaves - 1)])
    if categories:
        ends = [int(end) for end in fields["cat_boundaries"].split()]
        is_whole &= len(ends) == categories + 1 and ends == sorted(ends)
        is_whole &= ends[-1] == len(fields["cat_threshold"].split())
    return is_whole
