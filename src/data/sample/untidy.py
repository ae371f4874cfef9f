"""The leads file as a real CRM exports it: what people typed, in as many ways as people do."""

import unicodedata

import numpy as np
import pandas as pd

from src.data.sample import design
from src.data.sample import vocabulary as words
from src.data.sample.draws import draw_uniform, pick_index

DUPLICATE_SHARE = 0.003
UNREADABLE_EVERY, UNREADABLE_AT = 2_000, 1_234  # one lead in so many is followed by a bad row
LETTERS = np.array(list("bcdfghjklmnpqrstvwxz"))


class Typist:
    """Draws how each of some leads types things; a lead always types the same."""

    def __init__(self, leads: pd.DataFrame, seed: int):
        self.leads, self.seed = leads, seed
        self.lead, self.person = leads.index.to_numpy(), leads["person"].to_numpy()

    def uniform(self, name: str, *more, key: str = "lead") -> np.ndarray:
        return draw_uniform(self.seed, f"typed {name}", getattr(self, key), *more)

    def choose(self, name: str, options, key: str = "lead") -> np.ndarray:
        """Return one of `options` for each lead."""
        options = np.array(options, dtype=object)
        return options[pick_index(self.uniform(name, key=key), np.ones(len(options)))]

    def choose_by_level(self, name: str, level: np.ndarray, options: list[tuple], key: str = "lead") -> np.ndarray:
        """Return one of the options of each lead's level."""
        longest = max(len(texts) for texts in options)
        sizes = np.array([len(texts) for texts in options])
        grid = np.array([[texts[i % len(texts)] for i in range(longest)] for texts in options], dtype=object)
        at = (self.uniform(name, key=key) * sizes[level]).astype(np.int64)
        return grid[level, at]


def write_leads(leads: pd.DataFrame, sales: pd.DataFrame, as_of: int, seed: int) -> pd.DataFrame:
    """Return the leads file of these leads, duplicates and rows with impossible dates included."""
    typist = Typist(leads, seed)
    names = type_names(typist)
    table = pd.DataFrame({"ID": leads["id"].to_numpy(), "Fecha creación": write_times(leads["local"].to_numpy())})
    table["E-mail"] = type_emails(typist)
    table["Teléfono"] = type_phones(typist)
    table["Nombre"], table["Apellidos"] = names
    table = table.assign(**type_places(typist), **type_work(typist), **type_origin(typist))
    table["Oferta"] = type_offers(typist)
    table["Mensaje"] = type_messages(typist)
    table["Consentimiento"] = np.where(leads["has_consent"], "Sí", "No")
    table = table.assign(**write_status(leads, sales, as_of, typist))
    return add_untidy_rows(table, leads, seed)


def write_times(seconds: np.ndarray) -> np.ndarray:
    """Return local times as DD/MM/YYYY HH:MM:SS."""
    return pd.DatetimeIndex(seconds.astype("datetime64[s]")).strftime("%d/%m/%Y %H:%M:%S").to_numpy(dtype=object)


def to_local(seconds: np.ndarray) -> np.ndarray:
    """Return wall-clock seconds of UTC seconds, an hour later in the hour that comes twice."""
    utc = pd.DatetimeIndex(seconds.astype("datetime64[s]")).tz_localize("UTC")
    local = utc.tz_convert(design.ZONE).tz_localize(None)
    is_twice = (local.month == 10) & (local.day > 24) & (local.day_of_week == 6) & (local.hour == 2)
    return local.as_unit("s").asi8 + 3600 * is_twice


def strip_accents(text: str) -> str:
    return unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()


def type_carelessly(text: np.ndarray, uniform: np.ndarray) -> np.ndarray:
    """Return `text`, some of it in capitals, in lower case, without accents or with a typo."""
    result = text.copy()
    for low, high, change in (
        (0.00, 0.06, str.upper),
        (0.06, 0.16, str.lower),
        (0.16, 0.28, strip_accents),
        (0.28, 0.30, lambda value: value + " " if value else value),
    ):
        chosen = np.flatnonzero((uniform >= low) & (uniform < high))
        result[chosen] = [change(value) for value in text[chosen]]
    return result


def drop_letter(text: str) -> str:
    """Return a longer `text` without one of its inner letters."""
    return text[:5] + text[6:] if len(text) > 8 else text


