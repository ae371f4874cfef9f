import json
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from src import paths
from src.data.sources import Objective, load_source
from src.evaluation import newsletters
from src.evaluation.newsletters import (
    ACTIONS,
    count_newsletter_months,
    decide_emails,
    list_emails,
    name_emails,
    summarise_list,
    summarise_rate,
)
from src.features.implicit import Part
from src.features.implicit_metrics.base import Log, Setup
from src.features.implicit_plan import build_setup
from src.files import write_table
from src.params import load_params

SECOND = 1_000_000
HOUR = 3600 * SECOND
KINDS = ["email_sent", "email_delivered", "email_opened", "email_clicked", "page_viewed"]
SENT, DELIVERED, OPENED, CLICKED, VIEWED = range(5)
TEXTS = {
    "kind": pd.Series(KINDS, dtype="str"),
    "asset": pd.Series(["may", "june"], dtype="str"),
    "campaign": pd.Series([], dtype="str"),
    "channel": pd.Series([], dtype="str"),
}
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module", autouse=True)
def plain_python():
    """Judge the log without compiling: its plain Python is checked against the compiled code among the metrics."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(newsletters, "judge_log", newsletters.judge_log.py_func)
        yield


def make_part(rows: list[tuple[int, int, int, int]]) -> Part:
    """Return activities (lead, microseconds, kind, asset) as a part of a bucket."""
    key, at, kind, asset = (np.array(values) for values in zip(*sorted(rows), strict=True))
    none = np.full(len(key), -1, np.int32)
    log = Log(at.astype(np.int64), kind.astype(np.int32), asset.astype(np.int32), none, none)
    return Part(0, int(key.max()), key.astype(np.int32), log)


@cache
def make_setup() -> Setup:
    return build_setup(TEXTS, load_params(ROOT / paths.PARAMS).implicit)


def list_rows(rows: list[tuple[int, int, int, int]]) -> pd.DataFrame:
    return list_emails(make_part(rows), make_setup())


def test_an_open_belongs_to_the_last_email_of_its_name():
    """Check that a newsletter that is sent twice and opened after the second time was ignored the first time."""
    emails = list_rows([(0, 0, SENT, 0), (0, 9 * HOUR, SENT, 0), (0, 10 * HOUR, OPENED, 0), (0, HOUR, VIEWED, 0)])
    assert emails["sent_at"].tolist() == [0, 9 * HOUR]
    assert emails["opened"].tolist() == [False, True]
    assert emails["opened_by_people"].tolist() == [False, True]
    assert emails["followed_at"].isna().all()


def test_opens_of_machines_are_told_apart():
    """Check that an open 5 seconds after the delivery counts as opened, and not as opened by people."""
    emails = list_rows([(0, 0, SENT, 0), (0, SECOND, DELIVERED, 0), (0, 6 * SECOND, OPENED, 0)])
    assert emails[list(ACTIONS)].to_numpy().tolist() == [[True, False, False, False]]


def test_first_click_of_a_person_is_when_it_was_followed():
    """Check that a machine's click is not that moment, and that the first of two later ones is."""
    clicks = [(0, 2 * SECOND, CLICKED, 0), (0, 3 * HOUR, CLICKED, 0), (0, 2 * HOUR, CLICKED, 0)]
    emails = list_rows([(0, 0, SENT, 0), *clicks])
    assert emails["followed_at"].tolist() == [2 * HOUR]
    assert emails["clicked_by_people"].tolist() == [True]


def test_open_of_another_lead_or_newsletter_or_before_the_sending_counts_for_none():
    """Check that only what follows an e-mail of the same lead and name is its own."""
    emails = list_rows([(0, HOUR, SENT, 0), (0, 0, OPENED, 0), (0, 2 * HOUR, OPENED, 1), (1, 2 * HOUR, OPENED, 0)])
    assert emails[list(ACTIONS)].to_numpy().tolist() == [[False] * 4]


