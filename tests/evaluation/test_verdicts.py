import pytest

from src.evaluation.verdicts import find_outliers, find_signs, judge, say_reasons
from src.params import load_params


@pytest.fixture(scope="module")
def limits():
    return load_params().audit.model_copy(
        update={
            "told_auc": 0.6,
            "suspect_auc": 0.85,
            "refuse_auc": 0.9,
            "outlier": 3.5,
            "missing_auc": 0.56,
            "emptier": 0.25,
            "suspect_certain": 0.1,
            "refuse_certain": 0.5,
            "future": 0.05,
            "unexplained": 0.2,
            "growth_auc": 0.65,
        }
    )


def make_figures(**values):
    """Return the figures of a column that shows no sign, but for the given ones."""
    figures = {"auc": 0.7, "auc_low": 0.68, "outlier": 2.0, "certain": 0.0, "is_counted_up": False, "twin": None}
    figures |= {"known": "creation", "missing_auc": 0.52, "missing_auc_low": 0.5, "filled_older": 0.9}
    figures |= {"filled_newest": 0.8, "unexplained": 0.0, "growth": 0.5, "future": 0.0, "has_forms": True}
    figures |= {"within_time_auc_low": 0.62}
    return figures | values


TWIN = {"other": "first_touch", "share_different": 0.3, "rate_different": 0.2, "rate_equal": 0.5}


@pytest.mark.parametrize(
    ("values", "signs"),
    [
        ({}, []),
        ({"auc_low": 0.86, "outlier": 4.0}, ["too_good"]),
        ({"auc_low": 0.86, "outlier": 3.0}, []),
        ({"auc_low": 0.84, "outlier": 9.0}, []),
        ({"certain": 0.1}, ["certain"]),
        ({"is_counted_up": True}, ["counted_up"]),
        ({"is_counted_up": True, "auc_low": 0.55}, []),
        ({"unexplained": 0.3}, ["unexplained"]),
        ({"twin": TWIN}, ["twin"]),
        ({"missing_auc_low": 0.57}, ["missing"]),
        ({"filled_newest": 0.4}, ["emptier"]),
        ({"filled_newest": 0.5}, []),
        ({"filled_older": 0.3, "filled_newest": 0.1}, []),
        ({"growth": 0.7}, ["growth"]),
        ({"growth": 0.7, "within_time_auc_low": 0.5}, []),
        ({"known": "later"}, ["later"]),
        ({"known": "later", "auc_low": 0.5}, []),
        ({"future": 0.9}, ["future"]),
    ],
)
def test_each_sign_has_its_limit(values, signs, limits):
    """Check each sign beside its limits, and that a figure that tells nothing of the outcome is none."""
    assert find_signs(make_figures(**values), limits) == signs


@pytest.mark.parametrize(
    ("values", "signs", "verdict"),
    [
        ({}, [], "keep"),
        ({"auc_low": 0.87}, ["too_good"], "suspect"),
        ({"auc_low": 0.91}, ["too_good"], "refuse"),
        ({"auc_low": 0.91}, ["missing"], "suspect"),
        ({"certain": 0.4}, ["certain"], "suspect"),
        ({"certain": 0.5}, ["certain"], "refuse"),
        ({}, ["future"], "refuse"),
        ({"auc_low": 0.5}, ["future"], "suspect"),
    ],
)
def test_verdict_is_as_grave_as_the_signs(values, signs, verdict, limits):
    """Check that only near certainty refuses, and nothing where the column is not the one to blame."""
    figures = make_figures(signs=signs, **values)
    assert judge(figures, limits, can_refuse=True) == verdict
    assert judge(figures, limits, can_refuse=False) == ("suspect" if signs else "keep")


AUCS = [0.5, 0.6, 0.7, 0.8, 0.9, 0.5, 0.3]


def test_outlier_is_far_from_the_median_in_its_deviations():
    """Check that with deviations 0, .1, .1, .2, .3 from the median .6 the highest is .3 / (1.4826 x .1)."""
    assert find_outliers(AUCS, AUCS)[4] == pytest.approx(0.3 / 0.14826)
    assert find_outliers([0.5, 0.5, 0.5, 0.54], [0.5, 0.5, 0.5, 0.54]) == pytest.approx([0, 0, 0, 2])


def test_what_may_not_be_used_is_compared_but_compares_nothing():
    """Check that columns declared away leave the median at .5, and that with none usable nothing is an outlier."""
    assert find_outliers([0.5, 0.54, 0.9, 0.9, 0.9], [0.5, 0.5, 0.54]) == pytest.approx([0, 2, 20, 20, 20])
    assert find_outliers([0.9, 0.5], []) == [0, 0]


def test_reasons_say_what_was_found():
    """Check that each sign has its sentence, with the figures it is about."""
    figures = make_figures(signs=["certain", "twin", "missing", "emptier"], certain=0.25, twin=TWIN, missing_auc=0.61)
    assert [reason.replace("\u00a0", " ") for reason in say_reasons(figures)] == [
        "25 % of the conversions have values with which nearly all leads convert",
        "it has the values of first_touch but differs on 30 % of the leads, of which 20 % convert and of the rest "
        "50 %: one of the two is kept up to date",
        "whether it is filled in tells by itself who converts even among leads of one form (AUC 0.61)",
        "filled in for 90 % of older leads and 80 % of the newest",
    ]


def test_every_sign_can_be_said(limits):
    """Check that no sign is without words, also of a metric of the log, which has few figures."""
    of_log = {name: make_figures()[name] for name in ("auc", "auc_low", "outlier", "certain", "is_counted_up", "twin")}
    of_log |= {"known": "as of each snapshot", "certain": 0.2}
    signs = find_signs(of_log, limits)
    assert signs == ["certain"]
    assert len(say_reasons(of_log | {"signs": [*signs, "too_good", "stronger"]})) == 3
    every = ["future", "counted_up", "unexplained", "growth", "later"]
    assert len(say_reasons(make_figures(signs=every))) == 5
