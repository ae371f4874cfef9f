"""The truth: right by hand for one lead, and calibrated against what happens for many."""

import math

import numpy as np
import pandas as pd
import pytest

from src.data.sample import clock, design
from src.data.sample.generate import find_as_of, generate_chunk
from src.data.sample.histories import NEVER, Calls, Events, Histories, Mails, Pages
from src.data.sample.leads import draw_leads
from src.data.sample.truth import class_prior, log_likelihood, sale_probability, sale_truth

N_LEADS = 30_000
DAY = 86_400
CREATED = 1_714_989_600  # Monday 2024-05-06, 10:00 UTC


def log_loss(happens, probability):
    probability = np.clip(probability, 1e-9, 1 - 1e-9)
    return -np.where(happens, np.log(probability), np.log1p(-probability)).mean()


def shift_log_odds(probability, factor=1.0, constant=0.0):
    probability = np.clip(probability, 1e-9, 1 - 1e-9)
    return 1 / (1 + np.exp(-(factor * np.log(probability / (1 - probability)) + constant)))


def fit_slope(happens, log_odds):
    """Return the slope of a logistic regression on one variable, by Newton's method."""
    design_matrix = np.stack([np.ones_like(log_odds), log_odds], axis=1)
    weight = np.array([0.0, 1.0])
    for _ in range(20):
        fitted = 1 / (1 + np.exp(-design_matrix @ weight))
        hessian = (design_matrix * (fitted * (1 - fitted))[:, None]).T @ design_matrix
        weight = weight + np.linalg.solve(hessian, design_matrix.T @ (happens - fitted))
    return weight[1], math.sqrt(np.linalg.inv(hessian)[1, 1])


def rank_correctly(happens, probability):
    """Return the area under the ROC curve."""
    rank = pd.Series(probability).rank().to_numpy()
    n = happens.sum()
    return (rank[happens].sum() - n * (n + 1) / 2) / (n * (len(happens) - n))


