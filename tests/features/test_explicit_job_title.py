import csv
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from src.data.company import Company
from src.features.explicit_metrics.job_title import (
    METRICS,
    DecisionPower,
    check_target_functions,
    find_function,
    find_seniority,
    measure_buying_power,
    measure_job_title,
)
from src.features.explicit_metrics.job_words import correct_word, simplify_title
from src.stage import InputError

DECLARATION = Path("data/sources/mine.yaml")
SENIORITIES = {"student", "staff", "specialist", "manager", "director", "executive", "owner", None}
FUNCTIONS = {
    *("management", "sales", "marketing", "finance", "IT", "operations", "HR", "purchasing", "legal"),
    *("health", "education", "engineering", "other", None),
}


@pytest.mark.parametrize(
    ("title", "seniority", "function"),
    [
        ("Estudiante de Derecho", "student", "legal"),
        ("Becaria", "student", None),
        ("Desempleado", "student", None),
        ("Abogada en prácticas", "student", "legal"),
        ("Opositor a profesor", "student", "education"),
        ("Profesor universitario", "specialist", "education"),
        ("Aux. administrativo", "staff", "other"),
        ("Asistente de dirección", "staff", "other"),
        ("Assistant to the CEO", "staff", "other"),
        ("Executive Assistant to the CFO", "staff", "finance"),
        ("Teleoperador/a", "staff", "sales"),
        ("Auxiliar de enfermería", "staff", "health"),
        ("Comercial", "staff", "sales"),
        ("Dependienta", "staff", "sales"),
        ("Camarero", "staff", "other"),
        ("Técnico/a de RRHH", "specialist", "HR"),
        ("Ingeniera informática", "specialist", "IT"),
        ("Ing. industrial", "specialist", "engineering"),
        ("Community Manager", "specialist", "marketing"),
        ("Key Account Manager", "specialist", "sales"),
        ("Product Owner", "specialist", "IT"),
        ("Técnica de prevención de riesgos laborales", "specialist", "operations"),
        ("Investigador", "specialist", "education"),
        ("Enfermera", "specialist", "health"),
        ("HR Business Partner", "specialist", "HR"),
        ("Trabajadora social", "specialist", "other"),
        ("Consultora", "specialist", None),
        ("Jefe/a de compras", "manager", "purchasing"),
        ("JEFA DE VENTAS", "manager", "sales"),
        ("Resp. RR.HH.", "manager", "HR"),
        ("Resp.RR.HH.", "manager", "HR"),
        ("Resp. de compras", "manager", "purchasing"),
        ("Responsable de logística", "manager", "operations"),
        ("Responsable de becarios", "manager", None),
        ("Gerente de marketing", "manager", "marketing"),
        ("Maestro de obra", "manager", "engineering"),
        ("IT Project Manager", "manager", "IT"),
        ("Team Lead", "manager", None),
        ("Jefa", "manager", None),
        ("Director de Sistemas", "director", "IT"),
        ("Directora financiera", "director", "finance"),
        ("Subdirector(a) comercial", "director", "sales"),
        ("Dtor. comercial", "director", "sales"),
        ("Head of Sales", "director", "sales"),
        ("Head of IT / Sistemas", "director", "IT"),
        ("Directora general adjunta", "director", "management"),
        ("Gerente", "executive", "management"),
        ("Gerente en Construcciones del Sur S.L.", "executive", "management"),
        ("Dir. Gral.", "executive", "management"),
        ("Director General", "executive", "management"),
        ("C.E.O.", "executive", "management"),
        ("CTO", "executive", "IT"),
        ("Vice-President", "executive", "management"),
        ("Administradora única", "executive", "management"),
        ("Socia fundadora", "owner", "management"),
        ("CEO y fundadora", "owner", "management"),
        ("CTO & co-founder", "owner", "IT"),
        ("Autónomo", "owner", None),
        ("autónoma", "owner", None),
        ("Dueña", "owner", "management"),
        ("Diseñadora gráfica freelance", "owner", "other"),
        ("Profesora jubilada", None, None),
        ("Ama de casa", None, None),
        ("Ex CEO", None, "management"),
        ("ex-CEO", None, "management"),
        ("Ex-gerente", None, "management"),
        ("Antiguo director", None, None),
        ("Futuro CEO", None, "management"),
        ("Hija del director", None, None),
        ("Mujer del gerente", None, "management"),
        ("No soy director", None, None),
        ("Reporto al CEO", None, "management"),
        ("Home owner", None, None),
        ("Propietario de vivienda", None, None),
        ("Socio del gimnasio", None, None),
        ("Chófer del presidente", "staff", "operations"),
        ("Sys Admin", "specialist", "IT"),
        ("Arq.", "specialist", "engineering"),
        ("MIR", "specialist", "health"),
        ("CPO (Chief Product Officer)", "executive", "marketing"),
        ("CPO", "executive", "purchasing"),
        ("Branch manager", "manager", "finance"),
        ("Boss", "executive", None),
        ("Marketing", None, "marketing"),
        ("Ingeniería", None, "engineering"),
        ("Asesoría fiscal", None, "finance"),
        ("asdf", None, None),
        ("", None, None),
        ("🙂", None, None),
        ("工作", None, None),
    ],
)
def test_a_title_tells_seniority_and_function(title, seniority, function):
    """Check that Spanish and English titles are understood in all genders and abbreviations."""
    assert (find_seniority(title), find_function(title)) == (seniority, function)