def type_names(typist: Typist) -> tuple[np.ndarray, np.ndarray]:
    """Return first and last names; spam's are consonants only."""
    first = typist.choose("first name", words.FIRST_NAMES, key="person")
    last = typist.choose("last name", words.LAST_NAMES, key="person")
    second = typist.choose("second last name", words.LAST_NAMES, key="person")
    last = np.where(typist.uniform("has second", key="person") < 0.5, last + " " + second, last)
    careless = typist.uniform("careless name")
    first, last = (type_carelessly(values, careless) for values in (first, last))
    has_name = typist.leads["has_name"].to_numpy()
    has_last = has_name & (typist.uniform("fills last name") < 0.93)
    is_spam = typist.leads["is_spam"].to_numpy()
    first = np.where(is_spam, type_gibberish(typist, "first", 7), np.where(has_name, first, ""))
    return first, np.where(is_spam, type_gibberish(typist, "last", 10), np.where(has_last, last, ""))


def type_gibberish(typist: Typist, name: str, length: int) -> np.ndarray:
    """Return consonants in a row for spam, blanks for the rest."""
    spam = np.flatnonzero(typist.leads["is_spam"])
    text = np.full(len(typist.lead), "", dtype=object)
    uniform = draw_uniform(typist.seed, f"typed gibberish {name}", typist.lead[spam, None], np.arange(length))
    text[spam] = ["".join(letters).capitalize() for letters in LETTERS[(uniform * len(LETTERS)).astype(int)]]
    return text


def type_emails(typist: Typist) -> np.ndarray:
    """Return addresses: one a person, except where its leads are linked by phone."""
    leads = typist.leads
    owner = np.where(leads["linked_by_phone"], typist.lead, typist.person)
    first = typist.choose("first name", words.FIRST_NAMES, key="person")
    last = typist.choose("last name", words.LAST_NAMES, key="person")
    plain = {name: strip_accents(name).lower() for name in words.FIRST_NAMES + words.LAST_NAMES}
    local = [f"{plain[a]}.{plain[b]}{number}" for a, b, number in zip(first, last, owner + 10_000, strict=True)]
    kind = np.array([level.name for level in design.EMAILS], dtype=object)[leads["email"]]
    domain = {
        "free": typist.choose("free domain", words.FREE_DOMAINS, key="person"),
        "disposable": typist.choose("disposable domain", words.DISPOSABLE_DOMAINS, key="person"),
        "corporate": company_domains(typist),
    }
    wrong = typist.choose("wrong e-mail", ("{}gmail.com", "{}@", "{}@@gmail.com", "{}@gmail", "{} @hotmail"))
    chosen = np.select([kind == name for name in domain], list(domain.values()), "")
    email = np.array([f"{a}@{b}" if b else "" for a, b in zip(local, chosen, strict=True)], dtype=object)
    email = np.where(kind == "invalid", [form.format(a) for form, a in zip(wrong, local, strict=True)], email)
    styles = typist.uniform("e-mail style")
    email = np.where(styles < 0.03, np.array([value.upper() for value in email], dtype=object), email)
    email = np.where((styles >= 0.03) & (styles < 0.05) & (email != ""), email + " ", email)
    return np.where(leads["is_spam"], type_spam_emails(typist), email)


def type_spam_emails(typist: Typist) -> np.ndarray:
    """Return disposable addresses for most spam; the rest has a link in its message."""
    gibberish = type_gibberish(typist, "e-mail", 9)
    disposable = typist.choose("spam domain", words.DISPOSABLE_DOMAINS)
    domain = np.where(is_spam_disposable(typist), disposable, "gmail.com")
    return np.array(
        [f"{a.lower()}{n}@{b}" for a, b, n in zip(gibberish, domain, typist.lead, strict=True)], dtype=object
    )


def is_spam_disposable(typist: Typist) -> np.ndarray:
    return typist.uniform("spam is disposable") < 0.7


def company_words(typist: Typist) -> np.ndarray:
    """Return an invented company's name, such as velmar or tornexlum."""
    parts = [typist.choose(f"syllable {i}", words.COMPANY_SYLLABLES, key="person") for i in range(3)]
    return parts[0] + parts[1] + np.where(typist.uniform("long company", key="person") < 0.5, parts[2], "")


def company_domains(typist: Typist) -> np.ndarray:
    return company_words(typist) + ".example"


def type_companies(typist: Typist) -> np.ndarray:
    name = np.array([word.capitalize() for word in company_words(typist)], dtype=object)
    kind = typist.choose("company kind", words.COMPANY_KINDS, key="person")
    ending = typist.choose("company ending", words.COMPANY_ENDINGS)
    return type_carelessly(kind + " " + name + ending, typist.uniform("careless company"))


