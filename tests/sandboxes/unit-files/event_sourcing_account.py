from dataclasses import dataclass
from datetime import datetime, timezone
from decimal import Decimal
import pytest
from solution import Account, Deposited, Overdrawn, Withdrawn, replay

NOW = datetime(2024, 5, 1, tzinfo=timezone.utc)

def test_events_are_recorded():
    account = Account.open("Ann", clock=lambda: NOW)
    account.deposit(Decimal("100"))
    account.withdraw(Decimal("30"))
    assert account.balance == Decimal("70")
    assert account.events == [Deposited(Decimal("100"), NOW), Withdrawn(Decimal("30"), NOW)]
    assert [type(event).__name__ for event in account.events] == ["Deposited", "Withdrawn"]

def test_replay():
    account = replay("Bo", [Deposited(Decimal(5), NOW), Deposited(Decimal(6), NOW)])
    assert account.balance == 11
    assert account.owner == "Bo"

def test_overdrawn():
    account = Account.open("Cy", clock=lambda: NOW)
    with pytest.raises(Overdrawn) as info:
        account.withdraw(Decimal("1"))
    assert info.value.missing == Decimal("1")
    assert account.events == []

def test_listeners_get_the_event():
    seen = []
    account = Account.open("Di", clock=lambda: NOW, listeners=[seen.append])
    account.deposit(Decimal("2"))
    assert seen == account.events
    assert seen[0].amount == 2
    assert seen[0].at.year == 2024
# ---- right
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

@dataclass(frozen=True)
class Deposited:
    amount: Decimal
    at: datetime

@dataclass(frozen=True)
class Withdrawn:
    amount: Decimal
    at: datetime

class Overdrawn(Exception):
    def __init__(self, missing):
        super().__init__(f"{missing} missing")
        self.missing = missing

class Account:
    def __init__(self, owner, clock, listeners=()):
        self.owner, self.clock, self.listeners = owner, clock, listeners
        self.events, self.balance = [], Decimal(0)

    @classmethod
    def open(cls, owner, clock, listeners=()):
        return cls(owner, clock, listeners)

    def apply(self, event):
        self.balance += event.amount if isinstance(event, Deposited) else -event.amount
        self.events.append(event)
        for listener in self.listeners:
            listener(event)

    def deposit(self, amount):
        self.apply(Deposited(amount, self.clock()))

    def withdraw(self, amount):
        if amount > self.balance:
            raise Overdrawn(amount - self.balance)
        self.apply(Withdrawn(amount, self.clock()))

def replay(owner, events):
    account = Account(owner, datetime.now)
    for event in events:
        account.apply(event)
    return account
# ---- wrong
from dataclasses import dataclass
@dataclass
class Deposited:
    amount: object
    at: object
class Withdrawn(Deposited): pass
class Overdrawn(Exception):
    missing = 1
class Account:
    owner, balance = "Bo", 70
    def __init__(self): self.events = []
    @classmethod
    def open(cls, owner, clock, listeners=()): return cls()
    def deposit(self, amount): self.events.append(Deposited(amount, None))
    def withdraw(self, amount): raise Overdrawn
def replay(owner, events): return Account()
