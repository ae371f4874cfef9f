"""New leads and what was done since, read from files as the source declares them, beside the history in force."""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from src import paths
from src.data.activities import ingest_activities
from src.data.declarations import Activities, OutcomesFromActivities, OutcomesFromFile
from src.data.identity import name_merged, read_merged
from src.data.leads import ingest_leads
from src.data.outcomes import take_from_leads, take_from_log
from src.data.read import make_workshop, open_database
from src.data.sources import Source
from src.data.tables import ACTIVITY_COLUMNS, OTHER_KINDS, VALUE_PREFIX
from src.files import read_table
from src.params import Intake
from src.stage import InputError

EPOCH, MICROSECOND = pd.Timestamp(0), pd.Timedelta(microseconds=1)


@dataclass(frozen=True)
class Arrivals:
    """Leads that are asked about, among all leads, and everything that all of them did.

    Attributes
    ----------
    leads : DataFrame
        The canonical leads of the history and of the files, in order of creation; ``lead_key`` is their place.
    is_asked : ndarray of bool, shape (leads,)
        Those of the files.
    decided : DataFrame
        ``lead_id, kind`` of the outcomes that the files tell.
    codes, coverage : DataFrame
        As those of the history's log, with what is new.
    log : DataFrame
        All activities up to `as_of` by ``lead_key``, ordered by all columns.
    rejected : DataFrame
        The rows of the files that could not be used, with their places.
    known_again : int
        Activities of known leads from before the end of the history, which has them already.
    """

    leads: pd.DataFrame
    is_asked: np.ndarray
    decided: pd.DataFrame
    codes: pd.DataFrame
    coverage: pd.DataFrame
    log: pd.DataFrame
    rejected: pd.DataFrame
    known_again: int


@dataclass(frozen=True)
class History:
    """What ingest wrote of the history: leads, activities and their codes."""

    leads: pd.DataFrame
    log: pd.DataFrame
    codes: pd.DataFrame
    coverage: pd.DataFrame


def load_history() -> History:
    leads = read_table(paths.LEADS)
    logs = [read_table(path) for path in sorted(paths.ACTIVITIES.glob("*.parquet"))]
    return History(leads, pd.concat(logs, ignore_index=True), read_table(paths.CODES), read_table(paths.COVERAGE))


def read_arrivals(
    history: History,
    source: Source,
    folder: Path,
    leads: Sequence[Path],
    activities: Sequence[Path],
    as_of: str | None,
    intake: Intake,
) -> Arrivals:
    """Return the leads of some files among those of the `history`, read as the `source` declares them.

    Parameters
    ----------
    history : History
    source : Source
    folder : Path
        Where its raw files are: ids that were merged are known from there.
    leads, activities : sequence of Path
        Files of the form of the declared ones. Of a source with several logs each is known by its name.
    as_of : str or None
        Until when the files go, a time as in a declaration; None in a source without dates.
    intake : Intake

    Raises
    ------
    InputError
        If a file cannot be read as declared, or belongs to none of the declared logs.
    """
    end = source.get_as_of() if source.is_dated() else None
    merged, source = source.merged, name_files(source, activities, as_of)
    db = open_database()
    with make_workshop(db) as workshop:
        found, decided, rejected = read_leads(db, source, leads, intake)
        everyone, is_asked = join_leads(history.leads, found)
        became, _, _ = read_merged(db, source.model_copy(update={"merged": merged}), folder, intake)
        register_keys(db, source, everyone, became)
        read, lost = ingest_activities(db, source, Path(), intake, workshop)
        new = db.sql(f"SELECT * FROM activities ORDER BY {', '.join(ACTIVITY_COLUMNS)}").df()
        of_log = [outcome for outcome in source.outcomes if isinstance(outcome, OutcomesFromActivities)]
        decided = pd.concat([decided, *(take_from_log(db, outcome)[["lead_id", "kind"]] for outcome in of_log)])
    codes, new = translate_codes(history.codes, read.codes, new)
    log, known_again = join_logs(history, everyone, new, end)
    coverage = pd.concat([read.coverage, history.coverage]).drop_duplicates("kind", ignore_index=True)
    rejected = pd.concat([rejected, lost], ignore_index=True)
    return Arrivals(everyone, is_asked, decided, codes, coverage, log, rejected, known_again)


def name_files(source: Source, activities: Sequence[Path], as_of: str | None) -> Source:
    """Return the source with these logs in place of the declared ones, no other files, and the end `as_of`."""
    by_log: dict[int, list[str]] = {}
    for path in activities:
        by_log.setdefault(find_log(source.activities, path), []).append(str(path.resolve()))
    logs = [
        # An activity of somebody who is no lead, or of one that is not kept, is nothing to stop for.
        source.activities[number].model_copy(
            update={"file": files, "may_be_empty": True, "tolerate": {"unknown_lead": 1.0, "before_creation": 1.0}}
        )
        for number, files in sorted(by_log.items())
    ]
    changes = {
        "activities": logs,
        "outcomes": [outcome for outcome in source.outcomes if not isinstance(outcome, OutcomesFromFile)],
        "as_of": as_of,
        "merged": None,
    }
    return source.model_copy(update=changes)


def find_log(logs: list[Activities], path: Path) -> int:
    """Return which of the declared logs a file is of: the only one, or the one that declares its name."""
    if len(logs) == 1:
        return 0
    named = [
        number for number, log in enumerate(logs) if any(fnmatchcase(path.name, name) for name in log.list_names())
    ]
    if len(named) != 1:
        declared = ", ".join(name for log in logs for name in log.list_names())
        raise InputError("unknown_log", f"no single declared log has this name; declared are {declared}", path)
    return named[0]


