from datetime import date, datetime, time, timedelta, timezone
import pytest
from solution import age, business_days, next_day, parse, to_utc

def test_next_day():
    assert next_day(date(2024, 2, 28)) == date(2024, 2, 29)
    assert next_day(date(2023, 12, 31)) == date(2024, 1, 1)

def test_parse():
    assert parse("2024-03-05 14:30") == datetime(2024, 3, 5, 14, 30)
    assert parse("2024-03-05 14:30").time() == time(14, 30)
    with pytest.raises(ValueError):
        parse("yesterday")

def test_to_utc():
    eastern = timezone(timedelta(hours=-5))
    assert to_utc(datetime(2024, 1, 1, 22, tzinfo=eastern)) == datetime(2024, 1, 2, 3, tzinfo=timezone.utc)
    assert to_utc(datetime(2024, 1, 1, 22, tzinfo=eastern)).tzinfo is timezone.utc

def test_age():
    assert age(date(2000, 6, 15), date(2024, 6, 14)) == 23
    assert age(born=date(2000, 6, 15), on=date(2024, 6, 15)) == 24

def test_business_days():
    days = business_days(date(2024, 3, 1), 3)
    assert days == [date(2024, 3, 1), date(2024, 3, 4), date(2024, 3, 5)]
    assert max(days) - min(days) == timedelta(days=4)
# ---- right
from datetime import datetime, timedelta, timezone

def next_day(day):
    return day + timedelta(days=1)

def parse(text):
    return datetime.strptime(text, "%Y-%m-%d %H:%M")

def to_utc(moment):
    return moment.astimezone(timezone.utc)

def age(born, on):
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))

def business_days(start, n):
    found = []
    while len(found) < n:
        if start.weekday() < 5:
            found.append(start)
        start += timedelta(days=1)
    return found
# ---- wrong
from datetime import datetime, timedelta, timezone

def next_day(day): return day + timedelta(days=1)
def parse(text): return datetime.strptime(text, "%Y-%m-%d %H:%M")
def to_utc(moment): return moment.replace(tzinfo=timezone.utc)
def age(born, on): return on.year - born.year
def business_days(start, n): return [start + timedelta(days=i) for i in range(n)]
# ---- wrong
from datetime import datetime
def next_day(day): return datetime(2024, 2, 29)
