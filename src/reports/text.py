"""Numbers, dates and names in words, as the language of the page writes them."""

import math
import re
from collections.abc import Sequence
from typing import Any

import pandas as pd

from src.reports.language import mark, say, say_plural, translate, write_date, write_digits, write_month, write_names
from src.reports.metric_words import say_category

MISSING = "–"
PERCENT = "\u00a0%"
"""The sign with a space that does not break."""

TOLD = frozenset(
    (
        mark("country"),
        mark("country from"),
        mark("in market"),
        mark("region"),
        mark("city"),
        mark("km to site"),
        mark("place from"),
        mark("offer"),
        mark("offer place"),
        mark("km to offer"),
        mark("job title"),
        mark("job seniority"),
        mark("job function"),
        mark("decision power"),
        mark("buying power"),
        mark("target function"),
        mark("company"),
        mark("count employees"),
        mark("company size band"),
        mark("sector"),
        mark("sector given"),
        mark("target sector"),
        mark("email"),
        mark("email valid"),
        mark("email kind"),
        mark("email role"),
        mark("email of company"),
        mark("phone"),
        mark("phone valid"),
        mark("phone kind"),
        mark("phone of country"),
        mark("reachable by"),
        mark("form"),
        mark("form kind"),
        mark("channel"),
        mark("source"),
        mark("campaign"),
        mark("landing page"),
        mark("count fields given"),
        mark("share fields given"),
        mark("count fields left out"),
        mark("leaves out email"),
        mark("leaves out phone"),
        mark("leaves out job title"),
        mark("leaves out company"),
        mark("leaves out company size"),
        mark("leaves out sector"),
        mark("leaves out place"),
        mark("leaves out message"),
        mark("message length"),
        mark("message language"),
        mark("stated intent"),
        mark("hour of day"),
        mark("weekday"),
        mark("office hours"),
        mark("consent"),
        mark("count earlier requests"),
        mark("days since earlier request"),
        mark("count earlier won"),
        mark("count earlier lost"),
        mark("count earlier accepted"),
        mark("count earlier refused"),
        mark("spam score"),
        mark("gibberish name"),
        mark("link"),
    )
)
"""The metrics of what a lead tells, without what says that their answer is yes or no."""

LONGEST_VALUE = 40
"""Characters of a value from the data that are shown."""


def say_number(value: float, step: float) -> str:
    """Return a number rounded to a multiple of `step`, a power of ten.

    >>> say_number(-146858.4, 1000)
    '−147,000'
    """
    text = f"{abs(round(value / step) * step):,.{max(0, -round(math.log10(step)))}f}"
    is_negative = value < 0 and any(digit in "123456789" for digit in text)
    return ("−" if is_negative else "") + write_digits(text)


def find_step(low: float, high: float) -> float:
    """Return the power of ten that leaves two figures of the width of an interval, at least a cent.

    >>> find_step(128000, 154000)
    1000
    """
    return 10 ** max(math.floor(math.log10(high - low)) - 1, -2) if high > low else 0.01


def say_amount(value: float) -> str:
    """Return an amount in euros with the three figures that mean something.

    >>> say_amount(146858.4)
    '€147,000'
    """
    size = abs(value)
    return say_euros(value, 10 ** max(math.floor(math.log10(size)) - 2, 0 if size >= 10 else -2) if size else 1)


def say_euros(value: float, step: float) -> str:
    """Return an amount in euros rounded to `step`: ``−€1,200``."""
    text = say_number(value, step)
    sign = "−" if text.startswith("−") else ""
    return sign + say("€{number}", number=text.removeprefix("−"))


def say_price(value: float) -> str:
    """Return an amount that somebody set, as it was set, to the cent.

    >>> say_price(12.5)
    '€12.50'
    """
    return say_euros(value, 1 if value == round(value) else 0.01)


