import os
import pytest
from solution import Settings, database_url

def test_default(monkeypatch):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    assert database_url() == "sqlite:///:memory:"

def test_from_environment(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://db")
    assert database_url() == "postgres://db"

def test_it_is_gone_again():
    assert "DATABASE_URL" not in os.environ
    assert database_url() == "sqlite:///:memory:"

@pytest.mark.parametrize(("text", "flag"), [("1", True), ("true", True), ("0", False), ("no", False)])
def test_debug(monkeypatch, text, flag):
    monkeypatch.setenv("APP_DEBUG", text)
    assert Settings.from_env().debug is flag
# ---- right
import os
from dataclasses import dataclass

def database_url():
    return os.environ.get("DATABASE_URL", "sqlite:///:memory:")

@dataclass
class Settings:
    debug: bool = False

    @classmethod
    def from_env(cls):
        return cls(os.getenv("APP_DEBUG", "").lower() in ("1", "true", "yes"))
# ---- wrong
import os
URL = os.environ.get("DATABASE_URL", "sqlite:///:memory:")
def database_url(): return URL
class Settings:
    debug = True
    from_env = classmethod(lambda cls: cls())
