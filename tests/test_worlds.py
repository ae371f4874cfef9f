import numpy as np
import pytest

from benchmarks.made_worlds import WORLDS
from benchmarks.peers import PEERS
from benchmarks.worlds import measure_excess, prepare_world
from src.params import load_params


@pytest.mark.parametrize("name", WORLDS)
def test_labels_are_drawn_by_the_truth_which_no_feature_knows(name):
    """Check of every world that its outcomes come as often as its truth says, and that the truth is no feature."""
    rows, catalogue, _ = prepare_world(name, 3, load_params())
    known = rows[rows["label"].notna()]
    truth = known["truth"].to_numpy()
    # Persons with several leads have one luck: their mean strays three times as far.
    error = np.sqrt(np.sum(truth * (1 - truth))) / len(truth)
    assert abs(known["label"].mean() - truth.mean()) < 4 * error * (3 if name == "persons" else 1)
    assert "truth" not in [metric.name for metric in catalogue]
    assert {"history", "test"} <= set(rows["fold"])


def test_excess_by_hand():
    """Check that the truth itself costs nothing, and a half for a quarter log 2 less the quarter's entropy."""
    truth = np.array([0.25, 0.25])
    assert measure_excess(truth, truth) == pytest.approx(0)
    entropy = -(0.25 * np.log(0.25) + 0.75 * np.log(0.75))
    assert measure_excess(truth, np.full(2, 0.5)) == pytest.approx(np.log(2) - entropy)


@pytest.mark.parametrize("name", PEERS)
def test_a_peer_takes_columns_as_they_come(name):
    """Check missing numbers and values that it has not seen: a probability for every row."""
    rows, catalogue, _ = prepare_world("few", 1, load_params())
    names = [metric.name for metric in catalogue if metric.name != "age_days"]
    fit, later = rows.iloc[:600], rows.iloc[600:700].assign(channel="never seen")
    p = PEERS[name](fit[names], fit["label"].to_numpy())(later[names])
    assert p.shape == (100,)
    assert ((p >= 0) & (p <= 1)).all()
