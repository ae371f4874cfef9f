"""Signs that a lead is spam or rubbish, their points, and the leads that are set apart for them.

Each sign is small and may be wrong; the points (``rules/spam.yaml``) are made so that it takes
several to set a lead apart. A lead's signs depend on itself and on leads before it alone.
"""

import re
from functools import cache
from typing import Annotated

import numpy as np
import pandas as pd
from pydantic import Field

from src.data.flags import NO_WORDS
from src.data.persons import fold_email, normalise_phone
from src.features.explicit_metrics.contact import split_numbers
from src.features.explicit_metrics.gibberish import has_gibberish
from src.features.explicit_metrics.rules import Words, read_rules
from src.features.explicit_metrics.values import list_metrics, map_distinct
from src.features.text import fold_text
from src.strict import Count, NotNegative, Positive, Share, Strict

METRICS = list_metrics(
    "spam",
    [
        (
            "spam_score",
            "number",
            "points",
            "Points of all signs that the lead is spam or rubbish (rules/spam.yaml); 0 without any.",
            "first_name, last_name, message, email, phone, form, honeypot, created_at",
        ),
        (
            "has_gibberish_name",
            "number",
            "yes/no",
            "A word of the name has letters in an order that names do not have.",
            "first_name, last_name",
        ),
        (
            "has_link",
            "number",
            "yes/no",
            "There is a link in the name, or one in the message to neither a trusted site nor the lead's own.",
            "first_name, last_name, message, email",
        ),
    ],
)

REASONS = {
    "honeypot": "hidden field filled in",
    "gibberish_name": "gibberish name",
    "link_in_name": "link in the name",
    "link_in_message": "link in the message",
    "short_link": "link of a shortening service",
    "disposable_email": "throw-away address",
    "placeholder_name": "name that stands for none",
    "placeholder_email": "address that stands for none",
    "repeated_email": "same address many times in a short time",
    "repeated_message": "same message from many senders in a short time",
    "impossible_phone": "impossible phone",
}
"""The signs, and what a list of leads says of them."""

LONGEST_MESSAGE = 4000  # characters searched for links and compared

SHORTEST_PHONE, LONGEST_PHONE = 7, 15  # digits; the longest by E.164
RUN = 7  # digits at a number's end that are one digit or count up or down: no prefix hides them
UP = "01234567890123456789"


class Points(Strict):
    honeypot: NotNegative
    gibberish_name: NotNegative
    link_in_name: NotNegative
    link_in_message: NotNegative
    short_link: NotNegative
    disposable_email: NotNegative
    placeholder_name: NotNegative
    placeholder_email: NotNegative
    repeated_email: NotNegative
    repeated_message: NotNegative
    impossible_phone: NotNegative


class Repeated(Strict):
    leads: Annotated[int, Field(ge=2)]
    within_hours: Positive


class RepeatedMessage(Repeated):
    usual_share: Share
    shortest: Count


class WordLists(Strict):
    trusted_sites: Words
    shortening_services: Words
    web_endings: Words
    keyboard_runs: Words
    placeholder_names: Words
    placeholder_emails: Words


class Rules(Strict):
    points: Points
    repeated_email: Repeated
    repeated_message: RepeatedMessage
    terms: WordLists


@cache
def load_spam_rules() -> Rules:
    return read_rules("spam", Rules)


@cache
def list_words(name: str) -> frozenset[str]:
    return frozenset(fold_text(word) for word in getattr(load_spam_rules().terms, name))


def find_repeats(leads: pd.DataFrame) -> pd.DataFrame:
    """Return whether the address and the message of each lead have come too often just before.

    Parameters
    ----------
    leads : DataFrame
        In order of creation, with all leads before those in question.

    Returns
    -------
    DataFrame of bool, indexed as `leads`
        ``repeated_email`` and ``repeated_message``.
    """
    rules, email = load_spam_rules(), fold_email(leads["email"])
    message = map_distinct(leads["message"], lambda text: fold_text(text, LONGEST_MESSAGE))
    found = {
        "repeated_email": mark_repeated(email, leads["created_at"], rules.repeated_email),
        "repeated_message": mark_repeated_messages(leads, message, rules.repeated_message),
    }
    return pd.DataFrame(found, index=leads.index)


