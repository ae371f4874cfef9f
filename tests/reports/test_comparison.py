import sys

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from src import paths
from src.policies.economics import DISCARD, NURTURE, SALES
from src.reports import comparison, render
from src.reports.comparison_results import collect_comparison, compare_routes, list_moves
from tests.reports.compared import make_difference, make_entry, make_policy, make_results
from tests.reports.leads import make_leads, make_scenario
from tests.reports.project import change

MARKUP = "<script>alert(1)</script>"


def plain(shown) -> str:
    return getattr(shown, "data", shown).replace("\u00a0", " ")


def allow(*may_sales: bool) -> pd.DataFrame:
    return pd.DataFrame({"may_sales": may_sales, "may_nurture": True})


def test_leads_that_change_route_by_what_moved_them():
    """Check six leads: same, less, less, same, from nothing to a call, and kept from calls in one alone."""
    first = np.array([SALES, SALES, NURTURE, DISCARD, DISCARD, SALES])
    second = np.array([SALES, NURTURE, DISCARD, DISCARD, SALES, DISCARD])
    everybody, fewer = allow(*[True] * 6), allow(*[True] * 5, False)
    counts = {"leads": 6, "changed": 4, "closed": 1, "sales": 2, "discard": 2, "most": None}
    assert compare_routes(everybody, fewer, first, second) == counts
    # Without the condition the last lead counts in both: called in the first alone, discarded in the second alone.
    assert compare_routes(everybody, everybody, first, second) == counts | {"closed": 0, "sales": 3, "discard": 3}
    # Without the third nobody falls from nurturing to nothing.
    first[2] = DISCARD
    assert compare_routes(everybody, fewer, first, second)["most"] == "sales"


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 2), st.booleans(), st.booleans()), max_size=30))
def test_changes_are_counted_once_and_in_either_direction(rows):
    """Check that the order of the scenarios does not matter and that who moves counts in one way or in both."""
    table = pd.DataFrame(rows, columns=["first", "second", "may_first", "may_second"])
    routes = [table[name].to_numpy(int) for name in ("first", "second")]
    allowed = [allow(*table[name].astype(bool)) for name in ("may_first", "may_second")]
    counts = compare_routes(*allowed, *routes)
    assert counts == compare_routes(*reversed(allowed), *reversed(routes))
    moved = counts["changed"] - counts["closed"]
    assert max(counts["sales"], counts["discard"]) <= moved <= counts["sales"] + counts["discard"]


def test_only_the_same_leads_are_compared(tmp_path, monkeypatch):
    """Check that scenarios of another objective or age are left out, and most changes come first."""
    monkeypatch.chdir(tmp_path)
    paths.decisions("sale", "dear").parent.mkdir(parents=True)
    leads = make_leads([0.5, 0.05, 0.2, 0.001], [1, 0, 0, 0])
    # At 300 the cuts are 1.4 and 8.5 %, at 30 they are 14 and 85 %, at 100 they are 4.3 and 25 %.
    scenarios = {
        "dear": make_scenario(),
        "middle": make_scenario(value=100.0),
        "cheap": make_scenario(value=30.0),
        "later": make_scenario(),
        "client": make_scenario(objective="accepted"),
    }
    for name, scenario in scenarios.items():
        leads.to_parquet(paths.decisions(scenario.objective, name))
    ages = dict.fromkeys(scenarios, "1d") | {"later": "7d"}
    found = [
        (move["first"], move["second"], move["changed"], move["sales"], move["discard"], move["most"])
        for move in list_moves(scenarios, ages)
    ]
    assert found == [
        ("dear", "cheap", 3, 2, 1, "sales"),
        ("middle", "cheap", 2, 1, 1, None),
        ("dear", "middle", 1, 1, 0, "sales"),
    ]


def test_verdict_names_where_the_cuts_are_ahead_behind_and_unsure():
    """Check that a simple rule that earns more is said first, and against which rules the cuts hold."""
    ahead = make_entry("Ahead")
    unsure = make_entry("Unsure", policy=make_policy(difference=make_difference(-5.0, 5.0)))
    behind = make_entry(
        "Behind", policy=make_policy(difference=make_difference(-9.0, -5.0), difference_unaided=make_difference(-1, 1))
    )
    good = plain(comparison.show_verdict(make_results(ahead, unsure)))
    assert "<strong>Use the two cuts in “Ahead”; in “Unsure” the best simple rule ties with them.</strong>" in good
    assert "beyond chance, in 2 of 2." in good
    bad = plain(comparison.show_verdict(make_results(ahead, behind, unsure)))
    assert "<strong>Do not use the two cuts everywhere: a simple rule earns more beyond chance in “Behind”.</str" in bad
    assert "beyond chance, in 2 of 3." in bad
    assert "take another route" not in good + bad