@pytest.mark.parametrize(
    ("title", "seniority"),
    [
        ("Estudiante y camarera", "staff"),
        ("Camarera y estudiante", "staff"),
        ("Técnico, jefe de equipo", "manager"),
        ("Directora / Abogada", "director"),
        ("Director financiero + CFO", "executive"),
        ("CEO, Owner", "owner"),
    ],
)
def test_of_two_titles_the_higher_counts(title, seniority):
    """Check that neither the order nor what stands between two titles matters."""
    assert find_seniority(title) == seniority


@pytest.mark.parametrize(
    ("title", "function"),
    [
        ("Marketing y ventas", "marketing"),
        ("Ventas y marketing", "sales"),
        ("Finanzas, RRHH", "finance"),
        ("Ingeniera de software", "IT"),
        ("Administrativa de compras", "purchasing"),
        ("CEO & Head of Marketing", "marketing"),
    ],
)
def test_of_two_functions_the_first_counts_and_what_is_named_beats_the_trade(title, function):
    """Check that a function comes before the trade, office work and leading the whole."""
    assert find_function(title) == function


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("gernete", "gerente"),
        ("reponsable", "responsable"),
        ("marketin", "marketing"),
        ("enginer", "engineer"),
        ("directro", "director"),
        ("adminsitrativo", "administrativo"),
        ("coordiandora", "coordinadora"),
        ("recursoss", "recursos"),
    ],
)
def test_a_misspelt_word_is_put_right(typed, meant):
    """Check that a letter too few, too many, wrong or in the wrong place is repaired."""
    assert correct_word(typed) == meant


@pytest.mark.parametrize(
    "word",
    [
        *("cantador", "cocinero", "consejero", "ahogado", "ahogados", "contador", "colador", "ganador", "salvador"),
        *("agosto", "cartel", "tiempo", "mexico", "medida", "camino", "clavel", "delgado", "secador", "tornado"),
        *("firmas", "formas", "gramos", "planeta", "interno", "veneno", "poste", "poster", "presidio", "actriz"),
        *("danger", "broken", "stories", "sealing", "wedding", "context", "pointer", "competitor", "councillor"),
        *("jefe", "jfe", "ceo", "xyzzyx", "工作経験がある"),
    ],
)
def test_a_real_word_near_another_one_stays_what_it_is(word):
    """Check that words which are only a letter away from a word of the rules are left alone."""
    assert correct_word(word) == word


@pytest.mark.parametrize(
    "title",
    ["Jefe/a", "jefe (a)", "JEFE-A", "Jefe / -a", "jefe/as"],
)
def test_the_ending_of_the_other_gender_is_dropped(title):
    """Check that both genders of a word in one are read as the first."""
    assert simplify_title(title) == "jefe"


@pytest.mark.parametrize(
    ("title", "plain"),
    [
        ("Einkäufer:in", "einkaufer"),
        ("Einkäufer*innen", "einkaufer"),
        ("Vendeur·euse", "vendeur"),
        ("Acheteur (H/F)", "acheteur"),
        ("Softwareentwickler (m/w/d)", "softwareentwickler"),
        ("Assistant(e) RH", "assistant rh"),
        ("Head of M&A", "head of m&a"),
    ],
)
def test_what_advertisements_add_for_all_genders_is_dropped(title, plain):
    """Check German and French endings behind a colon, a star or a point, and the letters in brackets."""
    assert simplify_title(title) == plain


def test_a_slash_between_words_is_no_gender():
    """Check that what only looks like an ending, the e of e-commerce or a function, stays."""
    assert simplify_title("Marketing/e-commerce") == "marketing/e-commerce"
    assert find_function("Directora/IT") == "IT"


@pytest.mark.parametrize(("name", "least"), [("develop", 0.95), ("held_out", 0.95)])
def test_labelled_titles_are_understood(name, least):
    """Check on labelled titles that at least 95 % are right; the held-out ones no rule was made for."""
    path = Path(__file__).parent / f"job_titles_{name}.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) >= 400
    seniority = np.mean([(find_seniority(row["title"]) or "unknown") == row["seniority"] for row in rows])
    function = np.mean([(find_function(row["title"]) or "unknown") == row["function"] for row in rows])
    print(f"{name}: {len(rows)} titles, right are {seniority:.1%} in seniority and {function:.1%} in function")
    assert min(seniority, function) >= least


def measure(titles, employees, targets=("IT",)):
    leads = pd.DataFrame({"job_title": pd.Series(titles, dtype="str")})
    return measure_job_title(leads, pd.Series(employees, dtype=float), Company(target_functions=list(targets)))