def find_signs(leads: pd.DataFrame, emails: pd.DataFrame, phones: pd.DataFrame, repeats: pd.DataFrame) -> pd.DataFrame:
    """Return 1 for each sign that a lead shows and 0 for each that it does not.

    Parameters
    ----------
    leads : DataFrame
        As they came: with what stands for no answer still in them. Column ``honeypot`` may be missing.
    emails, phones : DataFrame
        What the addresses (``kind``, ``domain``) and the phones (``kind``) of the leads are.
    repeats : DataFrame
        What `find_repeats` says of them.

    Returns
    -------
    DataFrame of int8, indexed as `leads`
        One column a sign, in the order of `REASONS`.
    """
    email = fold_email(leads["email"])
    message = map_distinct(leads["message"], lambda text: fold_text(text, LONGEST_MESSAGE))
    hosts = map_distinct(message, list_hosts)
    found = {
        "honeypot": mark_trapped(leads),
        **mark_names(leads["first_name"], leads["last_name"]),
        "link_in_message": mark_foreign(hosts, emails),
        "short_link": map_distinct(hosts, is_shortened).eq(True),
        "disposable_email": emails["kind"] == "disposable",
        "placeholder_email": email.str.replace(r"@.*", "", regex=True).isin(list_words("placeholder_emails")),
        **repeats,
        "impossible_phone": map_distinct(leads["phone"].where(phones["kind"] == "invalid"), is_impossible).eq(True),
    }
    return pd.DataFrame(found, index=leads.index, columns=list(REASONS)).astype("int8")


def measure_spam(signs: pd.DataFrame) -> pd.DataFrame:
    """Return the spam metrics of leads with these `signs`."""
    return pd.DataFrame(
        {
            "spam_score": score_signs(signs),
            "has_gibberish_name": signs["gibberish_name"].astype(float),
            "has_link": signs[["link_in_name", "link_in_message"]].max(axis=1).astype(float),
        }
    )


def score_signs(signs: pd.DataFrame) -> pd.Series:
    points = load_spam_rules().points.model_dump()
    # Rounded, so that ten tenths are one.
    return (signs[list(REASONS)] @ pd.Series(points)[list(REASONS)]).round(6)


def list_reasons(signs: pd.DataFrame) -> pd.Series:
    """Return the signs of each lead as text, e.g. "gibberish name; link in the message"."""
    combination = signs[list(REASONS)] @ (1 << np.arange(len(REASONS), dtype=np.int64))
    texts = {
        number: "; ".join(text for place, text in enumerate(REASONS.values()) if number >> place & 1)
        for number in combination.unique().tolist()
    }
    return combination.map(texts).astype("str")


def build_quarantine(leads: pd.DataFrame, signs: pd.DataFrame, quarantine_from: float) -> pd.DataFrame:
    """Return the leads (lead_id, spam_score, reasons) with at least `quarantine_from` points, in their order."""
    score = score_signs(signs)
    apart = score >= quarantine_from
    rows = {"lead_id": leads["lead_id"][apart], "spam_score": score[apart], "reasons": list_reasons(signs[apart])}
    return pd.DataFrame(rows).reset_index(drop=True).astype({"lead_id": "str", "spam_score": float, "reasons": "str"})


def mark_names(*names: pd.Series) -> dict[str, np.ndarray]:
    """Return whether any of each lead's `names` shows the signs that names can show."""
    read = map_distinct(pd.concat(names, ignore_index=True), read_name)
    shown = np.array([(False,) * 3 if signs is None else signs for signs in read], dtype=bool)
    any_shown = shown.reshape(len(names), -1, 3).any(axis=0)
    return dict(zip(("gibberish_name", "link_in_name", "placeholder_name"), any_shown.T, strict=True))


def read_name(text: str) -> tuple[bool, bool, bool]:
    """Return whether a name is gibberish, holds a link, stands for none."""
    name = fold_text(text)
    return (
        has_gibberish(name, list_words("keyboard_runs")),
        has_link_or_site(name),
        name in list_words("placeholder_names"),
    )


def mark_trapped(leads: pd.DataFrame) -> pd.Series:
    """Return whether the hidden field was filled in; a source without one traps nobody."""
    if "honeypot" not in leads:
        return pd.Series(False, index=leads.index)
    return map_distinct(leads["honeypot"], is_filled_in).eq(True)


def is_filled_in(text: str) -> bool:
    """Say whether a hidden field was filled in: an unticked box comes as "0" or "false"."""
    folded = fold_text(text)
    return folded != "" and folded not in NO_WORDS


