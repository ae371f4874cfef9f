"""Write the sample: leads, activities, outcomes and the truth, as raw files.

Run as ``python -m src.data.sample.generate``. Memory is bounded by a chunk of leads.
"""

import gzip
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from src import paths
from src.data.sample import design
from src.data.sample.activities import list_activities
from src.data.sample.draws import draw_uniform, pick_index
from src.data.sample.histories import draw_histories
from src.data.sample.leads import draw_leads
from src.data.sample.outcomes import draw_sales, draw_verdicts, write_outcomes
from src.data.sample.truth import (
    AGES,
    accepted_probability,
    accepted_truth,
    class_prior,
    log_likelihood,
    sale_probability,
    sale_truth,
)
from src.data.sample.untidy import list_unreadable, write_leads
from src.data.sources import load_source
from src.files import replacing
from src.stage import InputError, run_stage

Tables = dict[str, pd.DataFrame]


def generate_sample(n_leads: int, seed: int, months: int = 36, chunk: int = design.CHUNK_LEADS) -> Tables:
    """Return the sample's tables: ``leads``, ``activities``, ``outcomes``, ``truth``, ``unreadable``.

    The first four are the files of that name; ``unreadable`` holds lines of ``leads.csv`` that
    are no rows. A function of its arguments alone; `chunk` only changes the order of rows.
    """
    parts = list(generate_chunks(n_leads, seed, months, chunk))
    return {name: pd.concat([part[name] for part in parts], ignore_index=True) for name in parts[0]}


def generate_chunks(n_leads: int, seed: int, months: int, chunk: int = design.CHUNK_LEADS) -> Iterator[Tables]:
    """Yield the tables of one chunk of leads after the other."""
    leads = draw_leads(n_leads, seed, months)
    leads["id"] = np.strings.add("L-", np.strings.zfill(leads["number"].to_numpy().astype(str), 7)).astype(object)
    for first in range(0, n_leads, chunk):
        yield generate_chunk(leads.iloc[first : first + chunk], seed)


def generate_chunk(leads: pd.DataFrame, seed: int) -> Tables:
    as_of = find_as_of()
    prior, sale, accepted = class_prior(leads), sale_probability(leads), accepted_probability(leads)
    intent = pick_index(draw_uniform(seed, "intent", leads.index.to_numpy()), prior)
    histories = draw_histories(leads, intent, seed)
    sales = draw_sales(leads, intent, sale, seed)
    verdicts = draw_verdicts(leads, accepted, seed)
    likelihood = log_likelihood(leads, histories)
    return {
        "leads": write_leads(leads, sales, as_of, seed),
        "activities": list_activities(leads, histories, sales["at"].to_numpy(), as_of, seed),
        "outcomes": write_outcomes(leads, sales, verdicts, as_of, seed),
        "truth": pd.concat(
            [
                list_truth(leads, sale_truth(prior, likelihood, sale), sales["at"], as_of, "sale"),
                list_truth(leads, accepted_truth(accepted), verdicts["at"], as_of, "accepted"),
            ],
            ignore_index=True,
        ),
        "unreadable": list_unreadable(leads),
    }


def find_as_of() -> int:
    """Return the end of the data in UTC seconds."""
    return int(pd.Timestamp(design.AS_OF, tz=design.ZONE).timestamp())


def list_truth(
    leads: pd.DataFrame, probability: np.ndarray, decided_at: pd.Series, as_of: int, objective: str
) -> pd.DataFrame:
    """Return the probability of each snapshot by `as_of` at which the lead is still open."""
    at = leads["created"].to_numpy()[:, None] + AGES
    row, age = np.nonzero((at <= as_of) & (decided_at.to_numpy()[:, None] > at))
    times = pd.DatetimeIndex(at[row, age].astype("datetime64[s]")).as_unit("us").tz_localize("UTC")
    return pd.DataFrame(
        {
            "lead_id": leads["id"].to_numpy()[row],
            "snapshot_at": times,
            "objective": objective,
            "probability": probability[row, age],
        }
    )


def write_sample(tables: Tables, folder: Path) -> None:
    """Write `tables` as raw files into `folder`, replacing what was there."""
    write_chunks([tables], folder)


def write_chunks(chunks, folder: Path) -> dict[str, int]:
    """Write chunks of tables into `folder` as they come; return rows by table."""
    counts: dict[str, int] = {}
    with replacing(folder) as temporary:
        temporary.mkdir(parents=True)
        for number, tables in enumerate(chunks):
            append_leads(tables["leads"], tables["unreadable"], temporary / "leads.csv")
            write_activities(tables["activities"], temporary / f"activities-{number + 1:03d}.csv.gz")
            append_csv(tables["outcomes"], temporary / "outcomes.csv")
            append_truth(tables["truth"], temporary / f".truth-{number:06d}.parquet")
            counts = {name: counts.get(name, 0) + len(table) for name, table in tables.items()}
        join_truth(temporary)
    return counts


def append_leads(leads: pd.DataFrame, unreadable: pd.DataFrame, path: Path) -> None:
    """Append rows and, after the leads they follow, lines that are no rows."""
    if not path.exists():
        path.write_text("\ufeff", encoding="utf-8")
    first, is_new = 0, path.stat().st_size <= 3
    ends = np.searchsorted(leads["ID"].to_numpy(dtype=object), unreadable["after"].to_numpy(dtype=object), "right")
    with path.open("a", encoding="utf-8", newline="") as file:
        for end, text in sorted(zip([*ends, len(leads)], [*unreadable["text"], ""], strict=True)):
            leads.iloc[first:end].to_csv(file, sep=";", index=False, header=is_new, lineterminator="\n")
            file.write(text + "\n" if text else "")
            first, is_new = end, False


def append_csv(table: pd.DataFrame, path: Path) -> None:
    table.to_csv(path, mode="a", index=False, header=not path.exists(), lineterminator="\n")


def write_activities(activities: pd.DataFrame, path: Path) -> None:
    """Write one part of the log; no time and no name goes into the gzip header."""
    import pyarrow as pa
    from pyarrow import csv

    table = pa.Table.from_pandas(activities, preserve_index=False)
    text = [pa.string() if pa.types.is_dictionary(field.type) else field.type for field in table.schema]
    table = table.cast(pa.schema(list(zip(table.column_names, text, strict=True))))
    with path.open("wb") as raw, gzip.GzipFile("", "wb", 3, raw, mtime=0) as file:
        csv.write_csv(table, file, csv.WriteOptions(quoting_style="none", quoting_header="none"))


def append_truth(truth: pd.DataFrame, path: Path) -> None:
    truth.to_parquet(path, index=False)


def join_truth(folder: Path) -> None:
    """Join the chunks' truth in ``truth.parquet``, a row group a chunk."""
    import pyarrow.parquet as pq

    parts = sorted(folder.glob(".truth-*.parquet"))
    with pq.ParquetWriter(folder / "truth.parquet", pq.read_schema(parts[0])) as writer:
        for part in parts:
            writer.write_table(pq.read_table(part))
            part.unlink()


def main() -> str:
    if len(sys.argv) > 1:
        raise InputError("unknown_argument", "size and seed stand under generate", paths.source_file("sample"))
    generate = load_source("sample").generate
    folder = paths.raw_folder("sample")
    counts = write_chunks(generate_chunks(generate.leads, generate.seed, generate.months), folder)
    rows = ", ".join(f"{counts[name]:,} {name}" for name in ("leads", "activities", "outcomes", "truth"))
    return f"wrote {rows} to {folder}"


if __name__ == "__main__":
    run_stage(main)
