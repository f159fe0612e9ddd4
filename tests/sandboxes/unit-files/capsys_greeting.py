from solution import countdown, greet

def test_greet(capsys):
    greet("Ann")
    captured = capsys.readouterr()
    assert captured.out == "Hello, Ann!\n"
    assert captured.err == ""

def test_countdown(capsys):
    countdown(3)
    assert capsys.readouterr().out.splitlines() == ["3", "2", "1", "Liftoff!"]

def test_countdown_negative(capsys):
    countdown(-1)
    assert "must not be negative" in capsys.readouterr().err
# ---- right
import sys

def greet(name):
    print(f"Hello, {name}!")

def countdown(n):
    if n < 0:
        print("n must not be negative", file=sys.stderr)
        return
    for i in range(n, 0, -1):
        print(i)
    print("Liftoff!")
# ---- wrong
def greet(name): return f"Hello, {name}!"
def countdown(n): print("3 2 1 Liftoff!")
# ---- wrong
def greet(name): print(f"Hello {name}!")
def countdown(n):
    for i in range(n, 0, -1): print(i)
    print("Liftoff!")
