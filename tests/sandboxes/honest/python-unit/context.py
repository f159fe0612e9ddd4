# assert: with c() as x: assert x == 4
import contextlib

@contextlib.contextmanager
def c():
    yield 4