@cache
def compile_links() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return what a link in a folded text is, with its host, and what a site without a path is."""
    endings = "|".join(sorted(list_words("web_endings"), key=lambda ending: (-len(ending), ending)))
    marked = r"(?:(?:https?|ftp)://|(?<![\w@.-])www\.)([^\s/\\?#\"'<>()\[\]]*)"
    pathed = rf"(?<![\w@./-])((?:[a-z0-9-]+\.)+(?:{endings}))(?=/\w)"
    # Endings of two letters are also words: "Fco.de Borja".
    long_endings = "|".join(ending for ending in endings.split("|") if len(ending) > 2)
    site = rf"(?<![\w@.-])[a-z0-9-]+\.(?:{long_endings})(?![\w.@-])"
    return re.compile(rf"{marked}|{pathed}|\[(?:url|link)\b|<a\s"), re.compile(site)


def list_hosts(text: str) -> tuple[str, ...] | None:
    """Return the hosts of the links in a folded text, None without links; a link without a host has "".

    >>> list_hosts("soy de acme.com y uso node.js"), list_hosts("mira https://bit.ly/x y acme.com/oferta")
    (None, ('bit.ly', 'acme.com'))
    """
    if "/" not in text and "www." not in text and "[" not in text and "<" not in text:  # most messages
        return None
    found = [match[1] or match[2] or "" for match in compile_links()[0].finditer(text)]
    return tuple(host.rpartition("@")[2].partition(":")[0].strip(".,;!") for host in found) or None


def has_link_or_site(name: str) -> bool:
    """Say whether there is a web address in a folded name, where an employer's site without a path counts too."""
    if "." not in name and ":" not in name and "[" not in name and "<" not in name:  # most names
        return False
    return any(pattern.search(name) for pattern in compile_links())


def mark_foreign(hosts: pd.Series, emails: pd.DataFrame) -> pd.Series:
    """Return whether any link leads to a site that is neither trusted nor of the lead's own e-mail domain."""
    own = emails["domain"].where(emails["kind"] == "corporate", None)
    linked = np.flatnonzero(hosts.notna())
    foreign = np.zeros(len(hosts), dtype=bool)
    foreign[linked] = [
        not all(belongs_to(host, list_words("trusted_sites") | {domain}) for host in found)
        for found, domain in zip(hosts.iloc[linked], own.iloc[linked], strict=True)
    ]
    return pd.Series(foreign, index=hosts.index)


def is_shortened(hosts: tuple[str, ...]) -> bool:
    return any(belongs_to(host, list_words("shortening_services")) for host in hosts)


def belongs_to(host: str, sites: frozenset[str | None]) -> bool:
    """Say whether a host is one of the `sites` or a part of one.

    >>> belongs_to("es.acme.com", frozenset({"acme.com"})), belongs_to("notacme.com", frozenset({"acme.com"}))
    (True, False)
    """
    parts = host.split(".")
    return any(".".join(parts[start:]) in sites for start in range(len(parts)))


def mark_repeated(values: pd.Series, created_at: pd.Series, rule: Repeated) -> pd.Series:
    """Return whether a value has come often enough just before, its own row counted.

    Without times nothing is known to have come in a short one.
    """
    first = created_at.groupby(values).shift(rule.leads - 1)
    return created_at - first <= pd.Timedelta(hours=rule.within_hours)


def mark_repeated_messages(leads: pd.DataFrame, message: pd.Series, rule: RepeatedMessage) -> pd.Series:
    """Return whether many senders have sent a folded message just before that is not the form's own text.

    A sender who sends it again does not count again: that person only repeats itself.
    """
    long = message.where(message.str.len() >= rule.shortest)
    message = pd.Series(pd.factorize(long)[0], index=leads.index)
    sender = fold_email(leads["email"]).fillna(normalise_phone(leads["phone"]))
    is_again = pd.DataFrame({"message": message, "sender": sender}).duplicated() & sender.notna()
    is_repeated = mark_repeated(message.where((message >= 0) & ~is_again), leads["created_at"], rule)
    return is_repeated & (share_of_form(message, leads["form"].fillna("")) < rule.usual_share)


def share_of_form(message: pd.Series, form: pd.Series) -> pd.Series:
    """Return the share of each row's message among the form's messages up to and including it; -1 is no message."""
    so_far = (message >= 0).groupby(form).cumsum()
    same = message.groupby([form, message]).cumcount() + 1
    return same / so_far


def is_impossible(phone: str) -> bool:
    """Say whether every number in a phone is too short, too long, one digit or a count.

    Of numbers that cannot be, these are no slips. Two numbers are not one that is too long.

    >>> is_impossible("000 000 000"), is_impossible("+34 123456789"), is_impossible("61284567")
    (True, True, False)
    """
    parts = re.split(r"[^0-9\s().+-]+", phone.strip().removesuffix(".0"))
    numbers = [number.replace("+", "") for part in parts for number in split_numbers(part)]
    return bool(numbers) and all(map(is_absurd, numbers))


def is_absurd(digits: str) -> bool:
    digits = digits.removeprefix("00")
    end = digits[-RUN:]
    is_run = len(set(end)) == 1 or end in UP or end in UP[::-1]
    return is_run or not SHORTEST_PHONE <= len(digits) <= LONGEST_PHONE