def test_power_follows_from_seniority_and_company():
    """Check decision power in companies of unknown, small and large size, and the budget behind it."""
    metrics = measure(
        ["Jefa de ventas", "Jefa de ventas", "Jefa de ventas", "CTO", "Becario", "Marketing", None],
        [np.nan, 9, 99, 999, 999, 9, 9],
    )
    assert metrics["decision_power"].tolist()[:5] == [3, 4, 3, 4, 0]
    assert metrics["decision_power"].isna().tolist() == [False] * 5 + [True] * 2
    np.testing.assert_allclose(metrics["buying_power"], [np.nan, 4 * 1, 3 * 2, 4 * 3, 0, np.nan, np.nan])


def test_a_company_is_small_below_fifty_employees():
    """Check both sides of the border."""
    assert measure(["Analista"] * 2, [49, 50])["decision_power"].tolist() == [3, 2]


def test_who_is_among_the_targets():
    """Check yes, no, an unknown function and that without targets nobody is told apart."""
    titles = ["CTO", "Abogada", "Jefa", None]
    np.testing.assert_array_equal(measure(titles, [1] * 4)["is_target_function"], [1, 0, np.nan, np.nan])
    assert measure(titles, [1] * 4, targets=())["is_target_function"].isna().all()


def test_metrics_have_their_names_and_types():
    """Check that the table holds what is declared, numbers as float64 even where all is unknown."""
    metrics = measure([None, None], [np.nan, 3])
    assert list(metrics) == [metric.name for metric in METRICS]
    assert metrics["has_job_title"].tolist() == [0, 0]
    assert all(metrics[metric.name].dtype == float for metric in METRICS if metric.type == "number")
    assert all(metrics[metric.name].dtype == object for metric in METRICS if metric.type == "category")


def test_absurd_numbers_of_employees_are_no_budget():
    """Check that infinite and negative sizes give no number."""
    assert measure(["CEO"] * 2, [np.inf, -5])["buying_power"].isna().all()


def test_a_wrong_target_function_is_refused_by_name():
    """Check that the message names the key, the wrong name and the known ones."""
    check_target_functions(Company(target_functions=["IT", "HR", "management"]), DECLARATION)
    with pytest.raises(InputError, match=r"company\.target_functions.*'it'.*finance.*IT.*sales"):
        check_target_functions(Company(target_functions=["HR", "it"]), DECLARATION)
    with pytest.raises(InputError):
        check_target_functions(Company(target_functions=["unknown"]), DECLARATION)


@pytest.mark.parametrize(
    ("power", "small"),
    [
        ({"staff": 2, "owner": 1}, {"staff": 2, "owner": 2}),
        ({"staff": 2, "owner": 3}, {"staff": 1, "owner": 3}),
        ({"staff": 1, "owner": 3}, {"staff": 1}),
        ({"staff": 1, "owner": 5}, {"staff": 1, "owner": 5}),
    ],
)
def test_a_table_of_power_that_cannot_be_is_refused(power, small):
    """Check less power for more senior people or small companies, and gaps in a table."""
    with pytest.raises(ValidationError):
        DecisionPower(power=power, small_company={"fewer_than": 50, "power": small})


@given(st.integers(0, 4), st.integers(0, 10**7), st.integers(0, 1), st.integers(0, 10**6))
def test_buying_power_never_falls_with_power_or_size(power, employees, more_power, more_employees):
    """Check that the budget is monotone in both of its parts."""
    powers = pd.Series([power, power + more_power], dtype=float)
    sizes = pd.Series([employees, employees + more_employees], dtype=float)
    less, more = measure_buying_power(powers, sizes)
    assert 0 <= less <= more


@given(st.text(max_size=400))
def test_any_text_has_an_answer(text):
    """Check that nothing raises and nothing but the known names comes back."""
    assert find_seniority(text) in SENIORITIES
    assert find_function(text) in FUNCTIONS


@given(st.lists(st.sampled_from(["Jefa de ventas", "CEO", "?", "Gernete", None]), min_size=1, max_size=6))
@settings(max_examples=25)
def test_a_lead_is_measured_without_regard_to_others(titles):
    """Check that a lead alone has the values it has among others."""
    together = measure(titles, [20] * len(titles))
    alone = pd.concat([measure([title], [20]) for title in titles], ignore_index=True)
    pd.testing.assert_frame_equal(together, alone)


@given(st.text(max_size=100), st.sampled_from(["Director", "Jefa", "CEO", "técnico"]))
def test_case_and_accents_of_a_title_never_matter(text, word):
    """Check that any text can stand in a title, in capitals or not."""
    title = f"{word} {text}".replace("\u0131", "")  # the dotless i has no capital of its own
    folded = title.upper().lower()
    if title.casefold() == folded.casefold():
        assert find_seniority(title) == find_seniority(folded)
        assert find_function(title) == find_function(folded)


def test_a_very_long_title_is_cut():
    """Check that a title of ten thousand characters is read like any other."""
    assert find_seniority("director " + "x" * 10_000) == "director"
    assert find_function("director de ventas " * 600) == "sales"