@given(
    st.lists(
        st.tuples(st.integers(0, 2), st.integers(0, 50), st.sampled_from([SENT, OPENED, CLICKED]), st.integers(-1, 1)),
        min_size=1,
    )
)
def test_every_email_is_one_row_and_people_do_no_more_than_all(rows):
    """Check that there are as many rows as e-mails sent, whatever else happened."""
    rows = [(lead, hour * HOUR, kind, asset) for lead, hour, kind, asset in rows]
    emails = list_rows(rows)
    sent = [row for row in rows if row[2] == SENT]
    assert sorted(emails["sent_at"]) == sorted(at for _, at, _, _ in sent)
    assert not (emails["opened_by_people"] & ~emails["opened"]).any()
    assert not (emails["clicked_by_people"] & ~emails["clicked"]).any()
    assert (emails["followed_at"].notna() == emails["clicked_by_people"]).all()


def test_emails_have_a_name_and_the_month_of_sending():
    """Check name, month in UTC, and what an e-mail without a name is called."""
    codes = pd.DataFrame({"column": ["asset"], "code": [0], "value": ["may"]})
    last_second = int(pd.Timestamp("2025-05-31 23:59:59").timestamp()) * SECOND
    emails = pd.DataFrame({"lead_key": [7, 7], "asset": [0, -1], "sent_at": [last_second, last_second + SECOND]})
    emails = name_emails(emails.assign(followed_at=[float(last_second), np.nan]), codes)
    assert emails["newsletter"].tolist() == ["may", "(unknown)"]
    assert emails["month"].tolist() == ["2025-05", "2025-06"]
    assert emails["followed_at"].tolist() == [pd.Timestamp("2025-05-31 23:59:59"), pd.NaT]


def make_emails(sent_at: list[str], followed_at: list[str | None]) -> pd.DataFrame:
    """Return one e-mail a lead, the leads counted from 0."""
    return pd.DataFrame(
        {
            "lead_key": range(len(sent_at)),
            "newsletter": "may",
            "month": "2025-05",
            "sent_at": pd.to_datetime(sent_at),
            "followed_at": pd.to_datetime(pd.Series(followed_at)),
        }
    )


def make_outcomes(times: dict[str, str], kind: str = "won") -> pd.DataFrame:
    outcomes = pd.DataFrame(
        {"lead_id": list(times), "kind": kind, "occurred_at": pd.to_datetime(list(times.values()), format="ISO8601")}
    )
    return outcomes.astype({"lead_id": "str"})


@pytest.fixture(scope="module")
def source():
    """The sample's declaration: its data end after 2026-05."""
    return load_source("sample", ROOT / paths.SOURCES)


def decide(emails, outcomes, source, horizon=10):
    objective = Objective(converted=["won"], closed=["lost"], horizon_days=horizon)
    leads = pd.DataFrame({"lead_key": emails["lead_key"], "lead_id": emails["lead_key"].map("l{}".format)})
    return decide_emails(emails, leads.drop_duplicates(), outcomes, objective, source)


def test_conversion_must_follow_within_the_horizon(source):
    """Check one lead each: in time, too late, never, and before the e-mail, which is no longer open."""
    emails = make_emails(["2025-05-02"] * 4, [None] * 4)
    outcomes = make_outcomes({"l0": "2025-05-12", "l1": "2025-05-12 00:00:01", "l3": "2025-05-01"})
    assert decide(emails, outcomes, source)["has_converted"].to_dict() == {0: True, 1: False, 2: False}


def test_click_counts_only_before_the_conversion_and_within_the_horizon(source):
    """Check one lead each: clicks before, at and after its conversion, and after the horizon."""
    emails = make_emails(["2025-05-02"] * 4, ["2025-05-03", "2025-05-04", "2025-05-05", "2025-05-13"])
    outcomes = make_outcomes(dict.fromkeys(["l0", "l1", "l2"], "2025-05-04"))
    assert decide(emails, outcomes, source)["has_clicked"].tolist() == [True, False, False, False]


def test_email_whose_horizon_has_not_passed_is_left_out(source):
    """Check that what is not known yet is no failure: the last e-mail that counts ends at the end of the data."""
    end = source.get_as_of()
    sent = [str(end - pd.Timedelta(days=10)), str(end - pd.Timedelta(days=10) + pd.Timedelta(seconds=1))]
    assert decide(make_emails(sent, [None, None]), make_outcomes({}), source).index.tolist() == [0]


def test_without_a_horizon_the_eventual_outcome_counts(source):
    """Check one lead each: won a year later, lost, and undecided, of which nothing is known."""
    emails = make_emails(["2025-05-02"] * 3, [None] * 3)
    outcomes = pd.concat([make_outcomes({"l0": "2026-05-02"}), make_outcomes({"l1": "2025-06-01"}, "lost")])
    assert decide(emails, outcomes, source, None)["has_converted"].to_dict() == {0: True, 1: False}


