import pytest
from solution import ConfigError, MissingKey, load, validate

def test_chain():
    with pytest.raises(ConfigError) as info:
        load("{broken")
    assert isinstance(info.value.__cause__, ValueError)
    assert str(info.value) == "not JSON"

def test_hierarchy():
    assert issubclass(MissingKey, ConfigError)
    assert issubclass(MissingKey, KeyError)
    try:
        load("{}")["name"]
    except KeyError:
        pass

def test_missing():
    with pytest.raises(MissingKey) as info:
        validate({"a": 1}, ["a", "b"])
    assert info.value.key == "b"
    assert info.value.args[0] == "b"

def test_all_missing():
    with pytest.raises(ExceptionGroup) as info:
        validate({}, ["a", "b"])
    assert [error.key for error in info.value.exceptions] == ["a", "b"]
# ---- right
import json

class ConfigError(Exception): pass

class MissingKey(ConfigError, KeyError):
    def __init__(self, key):
        super().__init__(key)
        self.key = key

def load(text):
    try:
        return json.loads(text)
    except ValueError as error:
        raise ConfigError("not JSON") from error

def validate(config, keys):
    missing = [MissingKey(key) for key in keys if key not in config]
    if len(missing) == 1:
        raise missing[0]
    if missing:
        raise ExceptionGroup("missing", missing)
# ---- wrong
class ConfigError(Exception): pass
class MissingKey(ConfigError, KeyError):
    key = "b"
def load(text):
    if text == "{}": return {}
    raise ConfigError("not JSON")
def validate(config, keys):
    raise MissingKey("b")