def type_phones(typist: Typist) -> np.ndarray:
    """Return phones in many notations; the seven last digits belong to the person."""
    leads = typist.leads
    digits = pad_digits(typist.person)
    mobile = np.char.add(np.char.mod("6%d", (typist.uniform("mobile", key="person") * 10).astype(int)), digits)
    near_madrid = np.isin(leads["place"], [i for i, place in enumerate(words.PLACES) if place.region == "Madrid"])
    landline = np.char.add(np.where(near_madrid, "91", "95"), digits)
    national = np.where(typist.uniform("has landline", key="person") < 0.12, landline, mobile)
    forms = typist.choose("phone style", PHONE_STYLES)
    phone = np.array([form(number) for form, number in zip(forms, national, strict=True)], dtype=object)
    prefixes = [words.PHONES_ABROAD.get(place.country, "") for place in words.PLACES]
    prefix = np.array(prefixes, dtype=object)[leads["place"]]
    phone = np.where(prefix != "", prefix + digits.astype(object), phone)
    own = pad_digits(typist.lead)
    wrong = typist.choose("wrong phone", ("58{}", "6{:.4}", "{:.6}", "no tengo {:.3}", "00{:.5}"))
    level = leads["phone"].to_numpy()
    wrong = np.array([form.format(number) for form, number in zip(wrong, own, strict=True)], dtype=object)
    phone = np.select([level == 0, level == 1], ["", wrong], phone)
    spam = np.where(typist.uniform("spam phone") < 0.7, typist.choose("spam number", words.SPAM_PHONES), "")
    return np.where(leads["is_spam"], spam, phone)


def pad_digits(owner: np.ndarray) -> np.ndarray:
    """Return seven digits, different for each owner below ten million."""
    return np.char.zfill(((owner * 7_368_787 + 1_234_567) % 10_000_000).astype(str), 7)


PHONE_STYLES = (
    lambda d: d,
    lambda d: d,
    lambda d: f"+34 {d[:3]} {d[3:6]} {d[6:]}",
    lambda d: f"+34{d}",
    lambda d: f"0034{d}",
    lambda d: f"{d[:3]} {d[3:5]} {d[5:7]} {d[7:]}",
    lambda d: f"{d[:3]}-{d[3:6]}-{d[6:]}",
    lambda d: f"(+34) {d[:3]}.{d[3:6]}.{d[6:]}",
)


def type_places(typist: Typist) -> dict[str, np.ndarray]:
    """Return country, region, city and postal code; where a place is given, one of them at least."""
    leads, place = typist.leads, typist.leads["place"].to_numpy()
    is_spam = leads["is_spam"].to_numpy()
    has_place = leads["has_place"].to_numpy() & ~is_spam
    is_abroad = np.array([entry.country != "ES" for entry in words.PLACES])[place]
    has_region = typist.uniform("fills region") < 0.55
    has_code = ~is_abroad & (typist.uniform("fills postal code") < 0.5)
    has_city = (typist.uniform("fills city") < 0.85) | is_abroad | ~(has_region | has_code)
    cities = [(entry.city,) * 10 + entry.spellings for entry in words.PLACES]
    regions = [(entry.region,) * 4 + entry.region_spellings for entry in words.PLACES]
    codes = np.array([entry.postal_prefix for entry in words.PLACES], dtype=object)[place]
    code = codes + np.char.zfill((typist.uniform("postal code", key="person") * 40 + 1).astype(int).astype(str), 2)
    countries = [words.COUNTRIES[entry.country] for entry in words.PLACES]
    country = typist.choose_by_level("country", place, countries)
    return {
        "País": np.where(leads["has_country"] & ~is_spam, country, ""),
        "Provincia": np.where(has_place & has_region, typist.choose_by_level("region", place, regions), ""),
        "Ciudad": np.where(has_place & has_city, typist.choose_by_level("city", place, cities), ""),
        "CP": np.where(has_place & has_code, code, ""),
    }


def type_work(typist: Typist) -> dict[str, np.ndarray]:
    """Return title, company, size and sector; blank where the level is missing."""
    leads = typist.leads
    is_spam = leads["is_spam"].to_numpy()

    def type_level(factor: str, texts: dict[str, tuple]) -> np.ndarray:
        options = [texts.get(level.name, ("",)) for level in design.FACTORS[factor]]
        return typist.choose_by_level(factor, leads[factor].to_numpy() * ~is_spam, options)

    title = type_carelessly(type_level("seniority", words.JOB_TITLES), typist.uniform("careless title"))
    misspelt = np.flatnonzero(typist.uniform("misspelt title") < 0.03)
    title[misspelt] = [drop_letter(value) for value in title[misspelt]]
    return {
        "Cargo": title,
        "Empresa": np.where(leads["has_company"] & ~is_spam, type_companies(typist), ""),
        "Nº empleados": type_level("size", words.SIZE_TEXTS),
        "Sector": type_level("sector", words.SECTOR_TEXTS),
    }