@pytest.fixture(scope="module")
def snapshots():
    """Return mature rows of the truth with what happened, read from the files' own columns."""
    leads = draw_leads(N_LEADS, 11, 36)
    leads["id"] = "L-" + leads["number"].astype(str).str.zfill(7)
    tables = generate_chunk(leads, 11)
    outcomes = tables["outcomes"].assign(at=pd.to_datetime(tables["outcomes"]["fecha"]))
    parts = []
    for objective, kind in (("sale", "venta"), ("accepted", "aceptado")):
        rows = tables["truth"].query("objective == @objective")
        when = rows["lead_id"].map(outcomes[outcomes["resultado"] == kind].set_index("id_lead")["at"])
        last = rows["snapshot_at"] + pd.Timedelta(days=design.HORIZON_DAYS[objective])
        created = pd.to_datetime(rows["lead_id"].map(leads.set_index("id")["created"]), unit="s", utc=True)
        rows = rows.assign(happens=when <= last, age=(rows["snapshot_at"] - created) // pd.Timedelta(days=1))
        parts.append(rows[last <= pd.Timestamp(find_as_of(), unit="s", tz="UTC")])
    return pd.concat(parts).groupby(["objective", "age"])


GROUPS = [(objective, age) for objective in ("sale", "accepted") for age in design.AGES_DAYS]


@pytest.mark.parametrize("group", GROUPS)
def test_the_truth_is_calibrated_at_each_age(snapshots, group):
    rows = snapshots.get_group(group)
    happens, probability = rows["happens"].to_numpy(), rows["probability"].to_numpy()
    decile = np.argsort(np.argsort(probability, kind="stable")) * 10 // len(rows)
    for tenth in range(10):
        chosen = decile == tenth
        noise = math.sqrt((probability[chosen] * (1 - probability[chosen])).sum())
        assert abs(happens[chosen].sum() - probability[chosen].sum()) <= 4 * noise + 1e-9
    possible = probability > 0
    log_odds = np.log(probability[possible] / (1 - probability[possible]))
    slope, error = fit_slope(happens[possible], log_odds)
    assert abs(slope - 1) < 3.5 * error
    assert not happens[~possible].any()


@pytest.mark.parametrize("group", GROUPS)
def test_no_perturbed_truth_has_a_lower_log_loss(snapshots, group):
    rows = snapshots.get_group(group)
    happens, probability = rows["happens"].to_numpy(), rows["probability"].to_numpy()
    best = log_loss(happens, probability)
    noise = np.random.default_rng(0).normal(0, 0.5, len(rows))
    for change in ({"factor": 0.7}, {"factor": 1.4}, {"constant": 0.5}, {"constant": -0.5}, {"constant": noise}):
        assert log_loss(happens, shift_log_odds(probability, **change)) > best


def test_base_rates_and_ranking_are_as_documented(snapshots):
    rate = {group: rows["happens"].mean() for group, rows in snapshots}
    area = {
        group: rank_correctly(rows["happens"].to_numpy(), rows["probability"].to_numpy()) for group, rows in snapshots
    }
    assert 0.10 < rate["sale", 0] < 0.15
    assert 0.35 < rate["accepted", 0] < 0.45
    assert 0.70 < area["sale", 0] < 0.76
    assert 0.80 < area["sale", 7] < 0.88


def test_the_probability_of_one_lead_is_the_one_computed_by_hand():
    """Check one lead a week old: a visit of two pages, two e-mails, two calls."""
    lead = pd.DataFrame({"created": [CREATED], "phone": [2], "is_spam": [False]})
    never = np.full((1, 2), NEVER)
    visit_at = CREATED + 2 * DAY
    days = float(clock.to_activity_days(visit_at) - clock.to_activity_days(CREATED))
    one = np.array([0])
    histories = Histories(
        Events(one, one, one, np.array([days]), np.array([visit_at]), np.array([NEVER]), np.array([False])),
        Pages(np.zeros(2, int), np.zeros(2, int), np.arange(2), np.array([0, 2]), visit_at + np.array([0, 40])),
        Mails(
            sent=never,
            delivered=np.array([[CREATED + 600, CREATED + 7 * DAY - 4 * 3600 - 60]]),
            bounced=never,
            opened=np.array([[CREATED + 9_000, CREATED + 8 * DAY]]),  # the second one after the week
            clicked=never,
            unsubscribed=never,
            proxy_opened=never,
            scanner_clicked=never,
        ),
        Calls(np.array([[CREATED + DAY, CREATED + 3 * DAY]]), np.array([[False, True]])),
    )
    prior = np.array([[0.4, 0.2, 0.2, 0.1, 0.1]])
    sale = np.array([[0.01, 0.01, 0.2, 0.1, 0.7]])
    result = sale_truth(prior, log_likelihood(lead, histories), sale)
    assert result[0, 3 - 1] == pytest.approx(compute_by_hand(prior[0], sale[0], days), rel=1e-9)


def compute_by_hand(prior, sale, visit_days):
    def delays(elapsed, median, shape):
        return 1 / (1 + (elapsed / median) ** -shape)

    wanted = known = 0.0
    for kind, intent in enumerate(design.INTENTS):
        burst = sum(process.burst[kind] for process in design.PROCESSES)
        tail = sum(process.tail[kind] for process in design.PROCESSES)
        visits = design.PROCESSES[0]
        chance = visits.burst[kind] / 2.5 * math.exp(-visit_days / 2.5)
        chance += visits.tail[kind] / 50 * math.exp(-visit_days / 50)
        chance *= math.exp(-burst * (1 - math.exp(-7 / 2.5)) - tail * (1 - math.exp(-7 / 50)))
        chance *= design.PAGE_SHARES[kind][0] * design.PAGE_SHARES[kind][2]
        # The first e-mail was opened and not clicked in the week; the second had four hours,
        # after which half of those who open have opened.
        chance *= intent.opens * (1 - intent.clicks * delays(7 * DAY - 9_000, 40, 1.5))
        chance *= 1 - intent.opens * 0.5
        chance *= 1 - intent.unsubscribes * delays(7 * DAY - 600 - 60, 3 * 3600, 1.2)
        chance *= 1 - intent.unsubscribes * delays(4 * 3600, 3 * 3600, 1.2)
        chance *= (1 - intent.answers) * intent.answers
        sold_by_now, sold_by_then = (delays(days, intent.delay_days, 1.5) for days in (7, 7 + 45))
        lost_by_now = 0.75 * delays(7, 32, 1.8)
        weight = prior[kind] * chance
        known += weight * (sale[kind] * (1 - sold_by_now) + (1 - sale[kind]) * (1 - lost_by_now))
        wanted += weight * sale[kind] * (sold_by_then - sold_by_now)
    return wanted / known


def test_a_room_far_away_sells_less_and_an_online_course_does_not():
    leads = draw_leads(1, 1, 36).assign(is_spam=False, offer=2, band=1)
    chance = {
        (offer, band): sale_probability(leads.assign(offer=offer, band=band))[0, -1]
        for offer in (1, 2)
        for band in (1, 3)
    }
    assert chance[2, 1] > 1.5 * chance[2, 3]
    assert chance[1, 1] == pytest.approx(chance[1, 3], rel=0.1)


def test_class_priors_sum_to_one_and_follow_the_form():
    leads = draw_leads(500, 1, 36)
    assert class_prior(leads).sum(axis=1) == pytest.approx(1)
    ready = [class_prior(leads.assign(form=form))[:, -1].mean() for form in (0, 3)]
    assert ready[1] > 3 * ready[0]


def test_spam_never_converts():
    leads = draw_leads(2_000, 1, 36)
    leads["id"] = "L-" + leads["number"].astype(str).str.zfill(7)
    tables = generate_chunk(leads, 1)
    spam = leads.loc[leads["is_spam"], "id"]
    assert (tables["truth"].loc[tables["truth"]["lead_id"].isin(spam), "probability"] == 0).all()
    assert not tables["outcomes"]["id_lead"].isin(spam).any()