def test_scenarios_stand_side_by_side():
    """Check the line of each scenario, cuts, volumes, profits, the truth's share and who is barred."""
    test = make_policy()["test"] | {"profit_of_truth": 20000.0, "expected": {"chosen": 97.0, "truth": 100.0}}
    later = {"chosen_more": 5324.0, "chosen_more_low": 2500.0, "chosen_more_high": 9007.0}
    few = make_policy(
        test=test,
        eligibility={"leads": 12, "conditions": []},
        alternatives={"as_they_come_best": later},
        cuts_by_team={"all": {"sales": 0.2}},
    )
    limited = make_entry("Few", capacity=40, policy=few)
    tie = make_entry("Tie", policy=make_policy(difference=make_difference(-1000.0, 3000.0)))
    foreign = make_entry("Foreign", policy={"applicable": False})
    page = plain(comparison.show_scenarios(make_results(limited, tie, foreign)))
    assert 'Few</strong>: <a href="sale/few.html">The case of Few</a>.<br>Call up to 40 a week; in a usual' in page
    assert "nurture from 2.0 %. That earns more, beyond chance, than the best of the 2 simple rules" in page
    assert "nurture from 2.0 %. It is a tie with “Call everyone”, the best of the 2 simple rules" in page
    assert "The case of Foreign</a>.<br>Not applicable to this source." in page
    assert (
        "<td>10 %</td><td>20 %</td><td>2.0 %</td><td>400 of 1,000</td><td>500</td><td>75.0 % (75 of 100)</td>"
        "<td>18.8 %</td>" in page
    )
    # Without a limit no calls end.
    assert "<td>10 %</td><td>–</td><td>2.0 %</td>" in page
    assert "<td>1,000</td><td>€16,000</td><td>€13,700 to €18,300</td><td>80.0 %</td>" in page
    assert "<td>€1,000</td><td>−€1,000 to €3,000</td>" in page
    assert "the cuts would earn 97.0 % in “Few” of it." in page
    assert "Conditions keep 12 leads in “Few” from a route" in page
    assert "would have cost €5,300 (€2,500 to €9,000) in “Few”." in page


def test_no_truth_is_claimed_where_none_is_known():
    """Check that neither the column nor its explanation is there."""
    page = plain(comparison.show_scenarios(make_results(make_entry())))
    assert "truth" not in page
    assert "Conditions keep" not in page
    assert "as they come" not in page


def test_routes_say_which_cut_moves_most():
    """Check finding and row of a pair, and what is said where no two scenarios can be compared."""
    counts = {"leads": 1000, "changed": 500, "closed": 120, "sales": 300, "discard": 80, "most": "sales"}
    move = {"first": "open", "second": "few"} | counts
    results = make_results(make_entry("Open"), make_entry("Few"), moves=[move])
    page = plain(comparison.show_routes(results))
    assert (
        "500 of 1,000 leads take another route in “Few” than in “Open”, 120 of them because one of the two closes a "
        "route. More are called in one alone (300) than discarded in one alone (80)."
    ) in page
    row = "<td>500 of 1,000</td><td>50.0 %</td><td>120</td><td>300 (most)</td><td>80</td>"
    assert f'<th scope="row">Open → Few</th>{row}' in page
    assert "50 % of the same leads take another route in “Few” than" in plain(comparison.show_verdict(results))
    none = results | {"moves": [move | {"changed": 0, "closed": 0, "sales": 0, "discard": 0, "most": None}]}
    assert "<li>No lead takes another route in “Few” than in “Open”.</li>" in plain(comparison.show_routes(none))
    one = results | {"moves": [move | {"changed": 1, "closed": 0, "sales": 0, "discard": 1, "most": "discard"}]}
    assert (
        "1 of 1,000 leads takes another route in “Few” than in “Open”. More are discarded in one alone (1) than called "
        "in one alone (0)."
    ) in plain(comparison.show_routes(one))
    assert "No two scenarios decide on the same leads" in plain(comparison.show_routes(results | {"moves": []}))


def test_each_scenario_has_its_curve_with_words_for_it():
    """Check that a figure says in words where calling pays most and where the two cuts lie."""
    steep = make_entry("Steep")
    steep["thresholds"] = steep["thresholds"].assign(profit_sales=[1000.0, 2000.0, 3000.0])
    page = plain(comparison.show_profit(make_results(make_entry(), steep)))
    assert page.count("<img ") == 2
    assert (
        'alt="Open: profit against the share of leads called. Calling alone earns most, €15,000, with 50 % called; the '
        'two cuts call 40 % and earn €16,000."'
    ) in page
    reached = "was reached with 50 % of the leads called in “Open” and 100 % of the leads called in “Steep”."
    assert f"95 % of the most that calling could have earned {reached}" in page


