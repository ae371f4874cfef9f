import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.features.explicit_metrics.job_title import find_function, find_seniority


@pytest.mark.parametrize(
    ("title", "seniority", "function"),
    [
        ("Estudiante de Derecho", "student", "legal"),
        ("Becaria", "student", None),
        ("Desempleado", "student", "other"),
        ("Abogada en prácticas", "student", "legal"),
        ("Profesor universitario", "specialist", "education"),
        ("Aux. administrativo", "staff", "administration"),
        ("Asistente de dirección", "staff", "administration"),
        ("Assistant to the CEO", "staff", "management"),
        ("Teleoperador/a", "staff", "sales"),
        ("Auxiliar de enfermería", "staff", "health"),
        ("Dependienta", "staff", "sales"),
        ("Técnico/a de RRHH", "specialist", "HR"),
        ("Ingeniera informática", "specialist", "IT"),
        ("Ing. industrial", "specialist", "engineering"),
        ("Community Manager", "specialist", "marketing"),
        ("Key Account Manager", "specialist", "sales"),
        ("Product Owner", "specialist", "IT"),
        ("Técnica de prevención de riesgos", "specialist", "operations"),
        ("Investigador", "specialist", "education"),
        ("Enfermera", "specialist", "health"),
        ("HR Business Partner", "specialist", "HR"),
        ("Jefe/a de compras", "manager", "purchasing"),
        ("JEFA DE VENTAS", "manager", "sales"),
        ("Resp. RR.HH.", "manager", "HR"),
        ("Resp.RR.HH.", "manager", "HR"),
        ("Responsable de logística", "manager", "operations"),
        ("Gerente de marketing", "manager", "marketing"),
        ("Maestro de obra", "manager", "engineering"),
        ("Team Lead", "manager", None),
        ("Director de Sistemas", "director", "IT"),
        ("Directora financiera", "director", "finance"),
        ("Subdirector(a) comercial", "director", "sales"),
        ("Dtor. comercial", "director", "sales"),
        ("Head of Sales", "director", "sales"),
        ("Gerente", "executive", "management"),
        ("Dir. Gral.", "executive", "management"),
        ("Director General", "executive", "management"),
        ("C.E.O.", "executive", "management"),
        ("CTO", "executive", "IT"),
        ("Vice-President", "executive", "management"),
        ("Socia fundadora", "owner", "management"),
        ("Co-founder", "owner", "management"),
        ("Autónomo", "owner", None),
        ("Dueña", "owner", "management"),
        ("asdf", None, None),
        ("", None, None),
        ("🙂", None, None),
    ],
)
def test_a_title_tells_seniority_and_function(title, seniority, function):
    """Check that Spanish and English titles are understood in all genders and abbreviations."""
    assert (find_seniority(title), find_function(title)) == (seniority, function)


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
