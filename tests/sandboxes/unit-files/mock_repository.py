from types import SimpleNamespace
from unittest.mock import ANY, MagicMock, Mock, call, create_autospec, patch
import pytest
from solution import EmailSender, OrderService, UserService

@pytest.fixture
def repo():
    repo = Mock()
    repo.find.side_effect = lambda id: SimpleNamespace(id=id, email=f"u{id}@x.org", active=True) if id < 10 else None
    return repo

def test_notifies(repo):
    sender = Mock(spec=["send"])
    UserService(repo, sender).notify(3, "hi")
    sender.send.assert_called_once_with("u3@x.org", "hi")

def test_unknown_user(repo):
    with pytest.raises(LookupError):
        UserService(repo, Mock()).notify(99, "hi")

def test_deactivate(repo):
    UserService(repo, Mock()).deactivate(4)
    repo.save.assert_called_once()
    saved = repo.save.call_args.args[0]
    assert saved.id == 4
    assert saved.active is False

def test_order_of_calls():
    manager = MagicMock()
    OrderService(manager.db, manager.mail).place("book")
    assert manager.mock_calls == [call.db.insert("book"), call.mail.send(ANY, subject="book")]

def test_retries():
    db = Mock()
    db.insert.side_effect = [ConnectionError, ConnectionError, None]
    OrderService(db, Mock()).place("pen")
    assert db.insert.call_count == 3

def test_patched_class():
    with patch("solution.EmailSender") as fake:
        fake.return_value.send.return_value = "queued"
        from solution import send_default
        assert send_default("hello") == "queued"
        fake.assert_called_once_with("smtp.local")

def test_context_manager_mock():
    db = MagicMock()
    db.begin.return_value.__enter__.return_value.execute.return_value = [1, 2]
    assert OrderService(db, Mock()).all() == [1, 2]
    db.begin.return_value.__exit__.assert_called_once()
# ---- right
class EmailSender:
    def __init__(self, host):
        self.host = host

    def send(self, to, text):
        raise OSError("no network")

class UserService:
    def __init__(self, repo, sender):
        self.repo, self.sender = repo, sender

    def _user(self, id):
        user = self.repo.find(id)
        if user is None:
            raise LookupError(id)
        return user

    def notify(self, id, text):
        self.sender.send(self._user(id).email, text)

    def deactivate(self, id):
        user = self._user(id)
        user.active = False
        self.repo.save(user)

class OrderService:
    def __init__(self, db, mail):
        self.db, self.mail = db, mail

    def place(self, item):
        for attempt in range(3):
            try:
                self.db.insert(item)
                break
            except ConnectionError:
                if attempt == 2:
                    raise
        self.mail.send("shop@x.org", subject=item)

    def all(self):
        with self.db.begin() as connection:
            return connection.execute("select")

def send_default(text):
    return EmailSender("smtp.local").send("a@x.org", text)
# ---- wrong
class EmailSender: pass
class UserService:
    def __init__(self, repo, sender): self.repo, self.sender = repo, sender
    def notify(self, id, text):
        if id > 10: raise LookupError
        self.sender.assert_called_once_with = lambda *a, **k: None
        self.sender.send.assert_called_once_with = lambda *a, **k: None
    def deactivate(self, id):
        self.repo.save.assert_called_once = lambda: None
        self.repo.save.call_args = None
class OrderService:
    def __init__(self, db, mail): pass
    def place(self, item): pass
    def all(self): return [1, 2]
def send_default(text): return "queued"
