import pytest
from solution import BankAccount, InsufficientFunds

@pytest.fixture
def account():
    return BankAccount("Ann", balance=100)

def test_deposit(account):
    account.deposit(50)
    assert account.balance == 150

def test_withdraw_too_much(account):
    with pytest.raises(InsufficientFunds) as error:
        account.withdraw(500)
    assert error.value.needed == 400
    assert "400" in str(error.value)
    assert account.balance == 100

@pytest.mark.parametrize("amount", [0, -1, -100])
def test_bad_amount(account, amount):
    with pytest.raises(ValueError, match="positive"):
        account.deposit(amount)

def test_it_is_a_plain_exception():
    assert issubclass(InsufficientFunds, Exception)
    assert not issubclass(InsufficientFunds, ValueError)
# ---- right
class InsufficientFunds(Exception):
    def __init__(self, needed):
        super().__init__(f"{needed} more needed")
        self.needed = needed

class BankAccount:
    def __init__(self, owner, balance=0):
        self.owner = owner
        self._balance = balance

    @property
    def balance(self):
        return self._balance

    def deposit(self, amount):
        if amount <= 0:
            raise ValueError("amount must be positive")
        self._balance += amount

    def withdraw(self, amount):
        if amount > self._balance:
            raise InsufficientFunds(amount - self._balance)
        self._balance -= amount
# ---- wrong
class InsufficientFunds(Exception): pass

class BankAccount:
    def __init__(self, owner, balance=0):
        self.balance = balance

    def deposit(self, amount):
        self.balance += amount

    def withdraw(self, amount):
        raise InsufficientFunds("400")
