"""How times are written, checked before a file is opened: named formats and strptime patterns."""

import re
from zoneinfo import available_timezones

TIME_FORMATS = ("iso", "excel", "epoch_s", "epoch_ms", "epoch_us")
"""Named formats of a time; anything else with a ``%`` is a strptime pattern."""

DIRECTIVES = "aAbBcdfgGHIjmMnpSuUVwWxXyYzZ%"
"""The letters that DuckDB understands behind ``%``."""

DIRECTIVE = re.compile(r"%-?(.?)", re.DOTALL)
YEARS, MONTHS, DAYS, HOURS = "yYGcx", "mbBjcxUVW", "djcxauw", "HIcX"

UTC_ENDS = ("Z", "UTC", "GMT")
"""What a pattern may end in, literally, to say that its times are in UTC."""


def list_directives(pattern: str) -> list[str]:
    """Return the letters behind each ``%`` of a pattern.

    >>> list_directives("%d/%-m/%Y 100%%"), list_directives("50%")
    (['d', 'm', 'Y', '%'], [''])
    """
    return DIRECTIVE.findall(pattern)


def has_any(pattern: str, letters: str) -> bool:
    return any(letter and letter in letters for letter in list_directives(pattern))


def check_format(value: str) -> str:
    """Return `value` if it is a named format, or a pattern that can tell a month.

    A pattern without a year or a month, or whose clock of twelve hours lacks its half of the day,
    is a slip that would read every time wrongly.
    """
    if value in TIME_FORMATS:
        return value
    if "%" not in value:
        raise ValueError(f"must be one of {', '.join(TIME_FORMATS)} or a strptime pattern")
    unknown = [letter for letter in list_directives(value) if not letter or letter not in DIRECTIVES]
    if unknown:
        raise ValueError(f"%{unknown[0]} is no strptime directive; there are {', '.join('%' + d for d in DIRECTIVES)}")
    for letters, what in ((YEARS, "year (%Y)"), (MONTHS, "month (%m; %M is minutes)")):
        if not has_any(value, letters):
            raise ValueError(f"the pattern has no {what}")
    if has_any(value, "I") and not has_any(value, "p"):
        raise ValueError("%I counts twelve hours and needs %p; for twenty-four it is %H")
    if has_any(value, "H") and has_any(value, "p"):
        raise ValueError("%H counts twenty-four hours and has no %p; for twelve it is %I")
    return value


def check_moment(value: str) -> str:
    """Return the format of a moment, which needs a day, too."""
    if "%" in value and not has_any(value, DAYS):
        raise ValueError("the pattern has no day (%d)")
    return value


def is_day(pattern: str) -> bool:
    """Say whether a strptime pattern gives days without a time."""
    return not has_any(pattern, HOURS)


def is_in_utc(pattern: str) -> bool:
    """Say whether a strptime pattern ends in the literal name of UTC.

    >>> is_in_utc("%Y-%m-%dT%H:%M:%SZ"), is_in_utc("%d/%m/%Y %H:%M UTC"), is_in_utc("%H:%M:%S %Z")
    (True, True, False)
    """
    return not has_any(pattern, "zZ") and re.search(rf"(?<!%)({'|'.join(UTC_ENDS)})\)?\s*$", pattern) is not None


def check_zone(value: str) -> str:
    if value not in available_timezones():
        raise ValueError("must be a time zone such as Europe/Madrid")
    return value


def check_language(value: str) -> str:
    from babel import Locale, UnknownLocaleError

    try:
        Locale.parse(value, sep="-" if "-" in value else "_")
    except (UnknownLocaleError, ValueError):
        raise ValueError("must be a language of CLDR, such as es, de or pt_BR") from None
    return value
