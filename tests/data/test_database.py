"""Tables of a real PostgreSQL server as a source, read and never written, with a DSN that nobody sees."""

import adbc_driver_postgresql.dbapi as driver
import pandas as pd
import pytest
from pydantic import ValidationError

from src import paths, run
from src.data import ingest
from src.data.database import Database, Table, connect, list_tables
from src.data.pull import pull_tables
from src.files import read_table
from src.stage import InputError
from tests.data.server import PASSWORD, run_server

TABLES = r'''
CREATE SCHEMA "crm; DROP";
CREATE TABLE leads (id text, created timestamptz, country text, size numeric, result boolean, tags text[]);
INSERT INTO leads VALUES ('b', '2026-01-02 00:00:00+00', 'NA', 2.5, false, '{}'),
    ('a', '2026-01-01 01:00:00+01', 'ES', 1, true, '{x,"y z"}');
CREATE TABLE "crm; DROP"."Leads ""2""" AS SELECT * FROM leads;
CREATE SEQUENCE numbers;
CREATE TABLE secret (x text);
CREATE ROLE reader LOGIN PASSWORD 'reader-of-the-test';
GRANT SELECT ON leads TO reader;
'''
OUTCOMES = [{"column_of_leads": "result", "kinds": {"true": "won", "false": "lost"}}]


@pytest.fixture(scope="module")
def server():
    with run_server() as dsn:
        with driver.connect(dsn, autocommit=True) as connection, connection.cursor() as cursor:
            for statement in TABLES.split(";\n"):
                if statement.strip():
                    cursor.execute(statement)
        yield dsn


@pytest.fixture
def declare(project, server, monkeypatch):
    """Return what declares the source with a table or a query of the server."""
    monkeypatch.setenv("CRM_DSN", server)

    def declare(**table):
        database = {"dsn": "CRM_DSN", "tables": {"leads.parquet": table}}
        return project.declare(database=database, leads={"file": "leads.parquet"}, outcomes=OUTCOMES)

    return declare


def pull(source):
    return pull_tables("mine", source.database)


def test_a_table_gives_the_leads_of_its_export(project, declare):
    """Check instants, decimals and Namibia against the CSV, and that the file is the same when pulled again."""
    ingest.main()
    expected = read_table(paths.LEADS)
    assert pull(declare(table="leads")) == {"leads.parquet": 2}
    ingest.main()
    pd.testing.assert_frame_equal(read_table(paths.LEADS), expected)
    before = (project.raw / "leads.parquet").read_bytes()
    pull(declare(table="public.leads"))
    assert (project.raw / "leads.parquet").read_bytes() == before
    pull(declare(query="SELECT * FROM leads ORDER BY id;"))
    assert (project.raw / "leads.parquet").read_bytes() == before


def test_lists_are_json(project, declare):
    """Check an array of texts, one with a blank, and an empty one."""
    pull(declare(table="leads"))
    tags = pd.read_parquet(project.raw / "leads.parquet").sort_values("id")["tags"]
    assert tags.tolist() == ['["x","y z"]', "[]"]


def test_names_are_quoted(project, declare):
    """Check a schema and a table whose names would be a statement of their own."""
    assert pull(declare(table='crm; DROP.Leads "2"')) == {"leads.parquet": 2}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("SELECT * FROM nowhere", "42P01"),
        ("SELECT * FROM leads) AS a; DROP TABLE leads; --", ""),
        ("DELETE FROM leads RETURNING *", ""),
        ("SELECT * FROM leads FOR UPDATE", "25006"),
        ("SELECT nextval('numbers')", ""),
    ],
)
def test_what_is_no_reading_is_refused(declare, server, query, code):
    """Check an unknown table, statements within a query and functions that write: nothing has changed."""
    with pytest.raises(InputError, match=rf"\[wrong_query\] leads.parquet: .*{code}"):
        pull(declare(query=query))
    assert pull(declare(table="leads")) == {"leads.parquet": 2}


def test_the_dsn_is_in_no_message(project, declare, server, monkeypatch):
    """Check a wrong password, a server that is not there, a table that may not be read and no DSN at all."""
    wrong = server.replace(PASSWORD, "wrong-of-the-test")
    for dsn in (wrong, "postgresql://owner:x-of-the-test@127.0.0.1:1/postgres", "nonsense of-the-test"):
        monkeypatch.setenv("CRM_DSN", dsn)
        with pytest.raises(InputError, match=r"\[no_connection\] CRM_DSN: ") as caught:
            pull(declare(table="leads"))
        assert not any(part in str(caught.value) for part in ("of-the-test", "owner", "127.0.0.1", "/tmp/pg-"))
    reader = server.replace(f"owner:{PASSWORD}", "reader:reader-of-the-test")
    monkeypatch.setenv("CRM_DSN", reader)
    with pytest.raises(InputError, match=r"\[wrong_query\] leads.parquet: .*\(42501\)"):
        pull(declare(table="secret"))
    monkeypatch.delenv("CRM_DSN")
    with pytest.raises(InputError, match=r"\[missing_dsn\] the environment variable CRM_DSN"):
        pull(declare(table="leads"))


def test_the_dsn_is_in_no_file(project, declare):
    """Check every byte that the programs write."""
    source = declare(table="leads")
    assert project.run("src.data.pull", "mine").stderr == "src.data.pull: 2 rows in leads.parquet\n"
    assert project.run("src.data.inputs").returncode == 0
    assert source.database.model_dump_json().count("CRM_DSN") == 1
    assert not [name for name, content in project.list_files().items() if PASSWORD.encode() in content]


def test_a_run_reads_the_database_where_its_files_are_missing(project, declare):
    """Check that a first run pulls, and a second one reads what is kept."""
    declare(table="leads")
    run.pull_missing_tables("mine")
    before = (project.raw / "leads.parquet").stat()
    run.pull_missing_tables("mine")
    assert (project.raw / "leads.parquet").stat() == before


def test_tables_are_listed_with_their_schema(server, monkeypatch):
    """Check that PostgreSQL's own tables are none."""
    monkeypatch.setenv("CRM_DSN", server)
    with connect("CRM_DSN") as cursor:
        assert list_tables(cursor) == ['crm; DROP.Leads "2"', "leads", "secret"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"dsn": "postgresql://me:secret@server/crm", "tables": {"a.parquet": {"table": "a"}}},
        {"dsn": "CRM_DSN", "tables": {"a.csv": {"table": "a"}}},
        {"dsn": "CRM_DSN", "tables": {"../a.parquet": {"table": "a"}}},
        {"dsn": "CRM_DSN", "tables": {"a.parquet": {"table": "a.b.c"}}},
        {"dsn": "CRM_DSN", "tables": {"a.parquet": {"table": "a", "query": "SELECT 1"}}},
        {"dsn": "CRM_DSN", "tables": {"a.parquet": {}}},
        {"dsn": "CRM_DSN", "tables": {}},
    ],
)
def test_a_database_that_cannot_be_is_refused(wrong):
    """Check a DSN in the file, files that are no Parquet or lie elsewhere, and tables without one meaning."""
    with pytest.raises(ValidationError):
        Database.model_validate(wrong)


def test_a_statement_is_no_table():
    """Check that the whole name is quoted."""
    assert Table(table='x" ; DROP TABLE y').write_query() == 'SELECT * FROM "x"" ; DROP TABLE y"'
