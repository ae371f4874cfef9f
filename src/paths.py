"""Every path of the project, once, relative to the folder that holds ``dvc.yaml``.

Programs are run from that folder (DVC, make and the tests all do), so a path here is the
same name as the one ``dvc.yaml`` and the messages use.
"""

from pathlib import Path

PARAMS = Path("params.yaml")
POINTS = Path("points.yaml")
SOURCES = Path("data/sources")
RAW = Path("data/raw")

INPUTS = Path("data/inputs")
DECLARED = INPUTS / "source.json"

INTERIM = Path("data/interim")
LEADS = INTERIM / "leads.parquet"
OUTCOMES = INTERIM / "outcomes.parquet"
ACTIVITIES = INTERIM / "activities"
CODES = INTERIM / "codes.parquet"
COVERAGE = INTERIM / "coverage.parquet"
REJECTED = INTERIM / "rejected.parquet"
INTAKE = INTERIM / "intake.json"
UNDERSTOOD = INTERIM / "understood.json"
TRUTH = INTERIM / "truth.parquet"
PROTECTED = INTERIM / "protected.parquet"

EXPLICIT = Path("data/features/explicit.parquet")
EXPLICIT_CATALOGUE = Path("data/features/explicit_catalogue.json")
IMPLICIT = Path("data/features/implicit.parquet")
IMPLICIT_CATALOGUE = Path("data/features/implicit_catalogue.json")
TOTALS = Path("data/features/totals.parquet")
TOTALS_CATALOGUE = Path("data/features/totals_catalogue.json")
QUARANTINE = Path("data/features/quarantine.parquet")
AFTER_OUTCOME = Path("data/features/after_outcome.parquet")
AFTER_OUTCOME_CATALOGUE = Path("data/features/after_outcome_catalogue.json")

SCORED = Path("data/scored")

CACHE = Path(".cache")
COMPARISON = Path("metrics/comparison.json")
HEADLINE = Path("metrics/headline.json")
NEWSLETTERS = Path("metrics/newsletters.json")
OBJECTIVES = Path("metrics/objectives.json")
INDEX = Path("reports/index.html")
NOTEBOOKS = Path("notebooks")


def source_file(source: str) -> Path:
    return SOURCES / f"{source}.yaml"


def raw_folder(source: str) -> Path:
    return RAW / source


def processed(objective: str) -> Path:
    return Path("data/processed") / f"{objective}.parquet"


def folds(objective: str) -> Path:
    return Path("data/processed") / f"{objective}.json"


def model_folder(objective: str) -> Path:
    return Path("models") / objective


def current_model_folder(objective: str) -> Path:
    """Return where the model of everything known at the end of the data is: the one that scores open leads."""
    return Path("models") / f"{objective}-current"


def rolling_predictions(objective: str) -> Path:
    return Path("data/processed") / f"{objective}-rolling.parquet"


def rolling(objective: str) -> Path:
    return Path("metrics/rolling") / f"{objective}.json"


def audit(objective: str) -> Path:
    return Path("metrics/audit") / f"{objective}.json"


def predictions(objective: str) -> Path:
    return Path("data/processed") / f"{objective}-predictions.parquet"


def metrics(objective: str) -> Path:
    return Path("metrics") / f"{objective}.json"


def plots(objective: str) -> Path:
    return Path("metrics/plots") / objective


def policy(objective: str, scenario: str) -> Path:
    return Path("metrics/policies") / f"{objective}-{scenario}.json"


def thresholds(objective: str, scenario: str) -> Path:
    return Path("metrics/plots/policies") / f"{objective}-{scenario}.csv"


def weeks(objective: str, scenario: str) -> Path:
    """Return where every policy stands week by week, beside the thresholds."""
    return Path("metrics/plots/policies") / f"{objective}-{scenario}-weeks.csv"


def calls(objective: str, scenario: str) -> Path:
    """Return where the value of more and more calls is, beside the thresholds."""
    return Path("metrics/plots/policies") / f"{objective}-{scenario}-calls.csv"


def explorer(objective: str, scenario: str) -> Path:
    """Return where the table is from which a scenario's page counts its leads again."""
    return Path("data/decisions") / f"{objective}-{scenario}.json"


def decisions(objective: str, scenario: str) -> Path:
    return Path("data/decisions") / f"{objective}-{scenario}.parquet"


def scored(objective: str, scenario: str) -> Path:
    return SCORED / f"{objective}-{scenario}.parquet"


def card(objective: str) -> Path:
    """Return where the model card is written as Markdown; as HTML it stands beside it."""
    return Path("reports") / objective / "card.md"


def report(objective: str, scenario: str) -> Path:
    return Path("reports") / objective / f"{scenario}.html"
