"""The tables that ship: a made-up company's mail, calendar, visits of its site, tasks and customers, from a seed.

Sizes and columns are those of the workplace assistant of NeMo-Gym, so that its tools serve both; names, texts and
numbers are our own.
"""

import random
from datetime import datetime, timedelta
from functools import cache

from temper.verifiers.sessions.workplace.store import Row, Tables

NOW = datetime(2023, 11, 30, 23, 59)
"""The clock of every session; it stands still."""
FIRST = ("ada", "bruno", "chiara", "dmitri", "elif", "farah", "goran", "hana", "ivo", "jun", "kofi", "lena", "mateo",
         "nadia", "oskar", "priya", "rosa", "sven", "tala", "umar")  # fmt: skip
LAST = ("abel", "brandt", "costa", "demir", "eriksen", "fonseca", "graf", "hoang", "ito", "jansen", "keller", "lund",
        "moreau", "novak", "okafor", "petrov", "quinn", "ruiz", "sato", "thorne")  # fmt: skip
TOPICS = ("search page", "billing form", "login flow", "weekly report", "mobile menu", "price list", "data export",
          "user survey", "help centre", "release notes")  # fmt: skip
VERBS = ("Draft", "Review", "Test", "Design", "Fix", "Plan", "Document", "Measure")
MEETINGS = ("sync", "review", "planning", "demo", "retrospective", "interview", "workshop")
COMPANIES = ("alder", "birchwood", "corvid", "drift", "ember", "fathom", "grove", "halcyon", "inlet", "juniper")
SOURCES = ("direct", "referral", "search engine", "social media")
LISTS, BOARDS = ("Backlog", "In Progress", "In Review", "Completed"), ("Back end", "Front end", "Design")
STATUSES = ("Qualified", "Won", "Lost", "Lead", "Proposal")
PRODUCTS = ("Software", "Hardware", "Services", "Consulting", "Training")


@cache
def tables(seed: int) -> Tables:
    """The five tables, the people and the plots that were drawn; made once a seed and process."""
    chance = random.Random(f"workplace/{seed}")
    people = [f"{first}.{last}@example.com" for first, last in zip(FIRST, LAST, strict=True)]
    return {
        "people": [{"email": person} for person in people],
        "emails": _emails(chance, people),
        "events": _events(chance, people),
        "visits": _visits(chance),
        "tasks": _tasks(chance, people),
        "customers": _customers(chance, people),
        "plots": [],
    }


def _numbers(chance: random.Random, count: int) -> list[str]:
    found = list(range(count))
    chance.shuffle(found)
    return [f"{number:08d}" for number in found]


def _moment(chance: random.Random, days: int) -> datetime:
    return NOW - timedelta(days=chance.randint(1, days), minutes=chance.randint(0, 600))


def _emails(chance: random.Random, people: list[str]) -> list[Row]:
    moments = sorted(_moment(chance, 60) for _ in range(500))
    found: list[Row] = []
    for number, moment in zip(_numbers(chance, 500), moments, strict=True):
        topic, person = chance.choice(TOPICS), chance.choice(people)
        found.append({
            "email_id": number, "inbox/outbox": chance.choice(("inbox", "inbox", "outbox")),
            "sender/recipient": person, "subject": f"{chance.choice(('About', 'News of', 'Question on'))} the {topic}",
            "sent_datetime": f"{moment:%Y-%m-%d %H:%M:%S}",
            "body": f"Hello,\n\nthe {topic} is {chance.choice(('on its way', 'late', 'done', 'blocked'))}.\n\n"
            f"{person.partition('.')[0].title()}",
        })  # fmt: skip
    return found


def _events(chance: random.Random, people: list[str]) -> list[Row]:
    days = sorted(chance.randint(-90, 30) for _ in range(300))
    found: list[Row] = []
    for number, day in zip(_numbers(chance, 300), days, strict=True):
        start = datetime(2023, 11, 30, 9) + timedelta(days=day, minutes=30 * chance.randint(0, 16))
        found.append({
            "event_id": number, "event_name": f"{chance.choice(TOPICS)} {chance.choice(MEETINGS)}",
            "participant_email": chance.choice(people), "event_start": f"{start:%Y-%m-%d %H:%M:%S}",
            "duration": str(30 * chance.randint(1, 4)),
        })  # fmt: skip
    return found


def _visits(chance: random.Random) -> list[Row]:
    days = sorted((chance.randint(0, 90) for _ in range(1_000)), reverse=True)
    return [
        {
            "date_of_visit": f"{NOW - timedelta(days=day):%Y-%m-%d}", "visitor_id": f"{number:04d}",
            "page_views": str(chance.randint(1, 20)), "session_duration_seconds": str(chance.randint(1, 600)),
            "traffic_source": chance.choice(SOURCES), "user_engaged": str(chance.random() < 0.4),
        }
        for number, day in enumerate(days)
    ]  # fmt: skip


def _tasks(chance: random.Random, people: list[str]) -> list[Row]:
    return [
        {
            "task_id": number, "task_name": f"{chance.choice(VERBS)} the {chance.choice(TOPICS)}",
            "assigned_to_email": chance.choice(people), "list_name": chance.choice(LISTS),
            "due_date": f"{NOW + timedelta(days=chance.randint(-30, 30)):%Y-%m-%d}", "board": chance.choice(BOARDS),
        }
        for number in _numbers(chance, 300)
    ]  # fmt: skip


def _customers(chance: random.Random, people: list[str]) -> list[Row]:
    found: list[Row] = []
    for number in _numbers(chance, 200):
        name = f"{chance.choice(FIRST).title()} {chance.choice(LAST).title()}"
        last = NOW - timedelta(days=chance.randint(0, 60))
        found.append({
            "customer_id": number, "assigned_to_email": chance.choice(people), "customer_name": name,
            "customer_email": f"{name.lower().replace(' ', '.')}@{chance.choice(COMPANIES)}.example",
            "customer_phone": None, "last_contact_date": f"{last:%Y-%m-%d %H:%M:%S}",
            "product_interest": chance.choice(PRODUCTS), "status": chance.choice(STATUSES),
            "follow_up_by": f"{last + timedelta(days=chance.randint(5, 30)):%Y-%m-%d %H:%M:%S}",
            "notes": f"{last:%Y-%m-%d}: Had a call. ",
        })  # fmt: skip
    return found
