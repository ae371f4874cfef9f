"""Exports as four CRMs write them, of invented contacts, made from a seed: rows by the names of their files."""

import json
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pandas as pd

FIRST = ("Ana", "Luis", "Marta", "John", "Sofia", "Pedro", "Emma", "Hugo", "Lucia", "Omar")
LAST = ("Garcia", "Perez", "Smith", "Lopez", "Rossi", "Martin", "Silva", "Muller", "Costa", "Ruiz")
TITLES = (
    "Directora de Marketing",
    "CEO",
    "Software Engineer",
    "Jefe de ventas",
    "Estudiante",
    "HR Manager",
    "Comercial",
)
COUNTRIES = ("Spain", "Mexico", "United States", "Germany", "Argentina")
SIZES = ("1-10", "11-50", "51-200", "201-500", "501-1,000")
INDUSTRIES = ("Computer Software", "Retail", "Education Management", "Construction", "Insurance")
CHANNELS = ("Organic Search", "Paid Search", "Email Marketing", "Direct Traffic", "Social Media")
BEGIN = datetime(2025, 1, 1, 8)


def make_people(count: int, seed: int = 7) -> list[dict]:
    """Return invented contacts: those with a senior job and many clicks convert more often, within weeks."""
    rng, people = Random(seed), []
    for number in range(count):
        created = BEGIN + timedelta(minutes=int(number * 500 * 1440 / count) + rng.randrange(600))
        title, channel = rng.choice(TITLES), rng.choice(CHANNELS)
        clicks = rng.choice((0, 0, 1, 2, 4))
        chance = 0.05 + 0.25 * (title in ("CEO", "Directora de Marketing", "HR Manager")) + 0.08 * clicks
        won = rng.random() < chance
        closed = created + timedelta(days=rng.randrange(2, 40), hours=rng.randrange(9))
        decided = won or rng.random() < 0.6
        first, last = rng.choice(FIRST), rng.choice(LAST)
        people.append(
            {
                "number": number,
                "created": created,
                "first": first,
                "last": last,
                "email": f"{first}.{last}{number}@{rng.choice(('gmail.com', f'firm{number % 211}.com'))}".lower(),
                "phone": f"+34 6{rng.randrange(10**8):08d}",
                "title": title,
                "country": rng.choice(COUNTRIES),
                "size": rng.choice(SIZES),
                "industry": rng.choice(INDUSTRIES),
                "channel": channel,
                "firm": number % 211,
                "clicks": clicks,
                "won": won,
                "closed": closed if decided else None,
                "topic": rng.choice(("CRM", "ERP", "Web")),
                "random": rng.random(),
            }
        )
    return people


def make_hubspot(count: int) -> dict[str, pd.DataFrame]:
    """Return contacts, e-mail events keyed by recipient in epoch milliseconds, and deals of contacts and companies."""
    people = make_people(count)
    contacts = [
        {
            "Record ID": str(100_000 + p["number"]),
            "First Name": p["first"],
            "Last Name": p["last"],
            "Email": p["email"],
            "Phone Number": p["phone"],
            "Job Title": p["title"],
            "Country/Region": p["country"],
            "Number of Employees": p["size"],
            "Industry": p["industry"],
            "Original Traffic Source": p["channel"],
            "Create Date": f"{p['created']:%Y-%m-%d %H:%M}",
            "Product Interest": p["topic"],
            "Favourite Colour": ("red", "blue", "green")[p["number"] % 3],
            "Lifecycle Stage": "Customer" if p["won"] else "Lead",
            "Contact owner": "Eva" if p["won"] else "",
            "Number of Pageviews": str(p["clicks"] * 3),
            "Associated Company ID": str(9_000 + p["firm"]),
        }
        for p in people
    ]
    events = []
    for p in people:
        sent = p["created"] + timedelta(hours=2)
        for step in range(1 + p["clicks"]):
            for kind, minutes in (("SENT", 0), ("DELIVERED", 1), ("OPEN", 90), ("CLICK", 95))[: 4 if step else 2]:
                at = sent + timedelta(days=step, minutes=minutes)
                events.append(
                    {
                        "Event ID": f"e{len(events)}",
                        "Recipient": p["email"].upper() if p["number"] % 5 == 0 else p["email"],
                        "Event Type": kind,
                        "Created": str(int(at.timestamp() * 1000)),
                        "Email Name": f"Newsletter {step}",
                    }
                )
    deals = []
    for p in people:
        if p["closed"] is None:
            continue
        ids = str(100_000 + p["number"])
        if p["random"] < 0.1 and p["number"]:
            ids = f"{ids};{100_000 + p['number'] - 1}"
        only_company = p["random"] > 0.97
        deals.append(
            {
                "Record ID": str(700_000 + p["number"]),
                "Deal Name": f"Deal {p['number']}",
                "Deal Stage": "Closed won" if p["won"] else "Closed lost",
                "Close Date": f"{p['closed']:%Y-%m-%d %H:%M}",
                "Amount": str(1000 + 10 * (p["number"] % 50)),
                "Associated Contact IDs": "" if only_company else ids,
                "Associated Company IDs": str(9_000 + p["firm"]),
            }
        )
    deals.append(deals[-1] | {"Record ID": "799999", "Deal Stage": "Appointment scheduled", "Close Date": ""})
    return {"contacts": pd.DataFrame(contacts), "email-events": pd.DataFrame(events), "deals": pd.DataFrame(deals)}