def say_profit(figures: dict[str, Any]) -> tuple[str, str]:
    """Return a profit in euros and its interval, both as exact as the interval allows.

    >>> say_profit({"profit": 140350.5, "profit_low": 127944.6, "profit_high": 153645.5})
    ('€140,000', '€128,000 to €154,000')
    """
    value, low, high = (figures[name] for name in ("profit", "profit_low", "profit_high"))
    if low == high:
        return say_amount(value), say("{low} to {high}", low=say_amount(low), high=say_amount(high))
    step = find_step(low, high)
    return say_euros(value, step), say("{low} to {high}", low=say_euros(low, step), high=say_euros(high, step))


def say_difference(difference: dict[str, Any], what: str, name: str) -> str:
    """Return how `what`, the rule called `name`, compares; `difference` is ours less its profit."""
    step = find_step(difference["profit_low"], difference["profit_high"])
    profit, low, high = (difference[key] for key in ("profit", "profit_low", "profit_high"))
    if low == high == 0:
        return say("{what}, “{name}”, would have earned the same.", what=what, name=name)
    values = {"what": what, "name": name, "profit": say_less(profit, step)}
    if low > 0:
        ends = {"low": say_euros(low, step), "high": say_euros(high, step)}
        return say("{what}, “{name}”, would have earned {profit} (interval {low} to {high}).", **values, **ends)
    if high < 0:
        ends = {"low": say_euros(-high, step), "high": say_euros(-low, step)}
        return say(
            "{what}, “{name}”, would have earned {profit} (interval {low} to {high}): use it instead.", **values, **ends
        )
    ends = {"from_": say_less(high, step), "to": say_less(low, step)}
    return say(
        "{what}, “{name}”, would have earned {profit} (interval: from {from_} to {to}): the two cannot be told apart.",
        **values,
        **ends,
    )


def say_less(value: float, step: float) -> str:
    """Return an amount that something else earned less, or more where it is negative."""
    amount = say_euros(abs(value), step)
    return say("{amount} less", amount=amount) if value >= 0 else say("{amount} more", amount=amount)


def say_gain(figures: dict[str, Any], name: str) -> str:
    """Return an amount that may be a loss, with its interval: ``€1,400 (−€200 to €3,000)``."""
    value, low, high = (figures[f"{name}{end}"] for end in ("", "_low", "_high"))
    if low == high:
        return say_amount(value)
    step = find_step(low, high)
    return say(
        "{value} ({low} to {high})", value=say_euros(value, step), low=say_euros(low, step), high=say_euros(high, step)
    )


def say_scaled(figures: dict[str, Any], name: str, scale: float) -> str:
    """Return a figure times `scale` with its interval, as exact as the interval allows: ``2.4 (2.0 to 2.8)``."""
    value, low, high = (figures[f"{name}{end}"] * scale for end in ("", "_low", "_high"))
    step = find_step(low, high)
    return say(
        "{value} ({low} to {high})",
        value=say_number(value, step),
        low=say_number(low, step),
        high=say_number(high, step),
    )


def has_varying_values(policy: dict[str, Any]) -> bool:
    """Return whether conversions of different leads are worth different amounts, by a policy's figures."""
    return len(policy["cuts_by_value"]) > 1


def say_names(names: Sequence[str]) -> str:
    """Return names as words of a sentence.

    >>> say_names(["value", "cost", "factor"])
    'value, cost and factor'
    """
    return write_names(names)


def say_quoted(name: str) -> str:
    """Return a name between the quotation marks of the language.

    >>> say_quoted("Call all")
    '“Call all”'
    """
    return say("“{name}”", name=name)


def say_condition(when: str) -> str:
    """Return a condition of the scenario, as it is written in its figures, for a sentence.

    >>> say_condition("is_phone_valid equals 1")
    'phone valid: yes'
    >>> say_condition("km_to_site at most 30")
    'km to site at most 30'
    """
    name, way, value = re.fullmatch(r"(\w+) (equals|among|at least|at most) (.+)", when).groups()
    flag = re.fullmatch(r"(?:is|has)_(\w+)", name)
    if flag and (way, value) in (("equals", "0"), ("equals", "1")):
        answer = say("yes") if value == "1" else say("no")
        return f"{say_metric(flag[1])}: {answer}"
    if way in ("equals", "among"):
        return f"{say_metric(name)}: {say_category(name, value)}"
    bound = {"name": say_metric(name), "number": write_digits(value)}
    return say("{name} at least {number}", **bound) if way == "at least" else say("{name} at most {number}", **bound)


