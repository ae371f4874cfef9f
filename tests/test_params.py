from pathlib import Path

import pytest
import yaml
from dvc.utils.hydra import apply_overrides

from src.params import load_params
from src.stage import InputError
from src.strict import read_yaml

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "params.yaml").read_text(encoding="utf-8")
SCENARIO = read_yaml(ROOT / "params.yaml")["scenarios"]["small_team"]


def change(path, value):
    """Return params.yaml with the value at a dotted path replaced, or with the key removed."""
    params = read_yaml(ROOT / "params.yaml")
    *parents, last = path.split(".")
    inner = params
    for key in parents:
        inner = inner[key]
    if value is None:
        del inner[last]
    else:
        inner[last] = value
    return yaml.safe_dump(params)


def load_text(folder, text, points="points: []\n"):
    path = folder / "params.yaml"
    path.with_name("points.yaml").write_text(points, encoding="utf-8")
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return load_params(path)


def test_the_parameters_of_the_project_load():
    """Check params.yaml itself: its scenarios are for objectives that it names."""
    params = load_params(ROOT / "params.yaml")
    assert {scenario.objective for scenario in params.scenarios.values()} <= set(params.objectives)


@pytest.mark.parametrize(
    ("path", "value", "key"),
    [
        ("surce", "sample", "surce: unknown key"),
        ("intake.max_share", 1, "intake.max_share: unknown key"),
        ("folds.test_share", None, "folds.test_share: missing key"),
        ("model.seed", None, "model.seed: missing key"),
        ("source", "x; touch PWNED", "source: "),
        ("source", "../sample", "source: "),
        ("source", "sample\n", "source: "),
        ("source", "_template", "source: "),
        ("objectives", ["sale", "accepted", "$(id)"], "objectives.2: "),
        ("intake.max_rejected_share", 1.5, "intake.max_rejected_share: "),
        ("intake.max_rejected_share", float("nan"), "intake.max_rejected_share: "),
        ("intake.bucket_leads", 0, "intake.bucket_leads: "),
        ("explicit.quarantine_from", 0, "explicit.quarantine_from: "),
        ("folds.cuts", [0.4, 0.8, 0.6], "folds: Value error, cuts must increase"),
        ("folds.cuts", [0.4, 0.8], "folds.cuts: "),
        ("model.boosting.search", [], "model.boosting.search: "),
        ("model.points", [], "model.points: unknown key; points stand in points.yaml"),
        ("scenarios.call_centre.objective", "other", "scenarios.call_centre.objective is none"),
        ("scenarios.call_centre.value", 0, "scenarios.call_centre.value: "),
        ("scenarios.call_centre.factor.sales", 0.5, "factor.sales must be 1"),
        ("scenarios.call_centre.factor.nurture", 1.5, "factors must not increase"),
        ("scenarios.call_centre.decide_at", "soon", "scenarios.call_centre.decide_at: "),
        ("scenarios", {}, "scenarios: "),
        ("scenarios.sale", SCENARIO, "scenarios.sale: a scenario cannot be named"),
        ("scenarios.model", SCENARIO, "scenarios.model: a scenario cannot be named"),
    ],
)
def test_a_key_that_is_unknown_missing_or_out_of_range_is_named(tmp_path, path, value, key):
    """Check that the refusal names the file and the key, in one line."""
    with pytest.raises(InputError) as caught:
        load_text(tmp_path, change(path, value))
    message = str(caught.value)
    assert message.startswith(f"[invalid_value] {tmp_path / 'params.yaml'}: ")
    assert key in message
    assert "\n" not in message


def test_a_scenario_with_a_name_that_is_a_command_is_refused(tmp_path):
    """Check the names of scenarios, which end up in paths."""
    text = TEXT.replace("  small_team:\n", "  'x; touch PWNED':\n")
    assert text != TEXT
    with pytest.raises(InputError, match=r"scenarios\.x; touch PWNED"):
        load_text(tmp_path, text)