def lengthen(id15: str) -> str:
    """Return an id of Salesforce with the three letters that say which of its letters are capitals."""
    parts = [id15[start : start + 5] for start in (0, 5, 10)]
    marks = [sum(1 << place for place, letter in enumerate(part) if letter.isupper()) for part in parts]
    return id15 + "".join("ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"[mark] for mark in marks)


def make_salesforce(count: int) -> dict[str, pd.DataFrame]:
    """Return leads with ids of 18 letters, and opportunities with ids of 15."""
    people = make_people(count)
    leads = [
        {
            "Id": lengthen(f"00Q5g00000{p['number']:05d}"),
            "FirstName": p["first"],
            "LastName": p["last"],
            "Title": f"{p['title']}{' Senior' if p['number'] % 3 else ''}",
            "Company": f"Firm {p['firm']}",
            "Email": p["email"],
            "Phone": p["phone"],
            "Country": p["country"],
            "Industry": p["industry"],
            "NumberOfEmployees": str((5, 30, 120, 300, 700)[SIZES.index(p["size"])]),
            "LeadSource": p["channel"],
            "CreatedDate": f"{p['created']:%Y-%m-%dT%H:%M:%S.000+0000}",
            "Product_Interest__c": p["topic"],
            "Status": "Qualified" if p["won"] else "Open",
            "IsConverted": "true" if p["closed"] else "false",
            "ConvertedOpportunityId": lengthen(f"0065g00000{p['number']:05d}") if p["closed"] else "",
        }
        for p in people
    ]
    opportunities = [
        {
            "Id": f"0065g00000{p['number']:05d}",
            "Name": f"Opportunity {p['number']}",
            "StageName": "Closed Won" if p["won"] else "Closed Lost",
            "Amount": str(500 + p["number"] % 90),
            "CloseDate": f"{p['closed']:%Y-%m-%d}",
            "IsWon": str(p["won"]).lower(),
            "IsClosed": "true",
        }
        for p in people
        if p["closed"]
    ]
    return {"leads": pd.DataFrame(leads), "opportunities": pd.DataFrame(opportunities)}


def make_odoo(count: int) -> list[dict]:
    """Return records of crm.lead as its interface gives them: pairs of an id and a name, ``false`` for nothing."""
    return [
        {
            "id": 1 + p["number"],
            "contact_name": f"{p['first']} {p['last']}",
            "email_from": p["email"],
            "phone": p["phone"] if p["number"] % 4 else False,
            "function": p["title"] if p["number"] % 3 else False,
            "partner_name": f"Firm {p['firm']}" if p["number"] % 2 else False,
            "country_id": [COUNTRIES.index(p["country"]) + 60, p["country"]],
            "medium_id": [CHANNELS.index(p["channel"]) + 1, p["channel"]] if p["number"] % 5 else False,
            "create_date": f"{p['created']:%Y-%m-%d %H:%M:%S}",
            "stage_id": [4, "Won"] if p["won"] else [1, "New"],
            "probability": 100.0 if p["won"] else 10.0,
            "date_closed": f"{p['closed']:%Y-%m-%d %H:%M:%S}" if p["won"] else False,
            "lost_reason_id": False,
            "x_interest": p["topic"],
        }
        for p in make_people(count)
    ]


def make_mautic(count: int) -> dict[str, pd.DataFrame]:
    """Return contacts with a date of their own for customers, in Spanish, and the events of campaigns."""
    people = make_people(count)
    contacts = [
        {
            "id": str(p["number"] + 1),
            "firstname": p["first"],
            "lastname": p["last"],
            "email": p["email"],
            "position": p["title"],
            "country": p["country"],
            "companyindustry": p["industry"],
            "date_added": f"{p['created']:%d/%m/%Y %H:%M}",
            "points": str(p["clicks"] * 5),
            "interes": p["topic"],
            "cliente_desde": f"{p['closed']:%d/%m/%Y %H:%M}" if p["won"] else "",
        }
        for p in people
    ]
    events = [
        {
            "contact_id": str(p["number"] + 1),
            "event": kind,
            "timestamp": f"{p['created'] + timedelta(days=step, hours=3):%Y-%m-%d %H:%M:%S}",
            "url": "/precios",
        }
        for p in people
        for step in range(1 + p["clicks"])
        for kind in ("email.sent", "email.read", "page.hit")[: 3 if step else 1]
    ]
    return {"contactos": pd.DataFrame(contacts), "eventos": pd.DataFrame(events)}


def save_csv(tables: dict[str, pd.DataFrame], folder: Path, delimiter: str = ",") -> list[str]:
    folder.mkdir(parents=True, exist_ok=True)
    files = [folder / f"{name}.csv" for name in tables]
    for path, table in zip(files, tables.values(), strict=True):
        table.to_csv(path, index=False, sep=delimiter)
    return [str(path) for path in files]


def save_lines(records: list[dict], path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{json.dumps(record)}\n" for record in records), encoding="utf-8")
    return str(path)
