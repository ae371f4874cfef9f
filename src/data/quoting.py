"""Names and texts in SQL."""


def quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def quote_text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def name_raw(column: str) -> str:
    """Return the quoted name of a raw column in a table; no other column's name begins so."""
    return quote(f"raw {column}")
