from solution import tag, transaction

def test_order_of_events():
    log = []
    with tag(log, "p"):
        log.append("text")
    assert log == ["<p>", "text", "</p>"]

def test_nested():
    log = []
    with tag(log, "a"), tag(log, "b"):
        log.append("x")
    assert log == ["<a>", "<b>", "x", "</b>", "</a>"]

def test_closes_on_error():
    log = []
    try:
        with tag(log, "p"):
            raise ValueError("boom")
    except ValueError:
        pass
    assert log == ["<p>", "</p>"]

def test_transaction_rolls_back():
    data = {"a": 1}
    with transaction(data):
        data["a"] = 2
        data["b"] = 3
        raise RuntimeError("undo")
    assert data == {"a": 1}
    with transaction(data):
        data["a"] = 5
    assert data == {"a": 5}
# ---- right
from contextlib import contextmanager

@contextmanager
def tag(log, name):
    log.append(f"<{name}>")
    try:
        yield
    finally:
        log.append(f"</{name}>")

class transaction:
    def __init__(self, data):
        self.data = data

    def __enter__(self):
        self.before = dict(self.data)
        return self.data

    def __exit__(self, kind, error, trace):
        if kind is not None:
            self.data.clear()
            self.data.update(self.before)
        return kind is RuntimeError
# ---- wrong
from contextlib import contextmanager

@contextmanager
def tag(log, name):
    log.append(f"<{name}>")
    yield
    log.append(f"</{name}>")

@contextmanager
def transaction(data):
    yield data
