"""Numbers and words as HTML fragments; whatever comes from data or parameters is escaped."""

import math
import re
from collections.abc import Callable, Sequence
from functools import wraps
from html import escape
from typing import Any

import pandas as pd

MISSING = "–"
PERCENT = "\u00a0%"
"""The sign with a space that does not break."""

LONGEST_VALUE = 40
"""Characters of a value from the data that are shown."""


def say_number(value: float, step: float) -> str:
    """Return a number rounded to a multiple of `step`, a power of ten.

    >>> say_number(-146858.4, 1000)
    '−147,000'
    """
    text = f"{abs(round(value / step) * step):,.{max(0, -round(math.log10(step)))}f}"
    is_negative = value < 0 and any(digit in "123456789" for digit in text)
    return ("−" if is_negative else "") + text


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
    return text.replace("−", "−€") if text.startswith("−") else f"€{text}"


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
        return say_amount(value), f"{say_amount(low)} to {say_amount(high)}"
    step = find_step(low, high)
    return say_euros(value, step), f"{say_euros(low, step)} to {say_euros(high, step)}"


def say_difference(difference: dict[str, Any], what: str, name: str) -> str:
    """Return how `what`, the rule called `name`, compares; `difference` is ours less its profit."""
    step = find_step(difference["profit_low"], difference["profit_high"])

    def say(value: float) -> str:
        return f"{say_euros(abs(value), step)} {'less' if value >= 0 else 'more'}"

    profit, low, high = (difference[key] for key in ("profit", "profit_low", "profit_high"))
    if low == high == 0:
        return f"{what}, “{name}”, would have earned the same."
    start = f"{what}, “{name}”, would have earned {say(profit)}"
    if low > 0:
        return f"{start} (interval {say_euros(low, step)} to {say_euros(high, step)})."
    if high < 0:
        return f"{start} (interval {say_euros(-high, step)} to {say_euros(-low, step)}): use it instead."
    return f"{start} (interval: from {say(high)} to {say(low)}): the two cannot be told apart."


def say_gain(figures: dict[str, Any], name: str) -> str:
    """Return an amount that may be a loss, with its interval: ``€1,400 (−€200 to €3,000)``."""
    value, low, high = (figures[f"{name}{end}"] for end in ("", "_low", "_high"))
    if low == high:
        return say_amount(value)
    step = find_step(low, high)
    return f"{say_euros(value, step)} ({say_euros(low, step)} to {say_euros(high, step)})"


def say_scaled(figures: dict[str, Any], name: str, scale: float) -> str:
    """Return a figure times `scale` with its interval, as exact as the interval allows: ``2.4 (2.0 to 2.8)``."""
    value, low, high = (figures[f"{name}{end}"] * scale for end in ("", "_low", "_high"))
    step = find_step(low, high)
    return f"{say_number(value, step)} ({say_number(low, step)} to {say_number(high, step)})"


def has_varying_values(policy: dict[str, Any]) -> bool:
    """Return whether conversions of different leads are worth different amounts, by a policy's figures."""
    return len(policy["cuts_by_value"]) > 1


def say_names(names: Sequence[str]) -> str:
    """Return names as words of a sentence.

    >>> say_names(["value", "cost", "factor"])
    'value, cost and factor'
    """
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def say_condition(when: str) -> str:
    """Return a condition of the scenario, as it is written in its figures, for a sentence.

    >>> say_condition("is_phone_valid equals 1")
    'phone valid: yes'
    >>> say_condition("km_to_site at most 30")
    'km to site at most 30'
    """
    flag = re.fullmatch(r"(?:is|has)_(\w+) equals ([01])", when)
    if flag:
        when = f"{flag[1]} equals {'yes' if flag[2] == '1' else 'no'}"
    return when.replace("_", " ").replace(" equals ", ": ").replace(" among ", ": ")


def say_share(value: float | None, digits: int = 1) -> str:
    return MISSING if value is None else f"{value * 100:.{digits}f}{PERCENT}"


def say_probability(value: float) -> str:
    """Return a probability in percent with two figures that mean something.

    >>> say_probability(0.05)
    '5.0\\xa0%'
    """
    percent = value * 100
    if 0 < percent < 0.01:
        return f"under 0.01{PERCENT}"
    return f"{percent:.{0 if percent >= 9.95 or percent == 0 else 1 if percent >= 0.995 else 2}f}{PERCENT}"


def say_count(value: float) -> str:
    return f"{value:,.0f}"


def say_decimal(value: float | None, digits: int) -> str:
    return MISSING if value is None else say_number(value, 10**-digits)


def say_figure(figures: dict[str, Any], name: str, digits: int) -> str:
    """Return a figure with its interval, e.g. ``0.808 (0.794 to 0.820)``."""
    value, low, high = (figures.get(f"{name}{end}") for end in ("", "_low", "_high"))
    if value is None or low is None or high is None:
        return say_decimal(value, digits)
    return f"{say_decimal(value, digits)} ({say_decimal(low, digits)} to {say_decimal(high, digits)})"


