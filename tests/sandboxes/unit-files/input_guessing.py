import builtins
import io
import sys
from unittest import mock
import pytest
from solution import ask_age, guess, read_numbers

def test_ask_age(monkeypatch):
    monkeypatch.setattr("builtins.input", lambda prompt="": "42")
    assert ask_age() == 42

def test_asks_again(monkeypatch, capsys):
    answers = iter(["x", "-3", "7"])
    monkeypatch.setattr(builtins, "input", lambda prompt: next(answers))
    assert ask_age() == 7
    assert capsys.readouterr().out.count("try again") == 2

@mock.patch("builtins.input", side_effect=["3", "8", "5"])
def test_guess(fake):
    assert guess(5) == 3
    assert fake.call_count == 3

def test_stdin(monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO("1 2\n3\n"))
    assert read_numbers() == [1, 2, 3]

def test_input_reads_stdin(monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("19\n"))
    assert ask_age() == 19
# ---- right
import sys

def ask_age():
    while True:
        text = input("age? ")
        if text.isdigit():
            return int(text)
        print("try again")

def guess(secret):
    tries = 1
    while int(input("guess: ")) != secret:
        tries += 1
    return tries

def read_numbers():
    return [int(word) for line in sys.stdin for word in line.split()]
# ---- wrong
def ask_age(): return 42
def guess(secret): return 3
def read_numbers(): return [1, 2, 3]
