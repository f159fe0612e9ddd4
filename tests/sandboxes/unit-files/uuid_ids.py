import uuid
from unittest.mock import patch
import pytest
from solution import Record, parse_id, short_id

def test_record_has_an_id():
    record = Record("x")
    assert isinstance(record.id, uuid.UUID)
    assert record.id.version == 4
    assert Record("x").id != record.id

def test_given_id():
    fixed = uuid.UUID("12345678-1234-5678-1234-567812345678")
    assert Record("x", id=fixed).id == fixed
    assert Record("x", id=fixed) == Record("x", id=fixed)
    assert str(Record("x", id=fixed)) == "x (12345678)"

def test_patched():
    fixed = uuid.UUID(int=7)
    with patch("uuid.uuid4", return_value=fixed):
        assert Record("y").id == fixed
        assert short_id() == "00000000"

def test_parse():
    assert parse_id("{12345678123456781234567812345678}") == uuid.UUID(int=0x12345678123456781234567812345678)
    with pytest.raises(ValueError):
        parse_id("nope")

def test_set_of_ids():
    ids = {Record(str(i)).id for i in range(20)}
    assert len(ids) == 20
# ---- right
import uuid
from dataclasses import dataclass, field

@dataclass
class Record:
    name: str
    id: uuid.UUID = field(default_factory=lambda: uuid.uuid4())

    def __str__(self):
        return f"{self.name} ({str(self.id)[:8]})"

def short_id():
    return uuid.uuid4().hex[:8]

def parse_id(text):
    return uuid.UUID(text)
# ---- wrong
import uuid
class Record:
    def __init__(self, name, id=uuid.UUID(int=7)): self.name, self.id = name, id
    def __str__(self): return "x (12345678)"
def short_id(): return "00000000"
def parse_id(text): return uuid.UUID(int=7)
