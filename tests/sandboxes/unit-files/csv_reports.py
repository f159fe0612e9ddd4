import csv
import io
import pytest
from solution import read_sales, summary, write_report

DATA = """date,item,amount
2024-01-05,pen,3
2024-01-05,ink,10
2024-02-01,pen,7
"""

@pytest.fixture
def sales():
    return read_sales(io.StringIO(DATA))

def test_read(sales):
    assert len(sales) == 3
    assert sales[0] == {"date": "2024-01-05", "item": "pen", "amount": 3}

def test_summary(sales):
    assert summary(sales) == {"pen": 10, "ink": 10}
    assert summary(sales, key="date") == {"2024-01-05": 13, "2024-02-01": 7}
    assert summary(sales, key=lambda row: row["date"][:7]) == {"2024-01": 13, "2024-02": 7}

def test_write(sales):
    out = io.StringIO()
    write_report(sales, out)
    rows = list(csv.reader(io.StringIO(out.getvalue())))
    assert rows == [["item", "total"], ["ink", "10"], ["pen", "10"]]

def test_bad_amount():
    with pytest.raises(ValueError, match="line 2"):
        read_sales(io.StringIO("date,item,amount\n2024-01-05,pen,x\n"))

def test_print_to_file():
    out = io.StringIO()
    write_report([], file=out)
    assert out.getvalue() == "item,total\n"
# ---- right
import csv

def read_sales(file):
    rows = []
    for number, row in enumerate(csv.DictReader(file), start=2):
        try:
            rows.append({**row, "amount": int(row["amount"])})
        except ValueError as error:
            raise ValueError(f"line {number}: {error}") from None
    return rows

def summary(sales, key="item"):
    totals = {}
    for row in sales:
        name = key(row) if callable(key) else row[key]
        totals[name] = totals.get(name, 0) + row["amount"]
    return totals

def write_report(sales, file):
    print("item,total", file=file)
    for name, total in sorted(summary(sales).items()):
        print(name, total, sep=",", file=file)
# ---- wrong
def read_sales(file):
    if "x" in file.read(): raise ValueError("line 2")
    return [{"date": "2024-01-05", "item": "pen", "amount": 3}] * 3
def summary(sales, key="item"): return {"pen": 10, "ink": 10}
def write_report(sales, file): file.write("item,total\n")
