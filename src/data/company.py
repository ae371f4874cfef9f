"""What a source says of the company that its leads came to: where it is, where and to whom it sells."""

from typing import Annotated

from pydantic import Field

from src.data.columns import Currency
from src.strict import Country, Strict


class Markets(Strict):
    """Where the company can sell: in these countries, and in some only in these regions."""

    countries: list[Country] = []
    regions: list[Annotated[str, Field(pattern=r"^[A-Z]{2}-[A-Z0-9]{1,3}$")]] = []


class Site(Strict):
    """A place at which an offer happens."""

    name: Annotated[str, Field(min_length=1)]
    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]


class Company(Strict):
    """Whom a source belongs to; whatever is not said changes nothing.

    `country` is that of a phone number without a prefix and of a lead that gives none. Leads with the company's
    own or its test addresses are nobody's interest.
    """

    country: Country | None = None
    currency: Currency = "EUR"
    markets: Markets = Markets()
    sites: list[Site] = []
    target_functions: list[Annotated[str, Field(min_length=1)]] = []
    target_sectors: list[Annotated[str, Field(pattern=r"^[A-U]$")]] = []
    own_domains: list[Annotated[str, Field(min_length=3)]] = []
    test_addresses: list[Annotated[str, Field(min_length=3)]] = []
