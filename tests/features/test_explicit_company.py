import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.data.company import Company
from src.features.explicit_metrics.company import (
    METRICS,
    MOST_EMPLOYEES,
    find_bands,
    measure_company,
    read_employees,
)


@pytest.mark.parametrize(
    ("text", "employees"),
    [
        ("50", 50),
        ("50 empleados", 50),
        ("12.0", 12),
        ("1.000", 1000),
        ("1,000", 1000),
        ("1 000", 1000),
        ("1.000+", 1000),
        ("+1000", 1000),
        ("más de 250", 250),
        ("2,5k", 2500),
        ("5 mil", 5000),
        ("10-40", 20),
        ("de 10 a 40", 20),
        ("entre 50 y 200", 100),
        ("50 \u2013 200 employees", 100),
        ("1.000 - 4.000", 2000),
        ("menos de 100", 10),
        ("<100", 10),
        ("Hasta 25", 5),
        ("01-oct", 10**0.5),
        ("oct-40", 20),
        ("autónomo", 1),
        ("Freelance", 1),
        ("solo yo", 1),
        ("gran empresa", 1000),
        ("Multinacional", 1000),
        ("501-1,000", 501**0.5 * 1000**0.5),
        ("10,001+ employees", 10_001),
        ("1.000.000", 1_000_000),
        ("1'000", 1000),
        ("50-200", 100),
        ("５０－２００", 100),
        ("200-50", 100),
        ("40 a 10 personas", 20),
        ("1k-4k", 2000),
        ("1-4k", 2000),
        ("250-1k", 500),
        ("1 millón", 1_000_000),
        ("0-10", 10**0.5),
        ("~30", 30),
        ("unos 20", 20),
        ("≤100", 10),
        ("no más de 25", 5),
        ("Empleados: 50", 50),
        ("Mediana (50-200)", 100),
        ("nov-50", (11 * 50) ** 0.5),
        ("2024-10-01 00:00:00", 10**0.5),
        ("01/11/1950", (11 * 50) ** 0.5),
        ("01-oct-2024", 10**0.5),
        ("2000", 2000),
        ("2024 empleados", 2024),
        ("2024", None),
        ("fundada en 1985", None),
        ("25 años", None),
        ("2M €", None),
        ("100%", None),
        ("12:30", None),
        ("-1", None),
        ("612345678", None),
        ("91 234 56 78", None),
        ("Sólo yo", 1),
        ("Myself Only", 1),
        ("microempresa", 18**0.5),
        ("pyme", (10 * 249) ** 0.5),
        ("Microsoft", None),
        ("Granada", None),
        ("0", None),
        ("-", None),
        ("no sé", None),
        ("600 123 456", None),
        ("1 2 3", None),
        ("1.2.3", None),
        ("500 empleados en 3 países", 500),
        ("200+ people worldwide in 12 offices", 200),
        ("3 oficinas, 40 empleados", 40),
        ("12 personas, 2 sedes", 12),
        ("25 trabajadores y 5 becarios", 25),
        ("Since 1985, 40 employees", 40),
        ("50 employees / 3 offices", 50),
        ("10-40 empleados, 3 oficinas", 20),
        ("10 empleados a 40 empleados", 20),
        ("más de 10 y menos de 40", 20),
        ("between 10 and 40", 20),
        ("10 + 5", None),
        ("10, 40", None),
        ("10 y 40", None),
        ("1.5M", 1_500_000),
        ("2M", 2_000_000),
        ("1-2", 2**0.5),
        ("entre 1 y 3", 3**0.5),
        ("cinco", 5),
        ("unas veinte personas", 20),
        ("cincuenta empleados", 50),
        ("mil", 1000),
        ("one hundred people", 100),
        ("treinta y cinco personas", None),
        ("9" * 10_000, None),
        ("", None),
    ],
)
def test_employees_are_read_from_figures_ranges_and_words(text, employees):
    """Check that a range gives its geometric mean, an open one its bound, nonsense nothing."""
    assert read_employees(text) == (None if employees is None else pytest.approx(employees))


def test_bands_are_those_of_the_european_union():
    """Check the bounds of the bands: 1, below 10, below 50, below 250, and above."""
    employees = pd.Series([1, 2**0.5, 2, 9.9, 10, 49.9, 50, 249.9, 250, None])
    bands = ["self-employed"] + ["micro"] * 3 + ["small"] * 2 + ["medium"] * 2 + ["large", None]
    assert find_bands(employees).astype(object).where(employees.notna(), None).tolist() == bands


def test_the_name_of_a_company_is_only_counted():
    """Check that of the company's name nothing remains but whether there is one."""
    leads = pd.DataFrame({"company": ["Acme", None], "company_size": ["5", None], "sector": [None, "Banca"]})
    measured = measure_company(leads.astype("str"), Company(target_sectors=["J", "M"]))
    assert list(measured) == [metric.name for metric in METRICS]
    assert measured["has_company"].tolist() == [1, 0]
    assert "acme" not in measured.to_csv().casefold()


@given(st.text(max_size=40) | st.from_regex(r"[0-9., <>+kmil/-]{0,20}", fullmatch=True))
def test_any_text_may_stand_for_a_size(text):
    """Check that a size is missing or between one employee and the most there can be."""
    employees = read_employees(text)
    assert employees is None or 1 <= employees <= MOST_EMPLOYEES
