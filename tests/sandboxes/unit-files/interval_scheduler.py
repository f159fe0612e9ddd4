from datetime import datetime, timedelta
import pytest
from solution import Scheduler, merge, overlaps

class FakeClock:
    def __init__(self, now):
        self.now = now

    def __call__(self):
        return self.now

    def advance(self, **kwargs):
        self.now += timedelta(**kwargs)

@pytest.fixture
def clock():
    return FakeClock(datetime(2024, 1, 1))

def test_runs_when_due(clock):
    ran = []
    scheduler = Scheduler(clock)
    scheduler.every(timedelta(minutes=5), ran.append, "tick")
    assert scheduler.run_pending() == 0
    clock.advance(minutes=5)
    assert scheduler.run_pending() == 1
    assert ran == ["tick"]
    clock.advance(minutes=4)
    assert scheduler.run_pending() == 0
    clock.advance(minutes=1)
    scheduler.run_pending()
    assert ran == ["tick", "tick"]

def test_next_run(clock):
    scheduler = Scheduler(clock)
    scheduler.every(timedelta(hours=1), print)
    assert scheduler.next_run() == datetime(2024, 1, 1, 1)

def test_cancel(clock):
    scheduler = Scheduler(clock)
    job = scheduler.every(timedelta(seconds=1), print)
    scheduler.cancel(job)
    assert scheduler.next_run() is None

@pytest.mark.parametrize(("intervals", "merged"), [([], []), ([(1, 3), (2, 5)], [(1, 5)]), ([(5, 6), (1, 2)], [(1, 2), (5, 6)])])
def test_merge(intervals, merged):
    assert merge(intervals) == merged

def test_overlaps():
    assert overlaps((1, 3), (2, 4))
    assert not overlaps((1, 2), (2, 3))
# ---- right
class Scheduler:
    def __init__(self, clock):
        self.clock, self.jobs = clock, []

    def every(self, interval, function, *args):
        job = {"due": self.clock() + interval, "interval": interval, "run": lambda: function(*args)}
        self.jobs.append(job)
        return len(self.jobs) - 1

    def cancel(self, number):
        self.jobs[number] = None

    def _active(self):
        return [job for job in self.jobs if job]

    def next_run(self):
        return min((job["due"] for job in self._active()), default=None)

    def run_pending(self):
        ran = 0
        for job in self._active():
            if self.clock() >= job["due"]:
                job["run"]()
                job["due"] += job["interval"]
                ran += 1
        return ran

def merge(intervals):
    out = []
    for start, end in sorted(intervals):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(end, out[-1][1]))
        else:
            out.append((start, end))
    return out

def overlaps(a, b):
    return a[0] < b[1] and b[0] < a[1]
# ---- wrong
class Scheduler:
    def __init__(self, clock): self.clock = clock
    def every(self, interval, function, *args): self.f = lambda: function(*args); return 0
    def cancel(self, job): pass
    def next_run(self): return None
    def run_pending(self):
        self.f()
        return 1
def merge(intervals): return sorted(intervals)
def overlaps(a, b): return True
