import numpy as np
import pandas as pd
import pytest

from src.features.explicit_metrics.offer import find_offer_place, measure_offer


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Curso presencial de Excel Avanzado", "in a room"),
        ("Marketing Digital (PRESENCIAL)", "in a room"),
        ("Classroom course", "in a room"),
        ("Curso online de Inglés", "online"),
        ("curso_online_ingles", "online"),
        ("Formación para empresas: Excel", "at the company"),
        ("Servicio a empresas - Contabilidad", "at the company"),
        ("In-company training", "at the company"),
        ("Excel (online + presencial)", "online or in a room"),
        ("Presencial u online", "online or in a room"),
        ("Curso híbrido", "online or in a room"),
        ("Hybrid course", "online or in a room"),
        # What it is about says nothing of where it happens.
        ("Administración de empresas", None),
        ("Administración de empresas (presencial)", "in a room"),
        ("Excel", None),
        ("", None),
        ("x" * 10_000, None),
    ],
)
def test_the_name_of_an_offer_tells_where_it_happens(text, place):
    """Check names in Spanish and English."""
    assert find_offer_place(text) == place


def test_only_who_asks_for_a_room_minds_the_distance():
    """Check the three metrics of five leads, one of them of unknown place."""
    offers = ["Excel (presencial)", "Excel online", None, "Taller de escritura", "excel (Presencial)"]
    leads = pd.DataFrame({"offer": pd.Series(offers, dtype="str")})
    found = measure_offer(leads, pd.Series([3.0, 3.0, 3.0, 120.0, np.nan]))
    assert found["offer"].tolist()[::4] == ["excel (presencial)"] * 2
    assert found["offer_place"].tolist() == ["in a room", "online", None, "in a room", "in a room"]
    assert found["km_to_offer"].fillna(-1).tolist() == [3, -1, -1, 120, -1]
