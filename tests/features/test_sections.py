import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.features.sections import choose_sections, name_section

ASSETS = pd.Series(["/", "/blog/a", "/blog/b", "/faq", "/prices", "newsletter"], index=[7, 8, 9, 3, 4, 5])


@pytest.mark.parametrize(
    ("page", "section"),
    [
        ("/", "home"),
        ("", "home"),
        ("?utm=x", "home"),
        ("/#prices", "home"),
        ("/cursos", "cursos"),
        ("cursos/excel", "cursos"),
        ("//cursos//excel", "cursos"),
        ("//example.com:80/cursos", "cursos"),
        ("/cursos/excel-avanzado?from=/blog", "cursos"),
        ("https://example.com", "home"),
        ("HTTPS://www.Example.com:8080/Cursos/#top", "cursos"),
        ("www.example.com/precios", "precios"),
        ("guia.pdf", "guia_pdf"),
        ("/preguntas-frecuentes", "preguntas_frecuentes"),
        ("/informaci%C3%B3n/x", "informacion"),
        ("/Información", "informacion"),
        ("/es/cursos", "cursos"),
        ("/en-us/pricing/", "pricing"),
        ("/es", "es"),
        ("/it/", "it"),
        ("Pricing page", "pricing_page"),
        ("/价格", "unnamed"),
        ("/" + "x" * 500, "x" * 40),
    ],
)
def test_a_section_is_the_first_folder(page, section):
    assert name_section(page) == section


@given(st.text())
def test_any_page_has_a_section_that_can_name_a_column(page):
    assert set(name_section(page)) <= set("abcdefghijklmnopqrstuvwxyz0123456789_")
    assert 1 <= len(name_section(page)) <= 40


def test_the_sections_viewed_most_are_chosen():
    """Check that the views of a section are added up, that few are chosen, and what was never viewed is of none."""
    sections, section = choose_sections(ASSETS, np.array([5, 3, 4, 1, 6, 0]), most=2)
    assert sections == ("blog", "prices")
    assert section.tolist() == [-1, 0, 0, -1, 1, -1, -1]


def test_of_two_viewed_as_often_the_first_by_name_is_chosen():
    sections, _ = choose_sections(ASSETS, np.array([2, 1, 1, 2, 2, 2]), most=3)
    assert sections == ("blog", "faq", "home")


@pytest.mark.parametrize(("views", "most"), [([0] * 6, 20), ([1] * 6, 0)])
def test_without_views_or_a_place_for_one_there_is_no_section(views, most):
    sections, section = choose_sections(ASSETS, np.array(views), most)
    assert sections == ()
    assert section.tolist() == [-1] * 7


def test_without_assets_there_is_no_section():
    sections, section = choose_sections(ASSETS[:0], np.zeros(0, int), 20)
    assert (sections, section.tolist()) == ((), [-1])
