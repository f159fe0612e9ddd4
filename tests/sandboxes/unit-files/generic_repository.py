from typing import Protocol
import pytest
from solution import InMemoryRepository, NotFound, Service

class User:
    def __init__(self, id, name):
        self.id, self.name = id, name

    def __eq__(self, other):
        return isinstance(other, User) and self.id == other.id

    def __hash__(self):
        return hash(self.id)

    def __repr__(self):
        return f"User({self.id})"

@pytest.fixture
def repo():
    return InMemoryRepository()

def test_add_and_get(repo):
    user = User(1, "Ann")
    repo.add(user)
    assert repo.get(1) is user
    assert repo.get(1).name == "Ann"
    assert list(repo) == [user]

def test_missing(repo):
    with pytest.raises(NotFound) as info:
        repo.get(5)
    assert info.value.id == 5
    assert isinstance(info.value, LookupError)

def test_find(repo):
    for i, name in enumerate(["Ann", "Bo", "Al"]):
        repo.add(User(i, name))
    assert [user.name for user in repo.find(lambda user: user.name.startswith("A"))] == ["Ann", "Al"]
    assert repo.find(lambda user: False) == []

def test_equal_users_are_one(repo):
    repo.add(User(1, "old"))
    repo.add(User(1, "new"))
    assert len(repo) == 1
    assert repo.get(1).name == "new"

def test_rename(repo):
    user = User(7, "x")
    repo.add(user)
    Service(repo).rename(7, "y")
    assert user.name == "y"

def test_service_uses_what_it_is_given():
    class Fake:
        def __init__(self):
            self.asked = []

        def get(self, id):
            self.asked.append(id)
            return User(id, "fake")

    fake = Fake()
    assert Service(fake).describe(3) == "3: fake"
    assert fake.asked == [3]

def test_generic_alias():
    assert InMemoryRepository[int] is not None
# ---- right
from typing import Generic, TypeVar

T = TypeVar("T")

class NotFound(LookupError):
    def __init__(self, id):
        super().__init__(f"no {id}")
        self.id = id

class InMemoryRepository(Generic[T]):
    def __init__(self):
        self._items = {}

    def add(self, item):
        self._items[item.id] = item

    def get(self, id):
        try:
            return self._items[id]
        except KeyError:
            raise NotFound(id) from None

    def find(self, predicate):
        return [item for item in self if predicate(item)]

    def __iter__(self):
        return iter(self._items.values())

    def __len__(self):
        return len(self._items)

class Service:
    def __init__(self, repo):
        self.repo = repo

    def rename(self, id, name):
        self.repo.get(id).name = name

    def describe(self, id):
        user = self.repo.get(id)
        return f"{user.id}: {user.name}"
# ---- wrong
class NotFound(LookupError):
    id = 5
class InMemoryRepository:
    def __init__(self): self.items = []
    def __class_getitem__(cls, item): return cls
    def add(self, item): self.items.append(item)
    def get(self, id):
        if id == 5: raise NotFound
        return self.items[0]
    def find(self, predicate): return self.items
    def __iter__(self): return iter(self.items)
    def __len__(self): return 1
class Service:
    def __init__(self, repo): pass
    def rename(self, id, name): pass
    def describe(self, id): return "3: fake"
