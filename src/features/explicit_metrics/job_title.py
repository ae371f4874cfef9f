"""What a job title says: how senior the lead is and what it works on."""

import re

import pandas as pd

from src.features.explicit_metrics.rules import find_rule, load_rules
from src.features.explicit_metrics.text import fold_text
from src.features.explicit_metrics.values import list_metrics, map_distinct, mark_given

INITIALS = re.compile(r"\b(\w{1,2})\.\s?(?=\w{1,2}(?:\.|$))")

METRICS = list_metrics(
    "job title",
    [
        ("has_job_title", "number", "yes/no", "The lead told its job title.", "job_title"),
        (
            "job_seniority",
            "category",
            "student, staff, specialist, manager, director, executive, owner",
            "How senior the job is (rules/seniority.yaml).",
            "job_title",
        ),
        (
            "job_function",
            "category",
            "name",
            "What the job is about (rules/job_function.yaml).",
            "job_title",
        ),
    ],
)


def measure_job_title(leads: pd.DataFrame) -> pd.DataFrame:
    """Return the job title metrics of `leads`."""
    title = leads["job_title"]
    return pd.DataFrame(
        {
            "has_job_title": mark_given(title),
            "job_seniority": map_distinct(title, find_seniority),
            "job_function": map_distinct(title, find_function),
        }
    )


def find_seniority(text: str) -> str | None:
    """Return how senior a job title is, missing where no rule knows it.

    >>> find_seniority("Directora Comercial"), find_seniority("Jefe/a de compras"), find_seniority("?")
    ('director', 'manager', None)
    """
    return find_rule(load_rules("seniority"), simplify_title(text))


def find_function(text: str) -> str | None:
    """Return what a job title is about, missing where no rule knows it.

    >>> find_function("Head of Sales"), find_function("Resp. RR.HH.")
    ('sales', 'HR')
    """
    return find_rule(load_rules("job_function"), simplify_title(text))


def simplify_title(text: str) -> str:
    """Return a folded title without full stops; initials are joined.

    >>> simplify_title("Resp.RR.HH."), simplify_title("C.E.O.")
    ('resp rrhh', 'ceo')
    """
    joined = INITIALS.sub(r"\1", fold_text(text))
    return " ".join(joined.replace(".", " ").split())