def test_rate_of_nothing_is_missing():
    """Check that 0 of 0 has no rate, and 5 of 10 Wilson's interval."""
    assert summarise_rate(0, 0, 0.95) == {"rate": None, "rate_low": None, "rate_high": None}
    found = summarise_rate(5, 10, 0.95)
    assert (found["rate"], found["rate_low"], found["rate_high"]) == pytest.approx((0.5, 0.2366, 0.7634), abs=1e-4)


def make_list() -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Return 40 e-mails of May in May, 3 of May in June, and 2 of June in June; 10 of them were clicked."""
    emails = pd.DataFrame({"newsletter": ["may"] * 43 + ["june"] * 2, "month": ["2025-05"] * 40 + ["2025-06"] * 5})
    emails["opened"], emails["opened_by_people"] = True, emails.index < 20
    emails["clicked"] = emails["clicked_by_people"] = emails.index < 10
    decided = emails[["newsletter", "month"]].assign(has_clicked=emails["clicked"], has_converted=emails.index % 5 == 0)
    return emails, {"sale": decided.iloc[:44]}


def test_list_is_summarised_by_hand():
    """Check shares, rates after a click and without one, order and marks."""
    found = summarise_list(*make_list(), 0.95)
    whole = found["all"]
    assert [whole[name] for name in ("emails", "opened", "opened_by_people")] == [45, 1.0, pytest.approx(20 / 45)]
    assert whole["opened_by_people_low"] < 20 / 45 < whole["opened_by_people_high"]
    sale = whole["conversions"]["sale"]
    assert (sale["clicked"]["emails"], sale["clicked"]["conversions"], sale["clicked"]["rate"]) == (10, 2, 0.2)
    assert (sale["others"]["emails"], sale["others"]["conversions"]) == (34, 7)
    assert [(row["name"], row["emails"], row["is_few"]) for row in found["months"]] == [
        ("2025-05", 40, False),
        ("2025-06", 5, True),
    ]
    assert [row["name"] for row in found["newsletters"]] == ["may", "june"]
    json.dumps(found, allow_nan=False)


def test_largest_newsletters_come_first_and_the_others_last(monkeypatch):
    """Check that with one row for the largest all others are one, however many e-mails they are."""
    monkeypatch.setattr(newsletters, "MOST_NEWSLETTERS", 1)
    emails, decided = make_list()
    emails["newsletter"] = [f"n{number}" for number in range(45)]
    emails.loc[:1, "newsletter"] = "twice"
    rows = summarise_list(emails, decided, 0.95)
    assert [(row["name"], row["emails"]) for row in rows["newsletters"]] == [("twice", 2), ("(other)", 43)]


def test_months_of_few_emails_are_joined():
    """Check that three e-mails of May in June and the two of June are each other months, with their conversions."""
    rows = {(row["newsletter"], row["month"]): row for row in count_newsletter_months(*make_list())}
    assert set(rows) == {("may", "2025-05"), ("may", "(other)"), ("june", "(other)")}
    assert rows["may", "2025-05"] == {
        "newsletter": "may",
        "month": "2025-05",
        "emails": 40,
        "opened": 40,
        "opened_by_people": 20,
        "clicked": 10,
        "clicked_by_people": 10,
        "sale_clicked": 10,
        "sale_clicked_conversions": 2,
        "sale_others": 30,
        "sale_others_conversions": 6,
    }
    # Of the two e-mails of June the outcome of one is known.
    assert (rows["june", "(other)"]["emails"], rows["june", "(other)"]["sale_others"]) == (2, 1)


def test_source_without_emails_is_not_applicable(tmp_path, monkeypatch):
    """Check that a log without e-mails needs nothing else and says so."""
    for name in ("params.yaml", "points.yaml", "data/sources"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    codes = pd.DataFrame({"column": ["kind"], "code": [0], "value": ["page_viewed"]})
    write_table(codes, paths.CODES)
    assert "not applicable" in newsletters.main()
    figures = json.loads(paths.NEWSLETTERS.read_text(encoding="utf-8"))
    assert figures == {"source": load_params().source, "applicable": False}