BOMB = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("!!python/object/apply:os.system ['touch PWNED']", "could not determine a constructor"),
        ("a: !!python/object:src.params.Params {}", "could not determine a constructor"),
        (BOMB, "aliases are not allowed (line 2)"),
        ("a: 1\nb: 2\na: 3\n", "key 'a' stands twice (line 3)"),
        ("a: [1\n", "expected ',' or ']'"),
        ("a: 2026-13-45", "month must be in 1..12"),
        ("[" * 5000, "nested too deeply"),
        (b"a: \xf1", "can't decode byte"),
        ("a: b\n---\nc: d\n", "expected a single document"),
    ],
)
def test_yaml_that_is_more_than_plain_values_is_refused(tmp_path, monkeypatch, text, what):
    """Check that nothing is run or multiplied, and that the refusal names the file."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError) as caught:
        load_text(Path(), text)
    message = str(caught.value)
    assert message.startswith("[unreadable_yaml] params.yaml: ")
    assert what in message
    assert "\n" not in message
    assert not Path("PWNED").exists()


@pytest.mark.parametrize("text", ["", "just text", "- a\n- b\n", "1"])
def test_yaml_that_is_no_mapping_is_refused(tmp_path, text):
    """Check files that are valid YAML and no parameters."""
    with pytest.raises(InputError, match=r"\[invalid_value\] .*params.yaml: \(the whole file\)"):
        load_text(tmp_path, text)


def test_a_file_that_is_not_there_is_said(tmp_path):
    """Check a missing file and a folder in its place."""
    for path in (tmp_path / "params.yaml", tmp_path):
        with pytest.raises(InputError, match=r"\[missing_file\]"):
            read_yaml(path)


@pytest.mark.parametrize(
    ("point", "key"),
    [
        ("{metric: visits, points: 5}", "points.0: Value error, say exactly one of"),
        ("{metric: v, at_least: 1, equals: 1, points: 5}", "points.0: Value error"),
        ("{metric: v, equals: true, points: 5}", "points.0.equals: Value error, write 1 or 0"),
        ("{metric: v, equals: 1}", "points.0.points: missing key"),
    ],
)
def test_a_point_that_cannot_be_is_refused(tmp_path, point, key):
    """Check that the error names the file of the points and the key."""
    with pytest.raises(InputError) as caught:
        load_text(tmp_path, TEXT, f"points: [{point}]\n")
    assert str(caught.value).startswith(f"[invalid_value] {tmp_path / 'points.yaml'}: {key}")


def test_a_text_is_read_as_dvc_reads_it(tmp_path):
    """Check that ``yes`` is a text, as in YAML 1.2: DVC writes it without quotes."""
    path = tmp_path / "a.yaml"
    path.write_text("a: yes\nb: 'no'\nc: on\nd: 1e3\ne: true\nf: 012\n", encoding="utf-8")
    assert read_yaml(path) == {"a": "yes", "b": "no", "c": "on", "d": 1000.0, "e": True, "f": 12}


def test_an_override_changes_one_line_of_the_parameters(tmp_path):
    """Check that the file is as DVC writes it, by DVC's own function: nothing else moves, no comment is lost."""
    path = tmp_path / "params.yaml"
    for override, line in (
        ("source=sample", None),
        ("source=bpi2012", "source: bpi2012"),
        ("model.logistic.prior_variance=3", "prior_variance: 3"),
        ("scenarios.small_team.capacity_per_week=60", "capacity_per_week: 60"),
        ("scenarios.two_cities.cost.sales=20.5", "sales: 20.5"),
    ):
        path.write_text(TEXT, encoding="utf-8")
        apply_overrides(path, [override])
        before, after = TEXT.splitlines(), path.read_text(encoding="utf-8").splitlines()
        assert len(before) == len(after)
        changed = [new.strip() for old, new in zip(before, after, strict=True) if old != new]
        assert changed == ([line] if line else [])


def test_an_objective_or_scenario_that_is_not_declared_is_refused(tmp_path):
    """Check the look-ups that programs make with their argument."""
    params = load_text(tmp_path, TEXT)
    assert params.check_objective("sale") == "sale"
    assert params.get_scenario("small_team").capacity_per_week == 40
    with pytest.raises(InputError, match="unknown_objective"):
        params.check_objective("rent")
    with pytest.raises(InputError, match="unknown_scenario"):
        params.get_scenario("nobody")
