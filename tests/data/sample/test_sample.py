"""The sample as a whole: the same for the same seed, as untidy as documented, in its ranges."""

import gzip

import pandas as pd
import pytest

from src.data.persons import derive_persons
from src.data.sample import design
from src.data.sample.generate import find_as_of, generate_chunks, generate_sample, write_chunks, write_sample
from src.data.sample.leads import draw_leads
from src.data.sample.vocabulary import EVENT_NAMES

N_LEADS = 6_000
FILES = {"leads.csv", "outcomes.csv", "truth.parquet", "activities-001.csv.gz"}


@pytest.fixture(scope="module")
def tables():
    return generate_sample(N_LEADS, seed=7)


@pytest.fixture(scope="module")
def leads(tables):
    """Return the leads that can be used, each once."""
    rows = tables["leads"][~tables["leads"]["ID"].str.endswith("-X")]
    return rows.drop_duplicates().set_index("ID")


def read_bytes(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_same_seed_writes_the_same_bytes_and_another_seed_does_not(tmp_path):
    for name, seed in (("first", 1), ("second", 1), ("other", 2)):
        write_sample(generate_sample(800, seed), tmp_path / name)
    first, second, other = (read_bytes(tmp_path / name) for name in ("first", "second", "other"))
    assert set(first) == FILES
    assert first == second
    assert all(first[name] != other[name] for name in FILES)


def test_chunks_change_the_order_of_rows_and_nothing_else(tmp_path):
    whole, chunked = generate_sample(3_000, 3), generate_sample(3_000, 3, chunk=700)
    keys = {
        "leads": ["ID", "Fecha creación"],
        "activities": ["id_actividad"],
        "outcomes": ["id_lead", "resultado"],
        "truth": ["objective", "lead_id", "snapshot_at"],
    }
    for name, key in keys.items():
        parts = [table[name].astype(object).sort_values(key, ignore_index=True) for table in (whole, chunked)]
        pd.testing.assert_frame_equal(*parts)
    write_chunks(generate_chunks(3_000, 3, 36, chunk=700), tmp_path / "sample")
    assert len(list((tmp_path / "sample").glob("activities-*.csv.gz"))) == 5
    pd.testing.assert_frame_equal(pd.read_parquet(tmp_path / "sample/truth.parquet"), chunked["truth"])


def test_gzip_headers_hold_neither_time_nor_name(tmp_path):
    write_sample(generate_sample(50, 1), tmp_path / "sample")
    packed = (tmp_path / "sample/activities-001.csv.gz").read_bytes()
    assert packed[3:8] == bytes(5)
    assert gzip.decompress(packed).startswith(b"id_actividad,id_lead,fecha,evento,recurso,campana,canal,sesion\n")


def test_written_leads_are_the_table_and_the_lines_that_cannot_be_read(tables, tmp_path):
    write_sample(tables, tmp_path / "sample")
    text = (tmp_path / "sample/leads.csv").read_bytes()
    assert text.startswith("\ufeffID;Fecha creación;E-mail;".encode())
    lines = tables["unreadable"]["text"]
    assert [line for line in text.decode().splitlines() if "-Y" in line] == list(lines)
    read = pd.read_csv(
        tmp_path / "sample/leads.csv", sep=";", dtype=str, keep_default_na=False, encoding="utf-8-sig", engine="python",
        on_bad_lines="skip",
    )  # fmt: skip
    read = read[~read["ID"].str.contains("-Y")]  # a line with too few fields
    assert read.to_numpy().tolist() == tables["leads"].astype(str).to_numpy().tolist()


def test_rows_that_cannot_be_used_are_few_and_as_documented(tables):
    rows = tables["leads"]
    impossible = rows["Fecha creación"].str.startswith("31/02")
    assert list(rows.loc[impossible, "ID"].str[-2:]) == ["-X", "-X"]
    assert len(tables["unreadable"]) == 1
    assert 0.001 < rows.duplicated().mean() < 0.006


def test_some_activities_are_late_early_or_of_unknown_leads(tables, leads):
    log = tables["activities"]
    at = pd.to_datetime(log["fecha"]).dt.tz_localize(None).astype("datetime64[s]").astype("int64")
    local = pd.to_datetime(leads["Fecha creación"], format="%d/%m/%Y %H:%M:%S")
    created = local.dt.tz_localize(design.ZONE).dt.tz_convert("UTC").dt.tz_localize(None)
    created = created.astype("datetime64[s]").astype("int64")
    is_known = log["id_lead"].isin(leads.index)
    is_early = at < log["id_lead"].map(created)
    assert 0.0001 < 1 - is_known.mean() < 0.001
    assert 0 < (at > find_as_of()).mean() < 0.001
    assert 0.0001 < is_early.mean() < 0.003
    assert set(log["evento"]) == set(EVENT_NAMES.values())
    assert log["id_actividad"].is_unique
    assert 25 < len(log) / N_LEADS < 40


def test_no_lead_is_created_in_the_hours_of_a_clock_change(leads):
    local = pd.to_datetime(leads["Fecha creación"], format="%d/%m/%Y %H:%M:%S")
    assert local.dt.tz_localize(design.ZONE, ambiguous="raise", nonexistent="raise").notna().all()
    assert local.between("2023-08-01", "2026-07-31 23:59:59").all()


def test_the_raw_file_shows_how_many_requests_a_person_made_before(leads):
    drawn = draw_leads(N_LEADS, 7, 36)
    rows = leads.reset_index(names="lead_id").rename(columns={"E-mail": "email", "Teléfono": "phone"})
    number = rows["lead_id"].str[2:].astype(int)
    rows = rows.set_index(number).loc[drawn["number"]].reset_index(drop=True)
    earlier = rows.groupby(derive_persons(rows)).cumcount().clip(upper=2)
    genuine = ~drawn["is_spam"]
    assert (earlier[genuine] == drawn.loc[genuine, "earlier"]).all()
    assert 0.06 < (drawn["earlier"] > 0).mean() < 0.10


def test_spam_is_told_from_the_rest_by_what_it_wrote(leads):
    drawn = draw_leads(N_LEADS, 7, 36)
    is_spam = set("L-" + drawn.loc[drawn["is_spam"], "number"].astype(str).str.zfill(7))
    gibberish = leads["Nombre"].str.fullmatch("[b-df-hj-np-tv-zB-DF-HJ-NP-TV-Z]{7}")
    assert set(leads.index[gibberish]) == is_spam
    has_link = leads["Mensaje"].str.contains("http")
    is_disposable = leads["E-mail"].str.contains("mailinator|yopmail|guerrillamail|trashmail|sharklasers")
    assert not has_link[~gibberish].any()
    assert (has_link | is_disposable)[gibberish].all()
    assert 0.03 < gibberish.mean() < 0.05


def test_machines_react_within_seconds_and_people_never_do(tables):
    log = tables["activities"].assign(at=pd.to_datetime(tables["activities"]["fecha"])).astype({"recurso": str})
    log = log[log["canal"].astype(str) == "E-mail"]
    delivered = log[log["evento"] == "entrega"].drop_duplicates(["id_lead", "recurso"])
    opened = log[log["evento"] == "apertura"].merge(delivered, on=["id_lead", "recurso"])
    seconds = (opened["at_x"] - opened["at_y"]).dt.total_seconds()
    seconds = seconds[seconds >= 0]
    assert not seconds.between(21, 60).any()
    assert (seconds <= 20).any()
    assert (seconds > 60).any()
