import csv
import io

import pandas as pd
import pytest

from src.scoring.export import Forms, load_forms, write_import
from src.scoring.lists import COLUMNS

ROWS = [
    {"lead_id": "101", "route": "sales", "probability": 0.585, "fit_grade": "A", "engagement_grade": "1"},
    {"lead_id": "102", "route": "nurture", "probability": 0.004, "reasons_for": 'asked for "a quote", twice'},
    {"lead_id": "103", "route": "quarantine", "reasons": "gibberish name"},
]
TEXTS = ("lead_id", "route", "fit_grade", "engagement_grade", "reasons_for", "reasons_against", "reasons")


@pytest.fixture
def scores():
    rows = pd.DataFrame(ROWS).reindex(columns=list(COLUMNS)).astype(dict.fromkeys(TEXTS, "str"))
    return rows.assign(snapshot_at=pd.Timestamp("2026-07-31 23:30"))


@pytest.mark.parametrize(
    ("crm", "header"),
    [
        ("hubspot", ["Record ID", "lead_score", "lead_grade", "lead_route", "lead_reasons", "lead_scored_on"]),
        (
            "salesforce",
            ["Id", "Lead_Score__c", "Lead_Grade__c", "Lead_Route__c", "Lead_Reasons__c", "Lead_Scored_On__c"],
        ),
        ("odoo", [".id", "x_lead_score", "x_lead_grade", "x_lead_route", "x_lead_reasons", "x_lead_scored_on"]),
        ("mautic", ["lead_id", "lead_score", "lead_grade", "lead_route", "lead_reasons", "lead_scored_on"]),
    ],
)
def test_each_import_has_its_own_columns_and_the_same_leads(scores, crm, header):
    """Check all cells: hundredths, no score for spam, quotes in reasons, and the day in Madrid."""
    read = list(csv.reader(io.StringIO(write_import(scores, getattr(load_forms(), crm), "Europe/Madrid"))))
    assert read == [
        header,
        ["101", "58", "A1", "sales", "", "2026-08-01"],
        ["102", "0", "", "nurture", 'asked for "a quote", twice', "2026-08-01"],
        ["103", "", "", "quarantine", "gibberish name", "2026-08-01"],
    ]


def test_a_form_is_there_for_each_crm_that_can_be_named():
    assert set(Forms.model_fields) == {"hubspot", "salesforce", "odoo", "mautic"}
