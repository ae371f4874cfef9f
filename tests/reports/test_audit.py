import pytest

from src.reports import language
from src.reports.audit import show_audit
from tests.reports.test_model import read


def make_metric(name, verdict="keep", **values):
    metric = {"name": name, "column": name, "known": "creation", "is_used": True, "verdict": verdict, "auc": 0.6}
    reasons = [] if verdict == "keep" else ["it shows", "it tells"]
    return metric | {"missing_auc": 0.57, "share_missing": 0.2, "reasons": reasons} | values


def make_audit(*metrics, accepted=(), **figures):
    columns = [
        metric | {"is_accepted": metric["name"] in accepted} for metric in metrics if metric["column"] != "several"
    ]
    return {"columns": columns, "metrics": list(metrics), "figures": {"suspects": []} | figures}


def show(audit):
    return read(show_audit({"is_applicable": True, "audit": audit})).replace("\u2068", "").replace("\u2069", "")


FIGURES = {
    "suspects": ["lead_quality"],
    "with": {"roc_auc": 0.95, "log_loss": 0.3},
    "without": {"roc_auc": 0.8, "log_loss": 0.5},
    "gains": {"lead_quality": 0.0523},
}


def test_nothing_suspicious_is_said_first():
    """Check the verdict where nothing is found, and a row without a value that was not measured."""
    text = show(make_audit(make_metric("city", missing_auc=None, share_missing=None)))
    assert "<p>Nothing here looks like a leak: of 1 metrics none shows" in text
    assert '<th scope="row">city</th>' in text
    assert "logistic regression" not in text


def test_refused_and_suspect_columns_are_named():
    """Check the refused one in the verdict, the suspect after it, the figures, the gain and the reasons."""
    refused, suspect = make_metric("tags", "refuse"), make_metric("lead_quality", "suspect", auc=0.78)
    text = show(make_audit(refused, suspect, make_metric("city"), **FIGURES))
    assert "<p>These columns know too much: tags.</p>" in text
    assert "Less sure, but worth asking about: lead quality." in text
    assert "ROC-AUC 0.950 and log loss 0.300 with all metrics and ROC-AUC 0.800 and log loss 0.500 without" in text
    cells = '<td class="text">when a lead comes in</td><td>0.780</td><td>0.570</td><td>0.052</td>'
    assert f'lead_quality</th>{cells}<td class="text">Suspect</td><td class="text">it shows; it tells</td>' in text
    assert '<tr class="marked"><th scope="row">tags</th>' in text


def test_suspects_alone_are_no_accusation():
    """Check that without a refused column the verdict is a "may", also of a metric of several columns."""
    derived = make_metric("count_fields", "suspect", column="several")
    text = show(make_audit(make_metric("city", "suspect"), derived, **FIGURES))
    assert "<p>These columns may know too much: city, count fields.</p>" in text


def test_accepted_and_kept_out_are_told_apart():
    """Check that an accepted column is named as such, and that what is not used is no suspect."""
    accepted = make_metric("tags", "refuse")
    kept_out = make_metric("stage", "refuse", is_used=False, known="after_outcome")
    text = show(make_audit(accepted, kept_out, make_metric("owner", is_used=False), accepted=["tags"]))
    assert "Used because params.yaml accepts them by name: tags." in text
    assert "never used: stage, owner. By itself the audit finds 1 of these 2." in text
    assert ">Refuse (accepted)<" in text
    assert ">Refuse (not used)<" in text


def test_names_from_the_data_are_escaped():
    """Check that a column cannot write into the page."""
    text = show(make_audit(make_metric("<b>x</b>", "suspect", reasons=["it has the values of <i>y</i>"]), **FIGURES))
    assert "<b>x" not in text
    assert "<i>y" not in text


@pytest.mark.parametrize(
    ("audit", "said"), [({"columns": [], "metrics": [], "figures": {"suspects": []}}, "too short to say")]
)
def test_short_history_is_said(audit, said):
    """Check what is said where nothing could be measured."""
    assert said in show(audit)


def test_only_the_most_suspicious_are_shown():
    """Check that of thirty metrics twenty have a row."""
    assert show(make_audit(*(make_metric(f"metric{n}") for n in range(30)))).count('<th scope="row">') == 20


def test_reasons_and_times_are_said_in_the_language_of_the_page():
    """Check that what the audit wrote in English is translated, and a reason that nobody knows stays."""
    reasons = ["99\u00a0% of its dates lie after the lead came in", "it shows"]
    language.use_language("es")
    try:
        text = show(make_audit(make_metric("tags", "suspect", known="later", reasons=reasons), **FIGURES))
    finally:
        language.use_language("en")
    assert '<td class="text">más tarde</td>' in text
    assert "el 99 % de sus fechas es posterior a la entrada del lead; it shows</td>" in text
