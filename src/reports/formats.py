"""Numbers, shares, probabilities and amounts as the language of the page writes them, no more exact than they are."""

import math
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from babel.numbers import format_currency, format_decimal

from src.reports.language import get_currency, get_language, get_locale, gettext

MISSING = "–"
NO_BREAK = "\u00a0"


def is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def write_number(value: float, digits: int = 0) -> str:
    """Return a number with so many decimals; a negative one with a minus sign that stays with it.

    >>> write_number(-1234.5), write_number(-0.001, 1)
    ('−1,235', '0.0')
    """
    if is_missing(value):
        return MISSING
    # Exactly, and away from zero at a half, as the explorer's program rounds.
    size = Decimal(abs(float(value))).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    text = format_decimal(size, "#,##0" + ("." + "0" * digits if digits else ""), locale=get_locale())
    return f"−{text}" if value < 0 and size else text


def write_count(value: float) -> str:
    return write_number(value, 0)


def write_share(value: float | None, digits: int = 0) -> str:
    """Return a share in percent: ``12%``, in Spanish ``12 %``."""
    if is_missing(value):
        return MISSING
    return write_number(value * 100, digits) + ("%" if get_language() == "en" else f"{NO_BREAK}%")


def write_probability(value: float | None) -> str:
    """Return a probability in percent with two figures that mean something.

    >>> write_probability(0.05), write_probability(0.31), write_probability(0.00001)
    ('5.0%', '31%', 'under 0.01%')
    """
    if is_missing(value):
        return MISSING
    percent = value * 100
    if 0 < percent < 0.01:
        return gettext("under %(least)s") % {"least": write_share(0.0001, 2)}
    return write_share(value, 0 if percent >= 9.95 or percent == 0 else 1 if percent >= 0.995 else 2)


def find_step(low: float, high: float) -> float:
    """Return the power of ten that leaves two figures of the width of an interval, at least a cent.

    >>> find_step(128000, 154000)
    1000
    """
    return 10 ** max(math.floor(math.log10(high - low)) - 1, -2) if high > low else 0.01


def write_amount(value: float, step: float) -> str:
    """Return an amount rounded to a multiple of `step`, a power of ten, in the currency of the page."""
    digits = max(0, -round(math.log10(step)))
    rounded = round(value / step) * step
    pattern = get_locale().currency_formats["standard"].pattern.split(";")[0]
    pattern = pattern.replace(".00", "." + "0" * digits if digits else "")
    text = format_currency(abs(rounded), get_currency(), pattern, locale=get_locale(), currency_digits=False)
    return f"−{text}" if round(rounded, 2) < 0 else text


def write_money(value: float | None) -> str:
    """Return an amount with the three figures that mean something.

    >>> write_money(146858.4), write_money(-12.34)
    ('€147,000', '−€12')
    """
    if is_missing(value):
        return MISSING
    size = abs(value)
    return write_amount(value, 10 ** max(math.floor(math.log10(size)) - 2, 0 if size >= 10 else -2) if size else 1)


def write_price(value: float) -> str:
    """Return an amount that somebody set, as it was set, to the cent.

    >>> write_price(12.5), write_price(300.0)
    ('€12.50', '€300')
    """
    return write_amount(value, 1 if value == round(value) else 0.01)


def take_ends(figures: Any, name: str) -> tuple[Any, Any, Any]:
    """Return a figure and the ends of its interval, of a mapping, a row or an object."""
    take = figures.get if hasattr(figures, "get") else lambda key: getattr(figures, key, None)
    return take(name), take(f"{name}_low"), take(f"{name}_high")


def join_ends(value: str, low: str, high: str) -> str:
    return gettext("%(value)s (%(low)s to %(high)s)") % {"value": value, "low": low, "high": high}


def write_money_between(figures: Any, name: str = "profit") -> str:
    """Return an amount with its interval, both as exact as the interval allows.

    >>> write_money_between({"profit": 140350.5, "profit_low": 127944.6, "profit_high": 153645.5})
    '€140,000 (€128,000 to €154,000)'
    """
    value, low, high = take_ends(figures, name)
    if is_missing(value):
        return MISSING
    if low == high:
        return write_money(value)
    return join_ends(*(write_amount(each, find_step(low, high)) for each in (value, low, high)))


def write_between(figures: Any, name: str, digits: int = 3, scale: float = 1) -> str:
    """Return a figure with its interval: ``0.808 (0.794 to 0.820)``."""
    ends = take_ends(figures, name)
    if any(map(is_missing, ends)):
        return write_number(ends[0] * scale, digits) if not is_missing(ends[0]) else MISSING
    return join_ends(*(write_number(each * scale, digits) for each in ends))


def write_share_between(figures: Any, name: str, digits: int = 1) -> str:
    """Return a share with its interval: ``9.8% (9.2% to 10.4%)``."""
    ends = take_ends(figures, name)
    if any(map(is_missing, ends)):
        return write_share(ends[0], digits)
    return join_ends(*(write_share(each, digits) for each in ends))


def write_range(low: str, high: str) -> str:
    return low if low == high else gettext("%(low)s to %(high)s") % {"low": low, "high": high}
