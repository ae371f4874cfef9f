"""SQL that reads numbers as people and spreadsheets write them: signs of money, per cent, marks of thousands."""

import re

from src.data.quoting import quote_text

BLANKS = "\u00a0\u2007\u2009\u202f"
APOSTROPHES = "’ʼ‘"
MINUSES = "−–"

CURRENCIES = {
    "EUR": ("€",),
    "USD": ("US$", "$"),
    "GBP": ("£",),
    "JPY": ("¥",),
    "CNY": ("CN¥", "¥"),
    "INR": ("₹", "Rs.", "Rs"),
    "BRL": ("R$",),
    "MXN": ("MX$", "$"),
    "ARS": ("AR$", "$"),
    "COP": ("COL$", "$"),
    "CLP": ("CLP$", "$"),
    "PEN": ("S/.", "S/"),
    "CAD": ("CA$", "$"),
    "AUD": ("A$", "AU$", "$"),
    "CHF": ("Fr.", "SFr."),
    "SEK": ("kr",),
    "NOK": ("kr",),
    "DKK": ("kr.", "kr"),
    "PLN": ("zł",),
    "CZK": ("Kč",),
    "HUF": ("Ft",),
    "RON": ("lei",),
    "TRY": ("₺",),
    "ILS": ("₪",),
    "KRW": ("₩",),
    "UAH": ("₴",),
    "RUB": ("₽",),
}
"""Signs of currencies, by their codes (ISO 4217)."""

THOUSANDS = {".": r"\.", ",": ",", " ": " ", "'": "'"}


def parse_number(text: str, decimal: str, thousands: str | None = None, currency: str | None = None) -> str:
    """Return SQL for a finite number.

    Around it may stand the sign or code of a currency (of `currency` alone, if that is given) or a
    per cent, which is left out: 35 % is 35. A negative number has its minus before or behind it, or
    stands in brackets.

    Parameters
    ----------
    text : str
        SQL for the text.
    decimal : str
        ``.`` or ``,``.
    thousands : str, optional
        The mark that may part thousands; by default a point where `decimal` is a comma, else none.
    """
    thousands = ("." if decimal == "," else "") if thousands is None else thousands
    number = read_bare(text, decimal, thousands)
    # Around most numbers nothing stands, and nothing is looked for.
    dressed = read_dressed(text, decimal, thousands, currency)
    return f"CASE WHEN regexp_full_match({text}, '[0-9.,eE+-]*') THEN {number} ELSE {dressed} END"


def read_bare(text: str, decimal: str, thousands: str) -> str:
    """Return SQL for a number with nothing around it but its minus."""
    plain = f"rtrim({text}, '-')"
    plain = f"replace({plain}, {quote_text(thousands)}, '')" if thousands else plain
    plain = f"replace({plain}, ',', '.')" if decimal == "," else plain
    value = f"try_cast({plain} AS DOUBLE)"
    signed = f"if({text}[-1] = '-', -{value}, {value})"
    is_number = f"regexp_full_match({text}, '{write_number_pattern(decimal, thousands)}') AND isfinite({value})"
    return f"CASE WHEN {is_number} THEN {signed} END"


def read_dressed(text: str, decimal: str, thousands: str, currency: str | None) -> str:
    """Return SQL for a number between signs of money, per cent, brackets and blanks."""
    odd = quote_text(BLANKS + APOSTROPHES + MINUSES)
    plain = quote_text(" " * len(BLANKS) + "'" * len(APOSTROPHES) + "-" * len(MINUSES))
    signs = "|".join(sorted(map(re.escape, list_signs(currency)), key=lambda sign: (-len(sign), sign)))
    # In brackets it is negative; "5.-" and "5,-" have no cents. What does not fit stays, and is no number.
    forms = {
        rf"^([+-]?) ?(?:{signs})? ?(\d[^%()]*?)(?:[.,]-+)? ?(?:{signs}|%)?$": r"\1\2",
        rf"^(?:{signs}) ?([+-])(\d[^%()]*?)$": r"\1\2",
        rf"^[(](?:{signs})? ?(\d[^%()-]*?) ?(?:{signs}|%)?[)]$": r"-\1",
    }
    bare = f"translate({text}, {odd}, {plain})"
    for form, kept in forms.items():
        bare = f"regexp_replace({bare}, {quote_text(form)}, '{kept}')"
    # Within a list it is made once: an expression that stands in several places is worked out in each.
    return f"list_transform([{bare}], lambda bare: {read_bare('bare', decimal, thousands)})[1]"


def extract_sign(text: str) -> str:
    """Return SQL for the sign of money or the per cent beside a number, empty without one."""
    signs = sorted(map(re.escape, list_signs(None)), key=lambda sign: (-len(sign), sign))
    bare = f"CASE WHEN regexp_full_match({text}, '[0-9.,eE+-]*') THEN '' ELSE {text} END"
    return f"regexp_extract({bare}, {quote_text('|'.join([*signs, '%']))})"


def write_number_pattern(decimal: str, thousands: str) -> str:
    """Return the pattern of numbers without what stands around them."""
    whole = r"\d+"
    if thousands:
        mark = THOUSANDS[thousands]
        whole += rf"|\d{{1,3}}({mark}\d{{3}})+"
        # Lakhs and crores: 12,34,567.
        whole += rf"|\d{{1,2}}({mark}\d{{2}})+{mark}\d{{3}}" if thousands == "," else ""
    point = r"\." if decimal == "." else ","
    return rf"([+-]?({whole})?({point}\d*)?([eE][+-]?\d+)?|({whole})({point}\d*)?-)".replace("'", "''")


def list_signs(currency: str | None) -> set[str]:
    """Return the signs and codes that may stand beside a number."""
    codes = CURRENCIES if currency is None else [currency]
    return {sign for code in codes for sign in (code, *CURRENCIES.get(code, ()))}
