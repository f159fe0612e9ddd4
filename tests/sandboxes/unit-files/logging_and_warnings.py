import logging
import unittest
import warnings
import pytest
from solution import Worker, legacy, parse_port

def test_caplog(caplog):
    with caplog.at_level(logging.INFO):
        Worker("w1").run(lambda: 5)
    assert "w1 finished" in caplog.text
    assert caplog.records[0].levelname == "INFO"

def test_error_is_logged(caplog):
    assert Worker("w2").run(lambda: 1 / 0) is None
    assert [record.getMessage() for record in caplog.records] == ["w2 failed: division by zero"]
    assert caplog.records[0].levelno == logging.ERROR

def test_debug_is_not_shown_by_default(caplog):
    caplog.set_level(logging.WARNING)
    Worker("w3").run(lambda: 1)
    assert caplog.records == []

class TestLegacy(unittest.TestCase):
    def test_assert_logs(self):
        with self.assertLogs("worker", level="ERROR") as logs:
            Worker("w4").run(lambda: [][1])
        self.assertEqual(logs.output, ["ERROR:worker:w4 failed: list index out of range"])

    def test_warns(self):
        with self.assertWarns(DeprecationWarning):
            self.assertEqual(legacy(2), 4)

def test_warning_text():
    with pytest.warns(UserWarning, match="port 70000"):
        assert parse_port("70000") == 65535
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert parse_port("80") == 80
# ---- right
import logging
import warnings

log = logging.getLogger("worker")

class Worker:
    def __init__(self, name):
        self.name = name

    def run(self, job):
        try:
            result = job()
        except Exception as error:
            log.error("%s failed: %s", self.name, error)
            return None
        log.info("%s finished", self.name)
        return result

def legacy(x):
    warnings.warn("use double()", DeprecationWarning, stacklevel=2)
    return 2 * x

def parse_port(text):
    port = int(text)
    if port > 65535:
        warnings.warn(f"port {port} is too large")
        return 65535
    return port
# ---- wrong
class Worker:
    def __init__(self, name): self.name = name
    def run(self, job): print(self.name, "finished")
def legacy(x): return 2 * x
def parse_port(text): return min(int(text), 65535)
