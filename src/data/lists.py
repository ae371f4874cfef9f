"""SQL that reads what a cell may hold beside one value: lists, and the fields of JSON."""

from src.data.quoting import name_raw, quote_text

SEPARATOR = ";"
"""Between the values of a list, where nothing else is declared: forms and CRMs write it."""


def parse_list(text: str, separator: str | None) -> str:
    """Return SQL for the different values of a list, sorted, as a JSON array; NULL where it has none.

    A JSON array is one whatever the separator.
    """
    parts = f"string_split({text}, {quote_text(separator or SEPARATOR)})"
    is_json = f"({text}[1] = '[' AND json_valid({text}))"
    values = f"CASE WHEN {is_json} THEN try(from_json({text}, '[\"VARCHAR\"]')) ELSE {parts} END"
    trimmed = f"list_transform({values}, lambda item: trim(item))"
    clean = f"list_sort(list_distinct(list_filter({trimmed}, lambda item: item <> '')))"
    return f"CASE WHEN len({clean}) > 0 THEN to_json({clean})::VARCHAR END"


def find_nested(columns: list[str], found: list[str]) -> dict[str, tuple[str, list[str]]]:
    """Return for each of `columns` that a file does not have, but whose beginning it has, (column, path in it).

    >>> find_nested(["id", "params.page", "other"], ["id", "params"])
    {'params.page': ('params', ['page'])}
    """
    nested = {}
    for column in columns:
        if column in found:
            continue
        parts = column.split(".")
        bases = [n for n in range(len(parts) - 1, 0, -1) if ".".join(parts[:n]) in found]
        if bases:
            nested[column] = ".".join(parts[: bases[0]]), parts[bases[0] :]
    return nested


def add_nested(query: str, nested: dict[str, tuple[str, list[str]]]) -> str:
    """Return `query` with a column for each nested field."""
    if not nested:
        return query
    fields = [f"{extract_field(name_raw(base), path)} AS {name_raw(name)}" for name, (base, path) in nested.items()]
    return f"SELECT *, {', '.join(fields)} FROM ({query})"


def extract_field(base: str, path: list[str]) -> str:
    """Return SQL for a field of a JSON text, as text; the fields of an array of keys and values are its keys.

    Analytics tools write such arrays: ``[{"key": "page", "value": {"string_value": "/prices"}}]``.
    """
    where = "$" + "".join("." + '"' + part.replace('"', "") + '"' for part in path)
    rest = "$" + "".join("." + '"' + part.replace('"', "") + '"' for part in path[1:])
    if path[0].isdigit():
        # A place in an array, from 0: Odoo's pair of an id and a name has the name at 1.
        return f"CASE WHEN json_valid({base}) THEN json_extract_string({base}, '$[{path[0]}]') END"
    key, pairs = quote_text(path[0]), '[{"key":"VARCHAR","value":"JSON"}]'
    value = f"list_filter(from_json({base}, '{pairs}'), lambda pair: pair.key = {key})[1].value"
    typed = ", ".join(
        f"json_extract_string({value}, '$.{kind}_value')" for kind in ("string", "int", "double", "float")
    )
    one = f"CASE WHEN json_type({value}) = 'OBJECT' THEN coalesce({typed}) ELSE json_extract_string({value}, '$') END"
    one = one if len(path) == 1 else f"json_extract_string({value}, {quote_text(rest)})"
    return (
        f"CASE WHEN json_valid({base}) THEN CASE json_type({base}) WHEN 'ARRAY' THEN try({one}) "
        f"ELSE json_extract_string({base}, {quote_text(where)}) END END"
    )