def say_age(age: str, is_dated: bool = True) -> str:
    """Return an age in words; a source without dates knows its leads at the extraction only.

    >>> say_age("1d")
    '1 day'
    """
    if not is_dated:
        return "at the extraction"
    number, unit = int(age[:-1]), {"h": "hour", "d": "day"}[age[-1]]
    return "at once" if number == 0 else f"{number} {unit}{'s' if number > 1 else ''}"


def say_decision(results: dict[str, Any]) -> str:
    """Return when the decision falls, e.g. ``1 day after coming in``."""
    age = say_age(results["policy"]["decide_at"], results["metrics"]["data"]["is_dated"])
    return age if age.startswith("at ") else f"{age} after coming in"


def say_date(text: str) -> str:
    date = pd.Timestamp(text)
    return f"{date.day} {date:%B %Y}"


def say_value(text: str) -> str:
    """Return a value from the data for a sentence: one short line that cannot turn the words around it.

    What is invisible becomes a blank; the marks of an isolate keep a script that runs from right to
    left to itself.
    """
    shown = " ".join("".join(letter if letter.isprintable() else " " for letter in text[:LONGEST_VALUE]).split())
    return f"\u2068{shown}{'…' if len(text) > LONGEST_VALUE else ''}\u2069"


def write_table(
    head: Sequence[str],
    rows: Sequence[Sequence[str]],
    caption: str,
    marked: Sequence[int] = (),
    texts: Sequence[int] = (),
    folded: Sequence[int] = (),
) -> str:
    """Return a table whose first column names the rows and whose others hold numbers.

    Cells are escaped here. `marked` rows stand out; `texts` are the columns that hold words
    instead, which start at the left and may take several lines. In the `folded` ones the interval
    in brackets stands beneath its figure. On a narrow page the table scrolls beneath its first column.
    """
    kinds = [' class="text"' if number in texts else "" for number in range(len(head))]
    head_cells = "".join(f'<th scope="col"{kind}>{escape(cell)}</th>' for kind, cell in zip(kinds, head, strict=True))
    body = []
    for number, row in enumerate(rows):
        texts_of_row = [fold_interval(cell) if place in folded else escape(cell) for place, cell in enumerate(row)]
        cells = "".join(f"<td{kind}>{text}</td>" for kind, text in zip(kinds[1:], texts_of_row[1:], strict=True))
        mark = ' class="marked"' if number in marked else ""
        # A long name of a column may break after its underscores.
        name = escape(row[0]).replace("_", "_<wbr>")
        body.append(f'<tr{mark}><th scope="row">{name}</th>{cells}</tr>')
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="{escape(caption, quote=True)}"><table>'
        f"<caption><span>{escape(caption)}</span></caption><thead><tr>{head_cells}</tr></thead>"
        f"<tbody>{''.join(body)}</tbody></table></div>"
    )


def fold_interval(cell: str) -> str:
    """Return a figure with the interval that follows it in brackets on a line of its own, escaped."""
    figure, bracket, interval = escape(cell).partition(" (")
    return f'{figure} <span class="interval">({interval}</span>' if bracket else figure


def write_details(summary: str, html: str) -> str:
    """Return a part of a page that unfolds at a press on its `summary`, which is escaped."""
    return f"<details><summary>{escape(summary)}</summary>{html}</details>"


def write_list(items: Sequence[str]) -> str:
    """Return a list of sentences, escaped."""
    return "<ul>" + "".join(f"<li>{escape(item)}</li>" for item in items) + "</ul>"


def write_paragraph(text: str, kind: str = "") -> str:
    """Return a paragraph; `text` is escaped, `kind` is a class of the style sheet."""
    return f'<p class="{kind}">{escape(text)}</p>' if kind else f"<p>{escape(text)}</p>"


def write_reproduction(source: str, change: str) -> str:
    """Return how to make a report again: from which source, and what one may `change` before."""
    return write_paragraph(f"Source “{source}”, {change} and run “dvc repro”: what depends on it is made again.")


def write_verdict(first: str, rest: str) -> str:
    """Return the paragraph that is enough for who must decide: what to do, then what it earns."""
    return f'<p class="verdict"><strong>{escape(first)}</strong> {escape(rest)}</p>'


def write_not_applicable(results: dict[str, Any], consequence: str) -> str:
    """Return the verdict where the source knows nothing of the objective, and what follows from that."""
    reason = (
        f"The source “{results['source']}” does not say which leads end in {results['objective']}, so {consequence}."
    )
    return write_verdict("Not applicable.", reason)


def section(name: str, title: str) -> Callable:
    """Make a function that returns HTML text show it under `title`, or nothing if not applicable."""

    def decorate(write: Callable[[dict[str, Any]], str]) -> Callable[[dict[str, Any]], Any]:
        @wraps(write)
        def show(results: dict[str, Any]) -> Any:
            from IPython.display import HTML

            return HTML(f'<h2 id="{name}">{title}</h2>\n{write(results)}' if results["is_applicable"] else "")

        return show

    return decorate


