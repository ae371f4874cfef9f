"""What the data call by a code, in words: metrics, conditions, policies, ages, values that leads brought along."""

from typing import Any

from src.params import Condition
from src.reports.formats import write_number, write_share
from src.reports.language import find_word, gettext, ngettext, word, write_list

LONGEST_VALUE = 40
"""Characters of a value from the data that are shown."""

CUT_SHORT = ("top_", "points", "required_", "highest_f1")
"""How the policies begin that would call more than the capacity allows."""


def write_objective(name: str) -> str:
    return word(name, "objective")


def write_scenario(name: str) -> str:
    """Return the short name of a scenario, which is its key in ``params.yaml``.

    >>> write_scenario("call_centre")
    'Call centre'
    """
    return name.replace("_", " ").capitalize()


def write_policy(policy: str, capacity: int | None = None) -> str:
    """Return a policy in words, with the `capacity` a week that cuts it short."""
    top = policy.removeprefix("top_").removesuffix("_percent")
    is_top = top != policy
    text = word("top", "policy") % {"share": write_share(int(top) / 100)} if is_top else word(policy, "policy")
    if capacity and policy == "call_everyone":
        return gettext("%(policy)s, the first %(calls)s of each week") % {
            "policy": text,
            "calls": write_number(capacity),
        }
    if capacity and policy.startswith(CUT_SHORT):
        return gettext("%(policy)s, up to %(calls)s a week") % {"policy": text, "calls": write_number(capacity)}
    return text


def write_metric(name: str) -> str:
    """Return what a metric is, as a person would say it.

    >>> write_metric("is_phone_valid"), write_metric("decayed_meeting_booked_2d")
    ('valid phone number', 'recent meetings booked (half-life 2 days)')
    >>> write_metric("days_since_page_viewed"), write_metric("count_page_viewed_7d"), write_metric("total_visits")
    ('days since the last of pages viewed', 'pages viewed in the last 7 days', 'total visits')
    """
    found = find_word("metric", name)
    if found is not None:
        return found
    rest, _, last = name.rpartition("_")
    days = last[:-1] if last.endswith("d") and last[:-1].isdigit() else None
    stem = rest if days else name
    for start, windowed in (("count_", "count_in_days"), ("decayed_", "decayed"), ("days_since_", "since")):
        kind = find_word("activity", stem.removeprefix(start)) if stem.startswith(start) else None
        if kind is not None:
            pattern = "count" if start == "count_" and not days else windowed
            return word(pattern, "pattern") % {"what": kind, "days": days}
    if name.startswith("count_pages_"):
        return word("pages", "pattern") % {"what": name.removeprefix("count_pages_").replace("_", " ")}
    return name.replace("_", " ")


def write_group(name: str) -> str:
    """Return a group of metrics in words: ``decayed, half-life 7 days`` holds a number of the parameters."""
    for code in ("last_days", "decayed_days"):
        english = {"last_days": ("last ", " days"), "decayed_days": ("decayed, half-life ", " days")}[code]
        if name.startswith(english[0]) and name.endswith(english[1]):
            return word(code, "group") % {"days": name.removeprefix(english[0]).removesuffix(english[1])}
    return word(name, "group")


def write_category(value: str, metric: str) -> str:
    """Return a value of a category in words if it is one of the rules', and not the data's."""
    found = find_word("value", value) if find_word("rules", metric) is not None else None
    return write_value(value) if found is None else found


def write_condition(condition: Condition) -> str:
    """Return a condition of a scenario as a person would say it.

    >>> write_condition(Condition(metric="is_phone_valid", equals=1.0))
    'valid phone number'
    >>> write_condition(Condition(metric="km_to_site", at_most=30.0))
    'at most 30 km to the nearest site'
    """
    if condition.among is not None:
        return write_held(condition.metric, "among", condition.among)
    way = next(way for way in ("equals", "at_least", "at_most") if getattr(condition, way) is not None)
    return write_held(condition.metric, way, getattr(condition, way))


def write_held(metric: str, way: str, value: Any) -> str:
    """Return that a metric has a value, is at least or at most one, or is missing."""
    what = write_metric(metric)
    if way == "missing":
        return gettext("%(what)s: not given") % {"what": what}
    if way == "equals" and value in (0, 1) and metric.startswith(("is_", "has_", "leaves_out_")):
        return what if value == 1 else gettext("no %(what)s") % {"what": what}
    if way in ("at_least", "at_most"):
        number = write_number(value, 0 if value == round(value) else 2)
        return word(way, "pattern") % {"what": what, "number": number}
    values = value if isinstance(value, list | tuple) else [value]
    shown = [write_category(each, metric) if isinstance(each, str) else write_number(each) for each in values]
    return gettext("%(what)s: %(value)s") % {"what": what, "value": write_list(shown)}


def write_age(age: str, is_dated: bool = True) -> str:
    """Return an age in words; a source without dates knows its leads at the extraction only.

    >>> write_age("1d"), write_age("0h")
    ('1 day', 'at once')
    """
    if not is_dated:
        return gettext("at the extraction")
    number = int(age[:-1])
    if number == 0:
        return gettext("at once")
    if age.endswith("h"):
        return ngettext("%(number)s hour", "%(number)s hours", number) % {"number": number}
    return ngettext("%(number)s day", "%(number)s days", number) % {"number": number}


def write_quoted(name: str) -> str:
    return gettext("“%(name)s”") % {"name": name}


def write_value(text: str) -> str:
    """Return a value from the data for a sentence: one short line that cannot turn the words around it.

    What is invisible becomes a blank; the marks of an isolate keep a script that runs from right to left to itself.
    """
    text = str(text)
    shown = " ".join("".join(letter if letter.isprintable() else " " for letter in text[:LONGEST_VALUE]).split())
    return f"\u2068{shown}{'…' if len(text) > LONGEST_VALUE else ''}\u2069"
