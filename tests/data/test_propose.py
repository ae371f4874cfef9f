"""The first declaration of four CRMs' exports, from files as they write them, and what it says of its guesses."""

import time

import pandas as pd
import pytest

from src import paths
from src.data.doubts import find_late_name
from src.data.guess import load_known, tell_role
from src.data.profile import find_form, profile_path
from src.data.read import open_database
from src.data.sources import load_source
from src.files import read_table
from tests.data.exports import make_hubspot, make_mautic, make_odoo, make_people, make_salesforce, save_csv, save_lines

COUNT = 400
CONVERSIONS = sum(person["won"] for person in make_people(COUNT))


@pytest.fixture
def walk(project):
    """Return what proposes, checks and ingests a source, each as a command, and gives its tables."""

    def walk(name, *files):
        proposed = project.run("src.data.propose", name, *map(str, files))
        assert proposed.returncode == 0, proposed.stderr
        begun = time.monotonic()
        checked = project.run("src.data.check", name)
        assert checked.returncode == 0, checked.stdout + checked.stderr
        assert time.monotonic() - begun < 30  # 3 s alone; a loaded machine takes its time
        project.run("src.data.choose", name)
        ingested = project.run("src.data.ingest")
        assert ingested.returncode == 0, ingested.stderr
        return proposed.stdout, read_table(paths.LEADS), read_table(paths.OUTCOMES)

    return walk


def count_won(outcomes):
    return int((outcomes["kind"] == "won").sum())


def test_hubspot_is_understood_without_a_change(walk, tmp_path):
    """Check contacts, events keyed by recipient in milliseconds, deals of several contacts and of companies only."""
    said, leads, outcomes = walk("hub", *save_csv(make_hubspot(COUNT), tmp_path / "exports"))
    declared = load_source("hub")
    log = declared.activities[0]
    assert len(leads) == COUNT
    assert log.columns["lead_id"].by == "email"
    assert log.columns["occurred_at"].format == "epoch_ms"
    assert log.kinds == {
        "SENT": "email_sent",
        "DELIVERED": "email_delivered",
        "OPEN": "email_opened",
        "CLICK": "email_clicked",
    }
    deals, of_companies = declared.outcomes
    assert (deals.split, deals.several, deals.undecided) == (";", "all", ["Appointment scheduled"])
    assert of_companies.only_without == "Associated Contact IDs"
    # Who shares a deal with another contact has won with it.
    assert CONVERSIONS <= count_won(outcomes) <= 1.2 * CONVERSIONS
    assert {own.known for own in declared.leads.own.values() if own.column == "Lifecycle Stage"} == {"after_outcome"}
    assert "Contact owner (after_outcome)" in said
    assert "Favourite Colour" in said


def test_salesforce_joins_ids_of_15_and_18_letters(walk, tmp_path):
    """Check that opportunities name leads by the id that conversion gave them."""
    _, leads, outcomes = walk("sf", *save_csv(make_salesforce(COUNT), tmp_path / "exports"))
    declared = load_source("sf")
    assert declared.outcomes[0].match == ["salesforce"]
    assert (len(leads), count_won(outcomes)) == (COUNT, CONVERSIONS)
    assert declared.leads.columns["job_title"].column == "Title"


def test_odoo_has_pairs_and_false_for_nothing(walk, tmp_path):
    """Check that the name of a pair is read, and that a false is no value."""
    save_lines(make_odoo(COUNT), tmp_path / "exports/crm.jsonl")
    _, leads, outcomes = walk("odoo", tmp_path / "exports")
    assert set(leads["country"]) == {"Spain", "Mexico", "United States", "Germany", "Argentina"}
    assert leads["phone"].isna().mean() == pytest.approx(0.25)
    assert count_won(outcomes) == CONVERSIONS