def say_metric(name: str) -> str:
    """Return the name of a metric for a sentence: in words of the language, or else the column's own.

    >>> say_metric("is_phone_valid"), say_metric("total_visits")
    ('is phone valid', 'total visits')
    """
    bare = re.sub(r"^(is|has)_", "", name).replace("_", " ")
    said = translate(bare) if bare in TOLD else bare
    return name.replace("_", " ") if said == bare else said


def say_share(value: float | None, digits: int = 1) -> str:
    return MISSING if value is None else write_digits(f"{value * 100:.{digits}f}") + PERCENT


def say_probability(value: float) -> str:
    """Return a probability in percent with two figures that mean something.

    >>> say_probability(0.05)
    '5.0\\xa0%'
    """
    percent = value * 100
    if 0 < percent < 0.01:
        return say("under {least}", least=write_digits("0.01") + PERCENT)
    digits = 0 if percent >= 9.95 or percent == 0 else 1 if percent >= 0.995 else 2
    return write_digits(f"{percent:.{digits}f}") + PERCENT


def say_count(value: float) -> str:
    return write_digits(f"{value:,.0f}")


def say_decimal(value: float | None, digits: int) -> str:
    return MISSING if value is None else say_number(value, 10**-digits)


def say_figure(figures: dict[str, Any], name: str, digits: int) -> str:
    """Return a figure with its interval, e.g. ``0.808 (0.794 to 0.820)``."""
    value, low, high = (figures.get(f"{name}{end}") for end in ("", "_low", "_high"))
    if value is None or low is None or high is None:
        return say_decimal(value, digits)
    return say(
        "{value} ({low} to {high})",
        value=say_decimal(value, digits),
        low=say_decimal(low, digits),
        high=say_decimal(high, digits),
    )


def say_age(age: str, is_dated: bool = True) -> str:
    """Return an age in words; a source without dates knows its leads at the extraction only.

    >>> say_age("1d")
    '1 day'
    """
    if not is_dated:
        return say("at the extraction")
    number = int(age[:-1])
    if number == 0:
        return say("at once")
    if age.endswith("h"):
        return say_plural("{number} hour", "{number} hours", number, number=say_count(number))
    return say_plural("{number} day", "{number} days", number, number=say_count(number))


def say_decision(results: dict[str, Any]) -> str:
    """Return when the decision falls, e.g. ``1 day after coming in``."""
    decide_at, is_dated = results["policy"]["decide_at"], results["metrics"]["data"]["is_dated"]
    age = say_age(decide_at, is_dated)
    return say("{age} after coming in", age=age) if is_dated and int(decide_at[:-1]) else age


def say_date(text: str) -> str:
    return write_date(pd.Timestamp(text))


def say_month(text: str) -> str:
    return write_month(pd.Timestamp(text))


def upper_first(text: str) -> str:
    """Return words as the beginning of a sentence."""
    return text[:1].upper() + text[1:]


def lower_first(text: str) -> str:
    """Return a title as words within a sentence."""
    return text[:1].lower() + text[1:]


def say_value(text: str) -> str:
    """Return a value from the data for a sentence: one short line that cannot turn the words around it.

    What is invisible becomes a blank; the marks of an isolate keep a script that runs from right to
    left to itself.
    """
    shown = " ".join("".join(letter if letter.isprintable() else " " for letter in text[:LONGEST_VALUE]).split())
    return f"\u2068{shown}{'…' if len(text) > LONGEST_VALUE else ''}\u2069"


def say_leads(count: int) -> str:
    return say_plural("{leads} lead", "{leads} leads", count, leads=say_count(count))
