"""Doubts about cells, ids and outcomes: sentences that `check` shows and the intake keeps."""

from typing import Any

from src.data.tables import OTHER_KINDS

SMALL_SHARE = 0.05
"""More outcomes than this from before their leads are more than some contacts imported late."""


def list_cell_doubts(
    files: list[dict[str, Any]], columns: list[dict[str, Any]], objectives: dict[str, Any], rare_kinds: int
) -> list[str]:
    """Return a sentence for each thing about what cells mean that should be looked at.

    Parameters
    ----------
    files : list of dict
        What became of the rows of each file.
    columns : list of dict
        What `examine_cells` found odd.
    objectives : dict
        Of each objective how many leads convert, close otherwise and are open.
    rare_kinds : int
        Kinds of activity that are one kind together.
    """
    doubts = [doubt for file in files for doubt in doubt_file(file)]
    doubts += [say_column(column) for column in columns]
    doubts += [doubt for name, objective in objectives.items() for doubt in doubt_objective(name, objective)]
    if rare_kinds:
        doubts.append(
            f"{rare_kinds} kinds of activity that occur most rarely are one kind together, {OTHER_KINDS}: "
            "map those that mean the same to one name"
        )
    return doubts


def doubt_file(file: dict[str, Any]) -> list[str]:
    name, doubts = file["file"], []
    for column in file.get("not_understood", []):
        forms = f", written as {', '.join(column['forms'])} (x a letter, 9 a digit)" if column["forms"] else ""
        doubts.append(
            f"{name}: {column['rows']} of {file['rows_read']} values of {column['column']!r} are not understood and "
            f"missing{forms}; a column that is not needed can be left out"
        )
    for column in file.get("thousands", []):
        doubts.append(
            f"{name}: every point in {column['column']!r} ({column['rows']} rows) has three digits behind it: is "
            'thousands: "." meant? If they are decimals, declare decimal: "."'
        )
    for column in file.get("mixed_signs", []):
        doubts.append(
            f"{name}: beside the numbers in {column['column']!r} stand {', '.join(column['signs'])}, and they are "
            "taken for one unit: declare currency, and what is in another is missing"
        )
    for column in file.get("emptied", []):
        doubts.append(
            f"{name}: the words under missing empty {column['rows']} cells of {column['column']!r}, where they may be "
            "values; give a column its own missing, or an outcome its own undecided"
        )
    early = file["rejected_by_reason"].get("before_creation", 0)
    if early > SMALL_SHARE * file["rows_read"]:
        doubts.append(
            f"{name}: {early} of {file['rows_read']} outcomes are from before their lead was created, and of unknown "
            "fate: are the zone and the format right, or were these contacts imported later?"
        )
    near = file.get("near_matches", [])
    if near:
        forms = ", ".join(f"{entry['rows']} with {entry['declare']} ({entry['form']})" for entry in near[:3])
        unknown = file["rejected_by_reason"].get("unknown_lead", 0)
        doubts.append(f"{name}: {unknown} rows are of unknown leads; known they would be {forms}")
    if file.get("kinds_in_other_letters"):
        doubts.append(
            f"{name}: {file['kinds_in_other_letters']} rows have a kind in other capitals or blanks: taken for it"
        )
    if file.get("ids_numbered"):
        doubts.append(f"{name}: its ids are e-mails or phones: leads have numbers, and given_id in data/interim alone")
    return doubts


def say_column(column: dict[str, Any]) -> str:
    name = column["column"]
    if column["is"] == "constant":
        return f"{name} has one value in all leads: it tells nothing apart and is no feature"
    if column["is"] == "without_prefix":
        return (
            f"{name}: {column['rows']} numbers have no international prefix and count as invalid: "
            "declare in which country they are dialled, company.country"
        )
    if column["is"] == "json":
        keys = f" ({', '.join(f'{name}.{key}' for key in column['keys'])})" if column["keys"] else ""
        return f"{name}: {column['rows']} values look like JSON: declare the fields within them{keys}"
    return (
        f"{name}: {column['rows']} values look like lists of values with {column['sign']!r} between: "
        "declare an own column of type list with this separator"
    )


def doubt_objective(name: str, objective: dict[str, Any]) -> list[str]:
    """Return doubts where nobody is open, or nobody closed without converting."""
    doubts = []
    if objective["open"] == 0:
        doubts.append(
            f"{name}: nobody is open: is a word that means no outcome yet mapped to one? It belongs under undecided"
        )
    if "proposed_horizon_days" in objective:
        doubts.append(
            f"{name}: conversions have times, so that a horizon is needed: without one, losers who are closed late "
            f"are missed; declare horizon_days: {objective['proposed_horizon_days']}, within which nine in ten of the "
            "conversions came"
        )
    elif objective["closed"] == 0 and objective["horizon_days"] is None:
        doubts.append(f"{name}: nobody is lost, and without a horizon only leads that closed are learned from")
    elif objective["closed"] == 0 and objective["is_closed_by_outcomes"]:
        doubts.append(f"{name}: nobody is lost, although outcomes are declared that close a lead: is their word right?")
    return doubts