def test_mautic_in_spanish_has_a_date_of_becoming_a_customer(walk, tmp_path):
    """Check days before months, semicolons, and points that grow."""
    said, leads, outcomes = walk("mautic", *save_csv(make_mautic(COUNT), tmp_path / "exports", ";"))
    declared = load_source("mautic")
    assert declared.leads.columns["created_at"].format == "%d/%m/%Y %H:%M"
    assert declared.leads.own["points"].known == "later"
    assert (len(leads), count_won(outcomes)) == (COUNT, CONVERSIONS)
    assert "Only you can answer" in said


def test_a_column_that_only_winners_have_is_told(project, tmp_path):
    """Check a column of an unknown name that sales fill in when they win."""
    tables = make_hubspot(COUNT)
    contacts = tables["contacts"]
    won = contacts["Lifecycle Stage"] == "Customer"
    contacts["Kickoff room"] = [("A", "B")[number % 2] if is_won else "" for number, is_won in enumerate(won)]
    done = project.run("src.data.propose", "hub", *save_csv(tables, tmp_path / "exports"))
    assert "Kickoff room (after_outcome): " in done.stdout
    assert "of the leads that won have it" in done.stdout


def test_what_a_person_is_is_protected(project, tmp_path):
    """Check a column of the gender in Spanish."""
    tables = make_hubspot(COUNT)
    tables["contacts"]["Género"] = [("Mujer", "Hombre")[number % 2] for number in range(COUNT)]
    project.run("src.data.propose", "hub", *save_csv(tables, tmp_path / "exports"))
    own = {column.column: column for column in load_source("hub").leads.own.values()}
    assert own["Género"].protected
    assert not own["Favourite Colour"].protected


def test_a_false_is_no_value_in_the_columns_alone_that_are_no_flags(project, tmp_path):
    """Check Odoo's false beside a flag whose false is one."""
    records = [record | {"x_newsletter": number % 2 == 0} for number, record in enumerate(make_odoo(COUNT))]
    save_lines(records, tmp_path / "crm.jsonl")
    project.run("src.data.propose", "odoo", str(tmp_path / "crm.jsonl"))
    leads = load_source("odoo").leads
    assert leads.columns["phone"].missing == ["false"]
    assert leads.own["x_newsletter"].missing == leads.missing == []


def test_a_decimal_comma_is_found(project, tmp_path):
    """Check amounts such as 1.500,50, whose file then has that sign."""
    tables = make_hubspot(COUNT)
    tables["deals"]["Amount"] = [f"1.{number:03d},50" for number in range(len(tables["deals"]))]
    project.run("src.data.propose", "hub", *save_csv(tables, tmp_path / "exports"))
    declared = load_source("hub")
    assert [outcome.decimal for outcome in declared.outcomes] == [",", ","]
    assert declared.leads.decimal == "."


def test_two_files_of_one_name_are_refused(project, tmp_path):
    """Check that one does not write over the other."""
    for month in ("january", "february"):
        save_csv(make_hubspot(20), tmp_path / month)
    done = project.run("src.data.propose", "hub", str(tmp_path / "january"), str(tmp_path / "february"))
    assert "[repeated_file]" in done.stderr
    assert not list((project.folder / "data/raw/hub").glob("*"))


def test_at_most_five_questions_and_each_has_a_default(project, tmp_path):
    """Check the block of questions, which stands in the declaration, too."""
    done = project.run("src.data.propose", "hub", *save_csv(make_hubspot(COUNT), tmp_path / "exports"))
    questions = done.stdout.split("Only you can answer; the defaults stand in the declaration\n")[1].splitlines()
    text = paths.source_file("hub").read_text(encoding="utf-8")
    assert 1 <= len(questions) <= 5
    assert all(question.strip() in text for question in questions)


def test_no_cell_of_a_person_is_printed_or_written(project, tmp_path):
    """Check e-mails, phones and names of all contacts."""
    tables = make_hubspot(50)
    done = project.run("src.data.propose", "hub", *save_csv(tables, tmp_path / "exports"))
    text = done.stdout + done.stderr + paths.source_file("hub").read_text(encoding="utf-8")
    for column in ("Email", "Phone Number", "Last Name"):
        assert not [value for value in tables["contacts"][column] if value in text]


