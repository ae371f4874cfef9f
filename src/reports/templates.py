"""The templates of the pages: Jinja2 with translations, the filters of numbers, and what a template calls."""

from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from src.reports import alerts, formats, language, names
from src.reports.charts import embed
from src.reports.rule import Rule
from src.reports.tables import table

MACROS = "macros.html"

FILTERS = {
    "age": names.write_age,
    "amount": formats.write_amount,
    "between": formats.write_between,
    "category": names.write_category,
    "condition": names.write_condition,
    "count": formats.write_count,
    "date": language.write_date,
    "doubted": alerts.list_doubted,
    "group": names.write_group,
    "listed": language.write_list,
    "lower_first": lambda text: text[:1].lower() + text[1:],
    "metric": names.write_metric,
    "money": formats.write_money,
    "money_between": formats.write_money_between,
    "month": language.write_month,
    "number": formats.write_number,
    "price": formats.write_price,
    "probability": formats.write_probability,
    "objective": names.write_objective,
    "quoted": names.write_quoted,
    "scenario": names.write_scenario,
    "share": formats.write_share,
    "share_between": formats.write_share_between,
    "upper_first": lambda text: text[:1].upper() + text[1:],
    "value": names.write_value,
    "word": language.word,
}


@cache
def open_templates() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(language.HERE),
        extensions=["jinja2.ext.i18n"],
        autoescape=True,
        undefined=StrictUndefined,
        lstrip_blocks=True,
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_callables(language.gettext, language.ngettext, newstyle=True)
    environment.filters |= FILTERS
    environment.globals |= {"table": table, "figure": embed, "between": formats.write_range, "rule": Rule}
    return environment


def render(template: str, **values: Any) -> Markup:
    """Return a template filled with `values`; whatever comes from data or parameters is escaped."""
    return Markup(open_templates().get_template(template).render(**values))
