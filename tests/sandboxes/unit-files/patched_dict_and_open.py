import os
from unittest.mock import mock_open, patch
import pytest
from solution import count_lines, home_of, load_settings, now_text, token

@patch.dict(os.environ, {"API_TOKEN": "secret"})
def test_token():
    assert token() == "secret"

def test_no_token():
    with patch.dict(os.environ, clear=True):
        with pytest.raises(RuntimeError, match="API_TOKEN"):
            token()

def test_mock_open():
    with patch("builtins.open", mock_open(read_data="a=1\nb=2\n")) as fake:
        assert load_settings("x.ini") == {"a": "1", "b": "2"}
    fake.assert_called_once_with("x.ini")

def test_count_lines():
    with patch("builtins.open", mock_open(read_data="1\n2\n3\n")):
        assert count_lines("any") == 3

def test_print():
    with patch("builtins.print") as fake:
        load_settings(None)
    fake.assert_called_once_with("no settings")

@patch("os.path.exists", return_value=True)
@patch("os.path.expanduser", side_effect=lambda path: "/home/ann")
def test_home(expand, exists):
    assert home_of("ann") == "/home/ann"
    expand.assert_called_once_with("~ann")

def test_clock():
    with patch("time.strftime", return_value="12:00"):
        assert now_text() == "it is 12:00"
# ---- right
import os
import time

def token():
    try:
        return os.environ["API_TOKEN"]
    except KeyError:
        raise RuntimeError("API_TOKEN is not set") from None

def load_settings(path):
    if path is None:
        print("no settings")
        return {}
    with open(path) as file:
        return dict(line.strip().split("=") for line in file)

def count_lines(path):
    with open(path) as file:
        return len(file.read().splitlines())

def home_of(user):
    path = os.path.expanduser(f"~{user}")
    return path if os.path.exists(path) else None

def now_text():
    return "it is " + time.strftime("%H:%M")
# ---- wrong
def token(): return "secret"
def load_settings(path): return {"a": "1", "b": "2"}
def count_lines(path): return 3
def home_of(user): return "/home/ann"
def now_text(): return "it is 12:00"
