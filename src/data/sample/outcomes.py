"""What becomes of leads: sales and losses by class of intent, verdicts by what was given."""

import numpy as np
import pandas as pd

from src.data.sample import clock, design
from src.data.sample.draws import draw_uniform, pick_index
from src.data.sample.histories import NEVER, to_whole
from src.data.sample.truth import CLASS
from src.data.sample.vocabulary import CLIENTS, LOST_REASONS, REFUSAL_REASONS

AMOUNTS = ((250, 550), (190, 690), (490, 1490), (2400, 12900))  # euros, by offer
SALE_KINDS = ("venta", "perdido")
VERDICT_KINDS = ("aceptado", "rechazado", "devuelto")


def draw_sales(leads: pd.DataFrame, intent: np.ndarray, sale: np.ndarray, seed: int) -> pd.DataFrame:
    """Return ``at`` (UTC seconds, ``NEVER`` if open for ever) and ``is_sale`` of each lead."""
    lead = leads.index.to_numpy()
    row = np.arange(len(lead))
    is_sale = draw_uniform(seed, "sale", lead) < sale[row, intent]
    sold = clock.draw_delay(draw_uniform(seed, "sale delay", lead), CLASS["delay_days"][intent], design.SALE_SHAPE)
    lost = clock.draw_delay(draw_uniform(seed, "lost delay", lead), design.LOST_DAYS, design.LOST_SHAPE)
    is_noted = is_sale | (draw_uniform(seed, "lost", lead) < design.LOST_SHARE)
    at = leads["created"].to_numpy() + to_whole(np.where(is_sale, sold, lost) * design.DAY)
    at = np.where(is_noted & ~leads["is_spam"], at, NEVER)
    return pd.DataFrame({"at": at, "is_sale": is_sale}, index=leads.index)


def draw_verdicts(leads: pd.DataFrame, accepted: np.ndarray, seed: int) -> pd.DataFrame:
    """Return ``at`` and ``kind`` (position in ``VERDICT_KINDS``) of the client's answer."""
    lead = leads.index.to_numpy()
    uniform = draw_uniform(seed, "verdict delay", lead)
    delay = clock.draw_delay(uniform, design.VERDICT_DAYS, design.VERDICT_SHAPE)
    comes = (draw_uniform(seed, "verdict comes", lead) < design.ANSWERED_SHARE) & ~leads["is_spam"]
    is_returned = draw_uniform(seed, "returned", lead) < design.RETURNED_SHARE
    is_accepted = draw_uniform(seed, "verdict", lead) < accepted
    at = np.where(comes, leads["created"].to_numpy() + to_whole(delay * design.DAY), NEVER)
    kind = np.where(is_accepted, 0, np.where(is_returned, 2, 1))
    return pd.DataFrame({"at": at, "kind": kind}, index=leads.index)


def write_outcomes(
    leads: pd.DataFrame, sales: pd.DataFrame, verdicts: pd.DataFrame, as_of: int, seed: int
) -> pd.DataFrame:
    """Return the outcomes file: one row a lead and outcome known by `as_of`."""
    parts = [list_sales(leads, sales, seed), list_verdicts(leads, verdicts, seed)]
    table = pd.concat(parts).query("at <= @as_of").sort_values(["at", "lead"], kind="stable")
    fecha = np.datetime_as_string(table["at"].to_numpy().astype("datetime64[s]"), timezone="UTC")
    columns = {"id_lead": table["lead"], "resultado": table["kind"], "fecha": fecha}
    columns |= {"importe": table["amount"], "cliente": table["client"], "motivo": table["reason"]}
    return pd.DataFrame(columns).reset_index(drop=True)


def list_sales(leads: pd.DataFrame, sales: pd.DataFrame, seed: int) -> pd.DataFrame:
    lead = leads.index.to_numpy()
    low, high = np.array(AMOUNTS, dtype=np.float64)[leads["offer"]].T
    amount = np.round(low + (high - low) * draw_uniform(seed, "amount", lead), 2)
    reason = pick_index(draw_uniform(seed, "lost reason", lead), np.ones(len(LOST_REASONS)))
    is_sale = sales["is_sale"].to_numpy()
    return pd.DataFrame(
        {
            "lead": leads["id"],
            "at": sales["at"],
            "kind": np.where(is_sale, *SALE_KINDS),
            "amount": np.where(is_sale, np.char.mod("%.2f", amount), "").astype(object),
            "client": "",
            "reason": np.where(is_sale, "", np.array(LOST_REASONS)[reason]),
        }
    )


def list_verdicts(leads: pd.DataFrame, verdicts: pd.DataFrame, seed: int) -> pd.DataFrame:
    lead = leads.index.to_numpy()
    client = pick_index(draw_uniform(seed, "client", lead), np.ones(len(CLIENTS)))
    reason = pick_index(draw_uniform(seed, "refusal reason", lead), np.ones(len(REFUSAL_REASONS)))
    kind = verdicts["kind"].to_numpy()
    return pd.DataFrame(
        {
            "lead": leads["id"],
            "at": verdicts["at"],
            "kind": np.array(VERDICT_KINDS)[kind],
            "amount": "",
            "client": np.array(CLIENTS)[client],
            "reason": np.where(kind == 0, "", np.array(REFUSAL_REASONS)[reason]),
        }
    )