def read_leads(
    db: duckdb.DuckDBPyConnection, source: Source, files: Sequence[Path], intake: Intake
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return the leads of the files, of one that stands in several the last row, their outcomes and the rejected rows.

    The outcomes are those that columns of the leads tell: ``lead_id, kind``.
    """
    parts, decided, rejected = [], [pd.DataFrame({"lead_id": [], "kind": []}, dtype="str")], []
    for path in files:
        of_file = source.model_copy(update={"leads": source.leads.model_copy(update={"file": str(path.resolve())})})
        found, _, lost = ingest_leads(db, of_file, Path(), intake)
        parts.append(found)
        rejected.append(lost)
        for number, outcome in enumerate(source.outcomes):
            if not isinstance(outcome, OutcomesFromActivities):
                decided.append(take_from_leads(db, number, outcome, of_file, Path())[["lead_id", "kind"]])
    key = "given_id" if "given_id" in parts[0] else "lead_id"
    leads = pd.concat(parts, ignore_index=True).drop_duplicates(key, keep="last", ignore_index=True)
    return leads, pd.concat(decided, ignore_index=True), pd.concat(rejected, ignore_index=True)


def join_leads(history: pd.DataFrame, found: pd.DataFrame) -> tuple[pd.DataFrame, np.ndarray]:
    """Return all leads in order of creation, and which are of the files; of a lead that is in both, the file's row."""
    found = number_again(history, found)
    kept = history[~history["lead_id"].isin(found["lead_id"])]
    # Without dates whatever comes now comes after the history.
    order = ["created_at", "lead_id"] if found["created_at"].notna().all() else ["is_asked", "sequence"]
    everyone = pd.concat([kept.assign(is_asked=False), found.assign(is_asked=True)], ignore_index=True)
    everyone = everyone.sort_values(order, ignore_index=True)
    everyone["lead_key"] = pd.RangeIndex(len(everyone)).astype("int32")
    everyone["sequence"] = range(len(everyone))
    return everyone.drop(columns="is_asked"), everyone["is_asked"].to_numpy(bool)


def number_again(history: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """Return the leads of the files under the numbers that stand for personal ids, new ones after those in use."""
    if "given_id" not in found:
        return found
    known = history.set_index("given_id")["lead_id"] if "given_id" in history else pd.Series(dtype="str")
    numbers = found["given_id"].map(known)
    first = 1 + pd.to_numeric(known).max() if len(known) else 1
    fresh = pd.Series(first + np.arange(numbers.isna().sum()), numbers.index[numbers.isna()]).astype(int).astype("str")
    return found.assign(lead_id=numbers.fillna(fresh).astype(found["lead_id"].dtype))


def register_keys(
    db: duckdb.DuckDBPyConnection, source: Source, everyone: pd.DataFrame, became: dict[str, str]
) -> None:
    """Create table ``lead_keys`` as ingest does, for all leads and the ids that `became` theirs."""
    given = "given_id" if "given_id" in everyone else "lead_id"
    keys = pd.DataFrame({"lead_id": everyone[given], "id": everyone["lead_id"]})
    keys = keys.assign(lead_key=everyone["lead_key"], created_at=everyone["created_at"])
    keys = keys.assign(**{name: everyone[name] for name in source.list_linked_columns() if name != "lead_id"})
    keys = keys.assign(is_merged=False)
    all_keys = pd.concat([keys, name_merged(keys, became)], ignore_index=True)  # noqa: F841
    db.execute("CREATE OR REPLACE TABLE lead_keys AS FROM all_keys")


def translate_codes(known: pd.DataFrame, read: pd.DataFrame, log: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the codes of the history with those that are new behind them, and the `log` in these codes."""
    parts, translated = [], {}
    for column in ACTIVITY_COLUMNS[2:]:
        old, new = (codes.loc[codes["column"] == column, "value"].tolist() for codes in (known, read))
        # What the history knew as one of its rare kinds is one still.
        new = [OTHER_KINDS if column == "kind" and value not in old and OTHER_KINDS in old else value for value in new]
        values = list(dict.fromkeys([*old, *new]))
        code = {value: number for number, value in enumerate(values)}
        parts.append(pd.DataFrame({"column": column, "code": range(len(values)), "value": values}))
        # The last place is that of none, -1.
        translated[column] = np.array([*(code[value] for value in new), -1], np.int32)[log[column]]
    codes = pd.concat(parts, ignore_index=True).astype({"column": "str", "code": "int32", "value": "str"})
    return codes, log.assign(**translated)


def join_logs(
    history: History, everyone: pd.DataFrame, new: pd.DataFrame, end: pd.Timestamp | None
) -> tuple[pd.DataFrame, int]:
    """Return the activities of all leads in order, and how many the history had already.

    The history has all that its leads did up to its `end`; from then on the files say it.
    """
    place = everyone.set_index("lead_id")["lead_key"]
    now = place.reindex(history.leads.sort_values("lead_key")["lead_id"]).to_numpy(np.int32)
    old = history.log.assign(lead_key=now[history.log["lead_key"]])
    is_again = np.zeros(len(new), bool)
    if end is not None:
        is_known = np.isin(new["lead_key"], now)
        is_again = is_known & (new["occurred_at"] <= (end - EPOCH) // MICROSECOND)
    log = pd.concat([old, new[~is_again]], ignore_index=True)
    values = [name for name in log if name.startswith(VALUE_PREFIX)]
    log = log.sort_values([*ACTIVITY_COLUMNS, *values], ignore_index=True)
    return log.astype(dict.fromkeys(["lead_key", *ACTIVITY_COLUMNS[2:]], "int32")), int(is_again.sum())
