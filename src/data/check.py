"""Program: a dry run of a source. Says what would be read, what is missing and what looks wrong."""

import argparse
import sys
from typing import Any

from src import paths
from src.data.examine import examine_source
from src.data.read import open_database
from src.data.sources import check_source, load_source
from src.params import load_params
from src.stage import InputError, run_stage


def main() -> str:
    parser = argparse.ArgumentParser(prog="python -m src.data.check", description=__doc__)
    parser.add_argument("name", metavar="SOURCE", help="a name in data/sources/")
    name = check_source(parser.parse_args().name)
    result = examine_source(open_database(), name, load_source(name), load_params())
    sys.stdout.write(render_result(result))
    if result["faults"]:
        message = f"it cannot be ingested; faults, listed above: {len(result['faults'])}"
        raise InputError("cannot_be_ingested", message, paths.source_file(name))
    return f"{name} can be ingested; things to look at: {len(result['doubts'])}"


def render_result(result: dict[str, Any]) -> str:
    """Return the examined source as text for a terminal."""
    lines = [f"Source {result['source']}: {result['description']}"]
    for file in result["files"]:
        lines += render_file(file)
    lines += render_list("Outcomes are read from", result["outcomes"], "nothing")
    if result["checksums"]:
        lines += ["", "Checksums", *(f"  {name}: {is_as}" for name, is_as in result["checksums"].items())]
    if result["contents"] is not None:
        lines += render_rows(result["contents"]) + render_contents(result["contents"])
        lines += render_kinds(result["contents"]["kinds"])
    lines += render_list("Looks wrong", result["doubts"], "nothing")
    lines += render_list("Faults", result["faults"], "none: it can be ingested")
    return "\n".join(lines) + "\n"


def render_file(file: dict[str, Any]) -> list[str]:
    width = max(len(name) for name in file["columns"])
    lines = ["", f"{file['file']} ({file['what']})"]
    lines += [f"  {name:<{width}}  <- {raw}" for name, raw in file["columns"].items()]
    if file["undeclared"]:
        lines.append(f"  not declared, not used: {', '.join(file['undeclared'])}")
    return lines


def render_rows(contents: dict[str, Any]) -> list[str]:
    """Return what would become of each file's rows, with examples of the rejected ones."""
    lines = ["", "Rows (of values their form: x is a letter, 9 a digit)"]
    for file in contents["files"]:
        lines.append(
            f"  {file['file']}: {file['rows_read']} read = {file['rows_kept']} kept + "
            f"{file['rows_rejected']} rejected + {file['duplicates']} identical duplicates"
        )
        lines += [f"    {note}" for note in list_notes(file)]
        if file.get("covered_from"):
            lines.append(f"    what was done before {file['covered_from']} UTC is taken for unknown")
        for column in file.get("not_understood", []):
            lines.append(f"    {column['rows']} values of {column['column']!r} not understood: missing")
        if file.get("before_creation"):
            lines.append(f"    {file['before_creation']} kept that are older than their lead")
        for example in contents["examples"]:
            if example["file"] == file["file"]:
                lines.append(f"    {example['rows']} {example['reason']}")
                lines += [f"      {render_place(row)}" for row in example["first"]]
    return lines


def list_notes(file: dict[str, Any]) -> list[str]:
    """Return what was found in how a file is written, and not declared."""
    notes = []
    if file.get("has_mixed_line_ends"):
        notes.append("its lines end in more than one way: read as one")
    if file.get("lines_above_header"):
        notes.append(f"{file['lines_above_header']} lines above the header are left out (skip)")
    if file.get("rows_end_in_a_delimiter"):
        notes.append("every row ends in a delimiter and the header does not: taken for no field")
    if file.get("continued_rows"):
        notes.append(f"{file['continued_rows']} rows go on with the lead above them: left out")
    return notes


def render_place(row: dict[str, Any]) -> str:
    """Return where a rejected row stands and the form of its value: what it says may be of a person."""
    column = "" if row["column"] is None else f", column {row['column']!r}"
    return f"line {row['line']}{column}" + ("" if row["form"] is None else f": {row['form']}")


def render_contents(contents: dict[str, Any]) -> list[str]:
    lines = ["", "Contents (times in UTC)"]
    lines.append(f"  {contents['leads']} leads of {contents['persons']} persons{render_range(contents['leads_at'])}")
    count = sum(kind["rows"] for kind in contents["kinds"])
    lines.append(f"  {count} activities{render_range(contents['activities_at'])}")
    kinds = ", ".join(f"{count} {kind}" for kind, count in contents["outcomes"].items()) or "none"
    lines.append(f"  outcomes: {kinds}{render_range(contents['outcomes_at'])}")
    lines.append(f"  {contents['leads_without_outcome']} leads without any outcome")
    for name, objective in contents["objectives"].items():
        lines.append(f"  objective {name}: {render_objective(objective, contents['leads'])}")
    return lines


def render_range(times: tuple[str, str] | None) -> str:
    return "" if times is None else f", {times[0]} to {times[1]}"


def render_objective(objective: dict[str, Any], leads: int) -> str:
    still_open = leads - objective["converted"] - objective["closed"]
    text = (
        f"{objective['converted']} of {leads} leads converted ({render_share(objective['converted'], leads)}), "
        f"{objective['closed']} closed otherwise, {still_open} open"
    )
    if "mature" in objective:
        share = render_share(objective["converted_in_time"], objective["mature"])
        text += (
            f"; within {objective['horizon_days']:g} days {objective['converted_in_time']} of the "
            f"{objective['mature']} that are old enough ({share})"
        )
    if "proposed_horizon_days" in objective:
        text += f"; a horizon of {objective['proposed_horizon_days']} days would catch nine in ten of the conversions"
    return text


def render_share(count: int, total: int) -> str:
    return f"{count / total:.1%}" if total else "none"


def render_kinds(kinds: list[dict[str, Any]]) -> list[str]:
    if not kinds:
        return []
    width = max(len(kind["raw"]) for kind in kinds)
    lines = ["", "Kinds of activity"]
    for kind in kinds:
        becomes = kind["kind"] if kind["is_canonical"] else "(a kind of its own)"
        lines.append(f"  {kind['raw']:<{width}}  {kind['rows']:>9}  {becomes}")
    return lines


def render_list(title: str, sentences: list[str], nothing: str) -> list[str]:
    return ["", title, *(f"  {sentence}" for sentence in sentences or [nothing])]


if __name__ == "__main__":
    run_stage(main)
