"""Tables of a PostgreSQL database as they are declared, and as Parquet files of texts."""

import os
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import AfterValidator, Field, model_validator

from src.data.quoting import quote
from src.files import replacing
from src.stage import InputError
from src.strict import Strict


def check_parquet_name(name: str) -> str:
    if not name.endswith(".parquet") or "/" in name or "*" in name:
        raise ValueError("must be the name of a .parquet file")
    return name


def check_table_name(name: str) -> str:
    if not 1 <= len(name.split(".")) <= 2 or not all(name.split(".")) or "\0" in name:
        raise ValueError("must be a table, or a schema and a table with a point between them")
    return name


class Table(Strict):
    """What is read into one file: a table, or what a query gives."""

    table: Annotated[str, AfterValidator(check_table_name)] | None = None
    query: Annotated[str, Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def check_one_form(self) -> "Table":
        if (self.table is None) == (self.query is None):
            raise ValueError("needs either table or query")
        return self

    def write_query(self) -> str:
        """Return the query, with the name of a table quoted.

        >>> Table(table='crm.Contacts').write_query()
        'SELECT * FROM "crm"."Contacts"'
        """
        if self.query is not None:
            return self.query.strip().rstrip(";")
        return f"SELECT * FROM {'.'.join(map(quote, self.table.split('.')))}"


class Database(Strict):
    """A PostgreSQL database: `dsn` names the environment variable that says where it is and who asks."""

    dsn: Annotated[str, Field(pattern="^[A-Z][A-Z0-9_]{0,63}$")]
    tables: Annotated[dict[Annotated[str, AfterValidator(check_parquet_name)], Table], Field(min_length=1)]


@contextmanager
def connect(variable: str) -> Iterator[Any]:
    """Yield a cursor of a transaction that can only read, and sees the database as it is now.

    Nothing of the DSN is in an error: the driver's messages name the server and the user.
    """
    import adbc_driver_postgresql.dbapi as driver

    dsn = os.environ.get(variable)
    if not dsn:
        message = f"the environment variable {variable}, which the source names, is not set: postgresql://…"
        raise InputError("missing_dsn", message)
    try:
        connection = driver.connect(dsn)
    except driver.Error as error:
        what = f"it cannot be reached or does not let us in{describe(error)}"
        raise InputError("no_connection", f"{variable}: {what}; check the DSN in the environment") from None
    with connection, connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SET LOCAL TimeZone = 'UTC'")
        cursor.execute("SET LOCAL DateStyle = 'ISO'")
        yield cursor


def describe(error: Exception) -> str:
    """Return the five letters by which PostgreSQL knows an error, if it has any; never its message."""
    code = getattr(error, "sqlstate", None)
    return f" ({code})" if code and code != "\0\0\0\0\0" else ""


def list_tables(cursor: Any) -> list[str]:
    """Return the tables and views that can be read, in order, with their schema unless it is public."""
    cursor.execute(
        "SELECT table_schema, table_name FROM information_schema.tables "
        "WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1, 2"
    )
    return [name if schema == "public" else f"{schema}.{name}" for schema, name in cursor.fetchall()]


def save_table(cursor: Any, name: str, table: Table, path: Path) -> int:
    """Write what a table or a query gives to a Parquet file and return its rows: texts, in their order.

    Texts, because an export would have them too; lists are JSON. The rows are in order, so that the same data
    are the same bytes whatever the database has done in between.
    """
    import adbc_driver_manager

    try:
        cursor.execute(write_texts(table, read_schema(cursor, name, table)))
        reader = cursor.fetch_record_batch()
        with replacing(path) as temporary, pq.ParquetWriter(temporary, reader.schema.remove_metadata()) as writer:
            rows = 0
            for batch in reader:
                writer.write_batch(batch.replace_schema_metadata(None))
                rows += len(batch)
        return rows
    except (adbc_driver_manager.Error, pa.ArrowException, OSError) as error:
        what = f"the database does not answer it{describe(error)}"
        raise InputError("wrong_query", f"{what}; is there such a table, and may you read it?", name) from None


def read_schema(cursor: Any, name: str, table: Table) -> pa.Schema:
    cursor.execute(f"SELECT * FROM ({table.write_query()}) AS given LIMIT 0")
    schema = cursor.fetch_record_batch().schema
    twice = [column for column, count in Counter(schema.names).items() if count > 1]
    if twice:
        raise InputError("repeated_column", "the query has it twice; name one with AS", name, None, twice[0])
    return schema


def write_texts(table: Table, schema: pa.Schema) -> str:
    texts = [f"{write_text(field)} AS {quote(field.name)}" for field in schema]
    order = ", ".join(f'{number} COLLATE "C"' for number in [write_text(field) for field in schema])
    return f"SELECT {', '.join(texts)} FROM ({table.write_query()}) AS given ORDER BY {order}"


def write_text(field: pa.Field) -> str:
    if pa.types.is_nested(field.type):
        return f"to_json({quote(field.name)})::text"
    return f"{quote(field.name)}::text"
