"""Leads that come after the history are measured as if they had been in it."""

import csv
import gzip
import shutil
from pathlib import Path

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from src import paths
from src.data import ingest
from src.data.arrivals import find_log, load_history, number_again, read_arrivals, translate_codes
from src.data.declarations import Activities
from src.data.sample.generate import generate_sample, write_sample
from src.data.sources import load_source
from src.features import explicit, implicit
from src.features.arrivals import measure_arrivals
from src.features.catalogue import Metric, read_catalogue
from src.features.snapshots import CURRENT
from src.files import read_table
from src.params import load_params
from src.stage import InputError

ROOT = Path(__file__).parents[2]
RAW = Path("data/raw/sample")
SPLIT = "2026-05-01T00:00:00"
KEYS = ["lead_id", "created_at", "snapshot_at", "age", "age_days"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a project whose history ends at `SPLIT`, and in ``later/`` what came then."""
    folder = tmp_path_factory.mktemp("project")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name in ("params.yaml", "points.yaml"):
            shutil.copy(ROOT / name, folder)
        shutil.copytree(ROOT / "data/sources", "data/sources")
        (folder / paths.CACHE).symlink_to(ROOT / paths.CACHE)
        write_sample(generate_sample(1500, 5), RAW)
        run_stages()
        Path("all").mkdir()
        for name in ("explicit", "implicit"):
            shutil.copy(f"data/features/{name}.parquet", "all")
            shutil.copy(f"data/features/{name}_catalogue.json", "all")
        shutil.copy(paths.OUTCOMES, "all")
        leads = read_table(paths.LEADS)
        split_files(set(leads.loc[leads["created_at"] >= SPLIT, "lead_id"]))
        declared = Path("data/sources/sample.yaml")
        text = declared.read_text(encoding="utf-8")
        declared.write_text(text.replace("2026-07-31T23:59:59", "2026-04-30T23:59:59"), encoding="utf-8")
        run_stages()
    return folder


def run_stages():
    ingest.main()
    explicit.main()
    implicit.main()


def split_files(new: set[str]) -> None:
    """Move the rows of the `new` leads, and everything done since the split, from the raw files to ``later/``."""
    Path("later").mkdir()
    with (RAW / "leads.csv").open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file, delimiter=";")
    place = header.index("ID")
    write_rows(Path("later/leads.csv"), header, [row for row in rows if row[place] in new], ";")
    write_rows(RAW / "leads.csv", header, [row for row in rows if row[place] not in new], ";")
    with (RAW / "outcomes.csv").open(encoding="utf-8-sig", newline="") as file:
        header, *rows = csv.reader(file)
    lead, at = header.index("id_lead"), header.index("fecha")
    kept = [row for row in rows if row[lead] not in new and row[at] < "2026-04-30T22"]
    write_rows(RAW / "outcomes.csv", header, kept, ",")
    later = []
    for path in sorted(RAW.glob("activities-*.csv.gz")):
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
        lead, at = header.index("id_lead"), header.index("fecha")
        # Two hours of Madrid's time in summer: what is at the split in UTC is later there.
        is_later = [row[lead] in new or row[at] >= "2026-04-30T21:59:59" for row in rows]
        later += [row for row, after in zip(rows, is_later, strict=True) if after]
        with gzip.open(path, "wt", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows([header, *(r for r, after in zip(rows, is_later, strict=True) if not after)])
    write_rows(Path("later/log.csv"), header, later, ",")


def write_rows(path: Path, header: list[str], rows: list[list[str]], delimiter: str) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows([header, *rows])


def read_all(name: str) -> tuple[pd.DataFrame, list[Metric]]:
    return read_table(Path(f"all/{name}.parquet")), read_catalogue(Path(f"all/{name}_catalogue.json"))


def test_new_leads_have_the_features_that_the_whole_chain_gives_them(folder, monkeypatch):
    """Check every explicit and implicit metric of all leads of the last three months, bit by bit.

    Among them are persons who had asked before, forms that ask what earlier leads show, and the rates of everybody.
    """
    monkeypatch.chdir(folder)
    params, source = load_params(), load_source("sample")
    files = [Path("later/leads.csv")], [Path("later/log.csv")]
    arrivals = read_arrivals(load_history(), source, RAW, *files, "2026-07-31T23:59:59", params.intake)
    end = pd.Timestamp("2026-07-31T21:59:59")
    told, explicit_catalogue = read_all("explicit")
    done, implicit_catalogue = read_all("implicit")
    outcomes = read_table(Path("all/outcomes.parquet"))
    features = measure_arrivals(arrivals, outcomes, [*explicit_catalogue, *implicit_catalogue], source, end, params)
    found = features.rows.set_index("lead_id").drop(columns=KEYS[1:])
    assert len(found) > 80
    now = done[done["age"] == CURRENT].set_index("lead_id").drop(columns=["snapshot_at", "age", "age_days"])
    expected = told.set_index("lead_id").join(now).loc[found.index]
    assert_frame_equal(found, expected[list(found)], check_exact=True)
    assert (found["count_earlier_requests"] > 0).sum() > 5
    assert found["open_rate"].nunique() > 20


def test_a_known_lead_is_measured_again_with_what_it_did_since(folder, monkeypatch):
    """Check that the file's row replaces the history's, and that what the history has is not counted twice."""
    monkeypatch.chdir(folder)
    history, source = load_history(), load_source("sample")
    source = source.model_copy(update={"as_of": "2026-04-30T23:59:59"})
    place = history.leads.set_index("lead_id")["lead_key"]
    busy = history.log["lead_key"].mode().iloc[0]
    lead = place.index[place == busy][0]
    with (RAW / "leads.csv").open(encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file, delimiter=";")
    row = next(row for row in rows if row[header.index("ID")] == lead)
    write_rows(Path("again.csv"), header, [row], ";")
    text = "id_actividad,id_lead,fecha,evento,recurso,campana,canal\n"
    Path("log.csv").write_text(
        f"{text}a,{lead},2026-04-01T10:00:00Z,clic,,,\nb,{lead},2026-05-02T10:00:00Z,clic,,,\n", encoding="utf-8"
    )
    arrivals = read_arrivals(
        history, source, RAW, [Path("again.csv")], [Path("log.csv")], "2026-05-03T00:00:00", load_params().intake
    )
    assert arrivals.known_again == 1
    assert len(arrivals.leads) == len(history.leads)
    assert arrivals.leads.loc[arrivals.is_asked, "lead_id"].tolist() == [lead]
    assert len(arrivals.log) == len(history.log) + 1


def test_codes_of_the_history_stay_and_new_ones_come_behind_them():
    """Check a new asset, none, and a kind that the history knew among its rare ones."""
    known = pd.DataFrame(
        {"column": ["kind", "kind", "asset"], "code": [0, 1, 0], "value": ["page_viewed", "other_kinds", "/a"]}
    )
    read = pd.DataFrame({"column": ["kind", "asset", "asset"], "code": [0, 0, 1], "value": ["waved", "/a", "/b"]})
    log = pd.DataFrame({"kind": [0, 0, 0], "asset": [1, 0, -1], "campaign": -1, "channel": -1}, dtype="int32")
    codes, log = translate_codes(known, read, log)
    assert log["kind"].tolist() == [1, 1, 1]
    assert log["asset"].tolist() == [1, 0, -1]
    assert codes.loc[codes["column"] == "asset", "value"].tolist() == ["/a", "/b"]
    assert codes.loc[codes["column"] == "kind", "value"].tolist() == ["page_viewed", "other_kinds"]


def test_personal_ids_keep_their_numbers_and_new_ones_follow():
    history = pd.DataFrame({"given_id": ["a@x.es", "b@x.es"], "lead_id": ["2", "1"]})
    found = pd.DataFrame({"given_id": ["c@x.es", "a@x.es", "d@x.es"], "lead_id": ["1", "2", "3"]}).astype("str")
    assert number_again(history, found)["lead_id"].tolist() == ["3", "2", "4"]


def test_a_file_is_of_the_log_that_declares_its_name():
    """Check two logs, and that a name of neither is refused with the names there are."""
    columns = {"lead_id": "id", "occurred_at": "at", "kind": "what"}
    logs = [Activities(file=name, columns=columns) for name in ("mails-*.csv", "pages-*.csv")]
    assert find_log(logs, Path("new/pages-7.csv")) == 1
    with pytest.raises(InputError, match=r"unknown_log.*other\.csv.*mails-\*\.csv, pages-\*\.csv"):
        find_log(logs, Path("other.csv"))
    assert find_log(logs[:1], Path("other.csv")) == 0