def list_measures(metrics: dict[str, Any]) -> list[str]:
    """Return each measure of the probabilities with its interval and what it means."""
    test = metrics["test"]
    tenth = say_share(0.1, 0)
    counting = " Each lead counts once for each age at which it was scored." if len(test["by_age"]) > 1 else ""
    doubt = "" if test["is_calibration_assessable"] else " Too few convert to judge this."
    return [
        f"Order: ROC-AUC {say_figure(test, 'roc_auc', 3)}, the chance that a lead that converts has a higher "
        "probability than one that does not; 0.5 is a coin, 1 is perfect. The most probable tenth converts "
        f"{say_figure(test, 'lift_at_10', 1)} times as often as the average.",
        f"Size: log loss {say_figure(test, 'log_loss', 3)}, the mean penalty for a probability far from what happened; "
        "lower is better.",
        f"Calibration: of the leads given {tenth}, {tenth} should convert. The mean gap is "
        f"{say_decimal(test['ece'] * 100, 1)} percentage points; perfect probabilities would show up to "
        f"{say_decimal(test['ece_if_calibrated_95'] * 100, 1)} by chance. Slope "
        f"{say_figure(test, 'calibration_slope', 2)}, below 1 when high probabilities are too high and low ones too "
        f"low; intercept {say_figure(test, 'calibration_intercept', 2)}, above 0 when all are too low.{doubt}",
        f"The model is {say_family(metrics)}.{counting}",
    ]


def say_family(metrics: dict[str, Any]) -> str:
    names = {
        "base_rate": "the base rate alone: nothing measured better",
        "newest": "the lead's age alone, newest first",
        "points": "points set by hand, read as probabilities",
        "naive_bayes": "naive Bayes on frequencies",
        "logistic": "a regularised logistic regression",
        "boosting": "gradient boosting with small trees",
    }
    calibration = metrics["calibration"]
    return names[metrics["champion"]] + (
        ", not recalibrated" if calibration == "none" else f", recalibrated by {calibration}"
    )


def write_ages(metrics: dict[str, Any]) -> str:
    """Return how good the probabilities are at each age of a lead."""
    by_age, truth = metrics["test"]["by_age"], metrics.get("truth", {})
    head = ["Age when scored", "Leads", "Converted", "Mean probability", "ROC-AUC", "Log loss"]
    head += ["Log loss of the true probabilities"] if truth else []
    rows = []
    for age, figures in by_age.items():
        row = [
            say_age(age, metrics["data"]["is_dated"]).capitalize(),
            say_count(figures["leads"]),
            say_share(figures["base_rate"]),
            say_share(figures["mean_probability"]),
            say_figure(figures, "roc_auc", 3),
            say_figure(figures, "log_loss", 3),
        ]
        rows.append(row + ([say_decimal(truth["by_age"][age]["log_loss"], 3)] if truth else []))
    return write_table(head, rows, "The probabilities at each age of a lead, on the test leads")


def write_parts(metrics: dict[str, Any]) -> str:
    """Return what each kind of metric contributes."""
    names = {"explicit": "Only what the leads told us", "implicit": "Only what they did", "both": "Both"}
    rows = [
        [name, say_decimal(figures["roc_auc"], 3), say_decimal(figures["log_loss"], 3)]
        for part, name in names.items()
        for figures in [metrics["features"][part]]
    ]
    caption = "What explicit and implicit metrics contribute, each with the lead's age, before calibration"
    return write_table(["Learned from", "ROC-AUC", "Log loss"], rows, caption)


def say_leakage(metrics: dict[str, Any]) -> str:
    leakage = metrics["leakage"]
    columns = ", ".join(name.replace("_", " ") for name in leakage["columns"])
    honest = leakage["without"]
    return (
        f"Never used: columns filled in after the outcome ({columns}). With them a model for leads scored "
        f"{say_age(leakage['age'], metrics['data']['is_dated'])} would show ROC-AUC "
        f"{say_decimal(leakage['roc_auc'], 3)} and log loss {say_decimal(leakage['log_loss'], 3)} instead of "
        f"{say_decimal(honest['roc_auc'], 3)} and {say_decimal(honest['log_loss'], 3)}. Nobody knows them when a lead "
        "must be scored."
    )


def say_quarantine(quarantine: dict[str, Any], objective: str) -> str:
    """Return how many leads are set apart as spam, and how many later conversions that would have cost."""
    leads, decided, conversions = (quarantine[key] for key in ("leads", "decided", "conversions"))
    if not leads:
        return "No lead is set apart as spam."
    return (
        f"Set apart as spam, neither learned from nor tested on: {say_leads(leads)}. Of the {say_count(decided)} whose "
        f"outcome is known {say_count(conversions)} ended in {objective}: so many conversions their quarantine would "
        "have cost."
    )


def say_leads(count: int) -> str:
    return f"{say_count(count)} lead{'' if count == 1 else 's'}"