def test_nearly_all_is_earned_before_a_flat_top_ends():
    """Check that of 9,600, 10,000 and 9,900 the first will do, and that a loss is not taken for its opposite."""
    entry = make_entry()
    cases = {(9600.0, 10000.0, 9900.0): 0.1, (9400.0, 9900.0, 10000.0): 0.5, (-500.0, -100.0, -104.0): 0.5}
    for profits, share in cases.items():
        entry["thresholds"] = entry["thresholds"].assign(profit_sales=profits)
        assert comparison.find_reach(entry) == share


def test_scenarios_of_an_objective_have_one_scale(monkeypatch):
    """Check that the axis of profit spans all scenarios of an objective, losses included, and no other's."""
    low = make_entry("Low")
    low["thresholds"] = low["thresholds"].assign(profit_sales=[10.0, -700.0, 20000.0])
    ends = {}
    monkeypatch.setattr(comparison, "draw_scenario", lambda entry, scale: ends.update({entry["label"]: scale}) or "")
    comparison.show_profit(make_results(make_entry(), low, make_entry("Client", "accepted")))
    assert ends == {"Open": (-700.0, 20000.0), "Low": (-700.0, 20000.0), "Client": (0.0, 16000.0)}


def test_objectives_are_compared_in_words():
    """Check correlation, groups and outcomes of a pair, and the way to the leads themselves."""
    group = {"leads": 100, "share": 0.1, "converts_first": 0.2, "converts_second": 0.5}
    table = {name: group for name in ("both", "first", "second")} | {"neither": group | {"leads": 700, "share": 0.7}}
    pair = {"objectives": ["sale", "accepted"], "top": 0.2, "leads": 1000, "table": table}
    pair |= {"correlation": 0.75, "correlation_low": 0.7, "correlation_high": 0.8}
    page = plain(comparison.show_objectives(make_results(make_entry(), pairs=[pair])))
    assert "correlate by 0.75 (0.70 to 0.80)" in page
    assert "200 (20 %) are among the 20 % most probable of one objective alone" in page
    assert "of those good for a sale alone 20.0 % ended in a sale and 50.0 % in acceptance by the client" in page
    assert "of the 700 good for neither 20.0 % and 50.0 %" in page
    assert '<a href="accepted/model.html#objectives">acceptance by the client</a>' in page
    assert "no two objectives" in plain(comparison.show_objectives(make_results(make_entry())))


def test_markup_in_titles_is_inert():
    """Check that a title or a source's name brings no markup into any section."""
    results = make_results(make_entry(title=MARKUP, label=MARKUP), source=MARKUP)
    shows = ("verdict", "scenarios", "profit", "caveats", "reproduction")
    page = "".join(getattr(comparison, f"show_{name}")(results).data for name in shows)
    assert "<script" not in page
    assert page.count("&lt;script&gt;") > 3


def test_nothing_to_compare_is_said_in_one_paragraph():
    """Check that a source that knows no objective has a verdict and no sections."""
    results = make_results(is_applicable=False)
    assert "knows the objective of no scenario" in comparison.show_verdict(results).data
    assert comparison.show_scenarios(results).data == ""


def test_results_of_a_project(project):
    """Check that what is not applicable stays in the list and out of the comparison."""
    change(project / "params.yaml", scenarios__limited__title=MARKUP)
    results = collect_comparison()
    assert [entry["label"] for entry in results["scenarios"].values()] == ["Open", "Limited", "Client"]
    assert "thresholds" not in results["scenarios"]["client"]
    assert [(move["first"], move["second"]) for move in results["moves"]] == [("open", "limited")]
    assert results["is_applicable"]
    assert results["pairs"] == []


def test_page_of_the_comparison(project, monkeypatch):
    """Check that the notebook renders to one page that is the same at every run."""
    monkeypatch.setattr(sys, "argv", ["render", "comparison"])
    assert render.main().startswith("reports/comparison.html (")
    page = (project / "reports/comparison.html").read_text(encoding="utf-8")
    assert "<title>The scenarios side by side</title>" in page
    assert page.count("<h1>") == 1
    assert page.count('<h2 id="') == 6
    assert page.count("<img ") == 2
    assert "collect_comparison" not in page
    assert "http" not in page.replace("http-equiv", "")
    render.main()
    assert (project / "reports/comparison.html").read_text(encoding="utf-8") == page


def test_figures_of_another_source_are_refused(project, monkeypatch):
    """Check that a comparison of what another source left behind is not written."""
    change(project / "metrics/objectives.json", source="other")
    monkeypatch.setattr(sys, "argv", ["render", "comparison"])
    with pytest.raises(render.InputError, match="stale_figures"):
        render.main()
    assert not (project / "reports/comparison.html").exists()
