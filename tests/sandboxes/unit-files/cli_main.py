import sys
import pytest
from solution import main, parse_args

def test_sum(capsys):
    assert main(["sum", "1", "2", "3"]) == 0
    assert capsys.readouterr().out == "6\n"

def test_version(capsys):
    with pytest.raises(SystemExit) as exit:
        main(["--version"])
    assert exit.value.code == 0
    assert "calc 1.0" in capsys.readouterr().out

def test_bad_command(capsys):
    with pytest.raises(SystemExit) as exit:
        main(["divide"])
    assert exit.value.code == 2
    assert "invalid choice" in capsys.readouterr().err

def test_argv(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["calc", "max", "4", "9"])
    assert main() == 0
    assert capsys.readouterr().out.strip() == "9"

def test_parse_args():
    args = parse_args(["sum", "5", "--verbose"])
    assert args.command == "sum"
    assert args.numbers == [5]
    assert args.verbose is True

def test_error_code(capsys):
    assert main(["max"]) == 1
    assert capsys.readouterr().err == "error: no numbers\n"
# ---- right
import argparse
import sys

def parse_args(argv=None):
    parser = argparse.ArgumentParser(prog="calc")
    parser.add_argument("--version", action="version", version="calc 1.0")
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("command", choices=["sum", "max"])
    parser.add_argument("numbers", nargs="*", type=int)
    return parser.parse_args(argv)

def main(argv=None):
    args = parse_args(argv)
    if not args.numbers:
        print("error: no numbers", file=sys.stderr)
        return 1
    print(sum(args.numbers) if args.command == "sum" else max(args.numbers))
    return 0
# ---- wrong
import sys
def parse_args(argv=None): return None
def main(argv=None):
    if argv == ["--version"]: sys.exit("calc 1.0")
    print("6")
    return 0
