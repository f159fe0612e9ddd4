import asyncio
from unittest.mock import AsyncMock
import pytest
from solution import Client, Lock, countdown, fetch_all, first

def test_fetch_all():
    async def get(url):
        await asyncio.sleep(0)
        return url.upper()

    assert asyncio.run(fetch_all(get, ["a", "b"])) == ["A", "B"]

def test_errors_are_values():
    async def get(url):
        raise ValueError(url)

    results = asyncio.run(fetch_all(get, ["x"]))
    assert isinstance(results[0], ValueError)
    assert str(results[0]) == "x"

def test_async_mock():
    session = AsyncMock()
    session.get.return_value = {"ok": True}
    assert asyncio.run(Client(session).load("/a")) == {"ok": True}
    session.get.assert_awaited_once_with("/a")

def test_context_manager_and_iterator():
    async def main():
        seen = []
        async with Lock(seen) as lock:
            assert lock.held
            async for n in countdown(3):
                seen.append(n)
        assert not lock.held
        return seen

    assert asyncio.run(main()) == ["enter", 3, 2, 1, "exit"]

def test_gather():
    async def main():
        return await asyncio.gather(first([1, 2]), first("xy"))

    assert asyncio.run(main()) == [1, "x"]

def test_timeout():
    async def slow(url):
        raise asyncio.TimeoutError

    with pytest.raises(asyncio.TimeoutError):
        asyncio.run(Client(None).load_with(slow, "/"))
# ---- right
import asyncio

async def fetch_all(get, urls):
    return await asyncio.gather(*(get(url) for url in urls), return_exceptions=True)

async def first(items):
    await asyncio.sleep(0)
    return items[0]

async def countdown(n):
    while n:
        yield n
        n -= 1
        await asyncio.sleep(0)

class Client:
    def __init__(self, session):
        self.session = session

    async def load(self, path):
        return await self.session.get(path)

    async def load_with(self, get, path):
        return await get(path)

class Lock:
    def __init__(self, log):
        self.log, self.held = log, False

    async def __aenter__(self):
        self.held = True
        self.log.append("enter")
        return self

    async def __aexit__(self, *error):
        self.held = False
        self.log.append("exit")
# ---- wrong
async def fetch_all(get, urls): return ["A", "B"]
async def first(items): return items[0]
async def countdown(n): yield n
class Client:
    def __init__(self, session): pass
    async def load(self, path): return {"ok": True}
    async def load_with(self, get, path): return None
class Lock:
    held = False
    def __init__(self, log): pass
    async def __aenter__(self): return self
    async def __aexit__(self, *error): pass