def type_origin(typist: Typist) -> dict[str, np.ndarray]:
    """Return what the company's own tools fill: channel, source, campaign, form, landing page."""
    leads = typist.leads
    channel, form = leads["channel"].to_numpy(), leads["form"].to_numpy()
    names = [level.name for level in design.CHANNELS]
    forms = [words.FORM_TEXTS[level.name] for level in design.FORMS]
    campaign = typist.choose_by_level("campaign", channel, [words.CAMPAIGNS[name] for name in names])
    year = leads["local"].to_numpy().astype("datetime64[s]").astype("datetime64[Y]").astype(str)
    return {
        "Canal": np.array([words.CHANNEL_TEXTS[name] for name in names], dtype=object)[channel],
        "Origen": typist.choose_by_level("source", channel, [words.SOURCES[name] for name in names]),
        "Campaña": np.array([text.format(when) for text, when in zip(campaign, year, strict=True)], dtype=object),
        "Formulario": np.array([text for text, _ in forms], dtype=object)[form],
        "Página de aterrizaje": np.array([page for _, page in forms], dtype=object)[form],
    }


def type_offers(typist: Typist) -> np.ndarray:
    options = [words.OFFER_TEXTS.get(level.name, ("",)) for level in design.OFFERS]
    text = typist.choose_by_level("offer", typist.leads["offer"].to_numpy(), options)
    course = typist.choose("course", words.COURSES)
    return np.array([form.format(name) for form, name in zip(text, course, strict=True)], dtype=object)


def type_messages(typist: Typist) -> np.ndarray:
    """Return messages; spam sends one of a few texts, always with a link."""
    leads = typist.leads
    options = [words.MESSAGE_TEXTS.get(level.name, ("",)) for level in design.MESSAGES]
    text = typist.choose_by_level("message", leads["message"].to_numpy(), options)
    course = typist.choose("course", words.COURSES)
    greeting, farewell = typist.choose("greeting", words.GREETINGS), typist.choose("farewell", words.FAREWELLS)
    parts = zip(greeting, text, course, farewell, strict=True)
    message = np.array([a + b.format(c) + d if b else "" for a, b, c, d in parts], dtype=object)
    spam = typist.choose("spam message", words.SPAM_MESSAGES)
    has_link = ~is_spam_disposable(typist) | (typist.uniform("spam has link") < 0.7)
    return np.where(leads["is_spam"], np.where(has_link, spam, ""), message)


def write_status(leads: pd.DataFrame, sales: pd.DataFrame, as_of: int, typist: Typist) -> dict[str, np.ndarray]:
    """Return what sales fills in afterwards, as it stands at `as_of`: it tells the outcome."""
    is_known = sales["at"].to_numpy() <= as_of
    is_sale = sales["is_sale"].to_numpy()
    works_on_it = (typist.uniform("in progress") < 0.4) & ~leads["is_spam"].to_numpy()
    status = np.select([is_known & is_sale, is_known, works_on_it], ["Ganado", "Perdido", "En curso"], "Nuevo")
    has_owner = is_known | works_on_it
    touched = leads["created"].to_numpy() + np.ceil(typist.uniform("touched") * 40 * design.DAY).astype(np.int64)
    changed = np.minimum(np.where(is_known, sales["at"], touched), as_of)
    return {
        "Estado": status.astype(object),
        "Propietario": np.where(has_owner, typist.choose("owner", words.OWNERS), ""),
        "Última modificación": write_times(to_local(changed)),
    }


def add_untidy_rows(table: pd.DataFrame, leads: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return the rows in order of number, a few twice and a few new ones with impossible dates."""
    repeated = table[draw_uniform(seed, "duplicate row", leads.index.to_numpy()) < DUPLICATE_SHARE]
    bad = table[is_followed_by_unreadable(leads) & (leads.index.to_numpy() // UNREADABLE_EVERY % 2 == 0)]
    bad = bad.assign(ID=bad["ID"] + "-X")
    bad["Fecha creación"] = "31/02" + bad["Fecha creación"].str[5:]
    order = pd.concat([table, repeated, bad]).sort_values("ID", kind="stable")
    return order.reset_index(drop=True)


def is_followed_by_unreadable(leads: pd.DataFrame) -> np.ndarray:
    return leads.index.to_numpy() % UNREADABLE_EVERY == UNREADABLE_AT


def list_unreadable(leads: pd.DataFrame) -> pd.DataFrame:
    """Return lines with too few or too many fields, and the ID of the lead they follow."""
    odd = leads[is_followed_by_unreadable(leads) & (leads.index.to_numpy() // UNREADABLE_EVERY % 2 == 1)]
    short = odd["id"] + "-Y;" + write_times(odd["local"].to_numpy()) + ";cortada"
    long = odd["id"] + "-Y" + ";x" * 40
    text = np.where(odd.index.to_numpy() // UNREADABLE_EVERY % 4 == 1, short, long)
    return pd.DataFrame({"after": odd["id"].to_numpy(), "text": text.astype(object)})
