# in: apples 3
# in: pears 5
# in: apples 4
# out: apples 7
# out: pears 5
import sqlite3
import sys
from contextlib import closing

with closing(sqlite3.connect(":memory:")) as db, db:
    db.execute("CREATE TABLE stock (name TEXT NOT NULL, count INTEGER NOT NULL)")
    db.executemany("INSERT INTO stock VALUES (?, ?)", (line.split() for line in sys.stdin))
    for name, count in db.execute("SELECT name, SUM(count) FROM stock GROUP BY name ORDER BY name"):
        print(name, count)