def test_a_declaration_that_is_there_stays(project):
    """Check that nothing is written over without --force."""
    before = paths.source_file("mine").read_bytes()
    done = project.run("src.data.propose", "mine", "data/raw/mine")
    assert done.returncode == 1
    assert "[declared_already]" in done.stderr
    assert paths.source_file("mine").read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("My CRM", "data/raw/mine"), "invalid_name"),
        (("other", "nowhere.csv"), "missing_file"),
        (("other", "data/sources"), "missing_file"),
        (("other", "data/raw/mine/leads.csv"), "no_leads"),
        (("other", "postgresql:NOT_SET"), "missing_dsn"),
    ],
)
def test_what_cannot_be_proposed_is_one_line(project, arguments, code):
    """Check a wrong name, no file, a folder without any, files without leads and a database without a DSN."""
    done = project.run("src.data.propose", *arguments)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert f"[{code}]" in done.stderr


@pytest.mark.parametrize(
    ("tool", "events"),
    [
        ("mailchimp", {"Email Address": "a@x.es", "Action": "open", "Timestamp": "2026-01-01 10:00:00"}),
        ("sendgrid", {"email": "a@x.es", "event": "delivered", "timestamp": "1767258000"}),
        ("brevo", {"email": "a@x.es", "event": "unique_opened", "date": "2026-01-01 10:00:00"}),
        ("ga4", {"user_pseudo_id": "1.2", "event_name": "page_view", "event_timestamp": "1767258000000000"}),
        ("spanish", {"Destinatario": "a@x.es", "Tipo de evento": "Clic", "Fecha": "01/02/2026 10:00"}),
    ],
)
def test_a_log_is_known_by_its_names_and_words(project, tool, events):
    """Check one row as each tool writes it."""
    path = project.write(f"{tool}.csv", pd.DataFrame([events]).to_csv(index=False))
    assert [tell_role(profile) for profile in profile_path(open_database(), path, 0)] == ["events"]


@pytest.mark.parametrize(
    ("names", "role"),
    [
        ("Record ID,Create Date,Email,First Name", "leads"),
        ("Id. de registro,Fecha de creación,Correo,Nombre", "leads"),
        ("leadid,createdon,emailaddress1,jobtitle", "leads"),
        ("Lead Id,Created Time,Email,Company", "leads"),
        ("Person - ID,Person - Person created,Person - Email,Person - Phone", "leads"),
        ("ID de lead,Creado el,Correo electrónico,Empresa", "leads"),
    ],
)
def test_leads_are_known_by_their_names_in_two_languages(project, names, role):
    """Check HubSpot, Dynamics, Zoho and Pipedrive."""
    path = project.write("x.csv", f"{names}\n1,2026-01-02 10:00,ana@x.es,Acme\n2,2026-01-03 10:00,eva@x.es,Beta\n")
    assert [tell_role(profile) for profile in profile_path(open_database(), path, 0)] == [role]


def test_a_file_is_read_as_it_is_written(project):
    """Check the encoding, the delimiter and the lines above the header."""
    text = "Informe de leads\n\nid;creado;correo;teléfono\n1;2026-01-01;a@x.es;1\n2;2026-01-02;b@x.es;2\n"
    found = find_form(project.write("x.csv", text, "windows-1252"))
    assert (found.encoding, found.delimiter, found.skip) == ("windows-1252", ";", 2)


def test_known_names_are_of_canonical_columns():
    """Check that a misspelt section or column cannot stand in the file."""
    from src.data.tables import ACTIVITY_KINDS, LEAD_COLUMNS

    known = load_known()
    assert set(known["leads"]) - {"lead_id", "created_at", "person"} <= set(LEAD_COLUMNS)
    assert set(known["kinds"]) <= set(ACTIVITY_KINDS)


@pytest.mark.parametrize(
    "name", ["Etapa del ciclo de vida", "Fecha de cierre", "Última actividad", "Propietario del contacto", "Puntos"]
)
def test_late_columns_are_named_in_spanish_too(name):
    """Check names with accents of HubSpot and Mautic."""
    assert find_late_name(name)
