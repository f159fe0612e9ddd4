"""Ordinary programs must run as they do under `python program.py`."""
# programs as text, one a line
# ruff: noqa: E501

import pytest

from temper.sandboxes.job import Call, Job, Limits, Sandbox, Stdio, Unit

SUM = "3\n1 2 3\n"
STDIO = {
    "input": ("n = int(input())\nprint(sum(map(int, input().split())))", SUM, "6\n"),
    "for line in stdin": ("import sys\nprint(sum(len(line.split()) for line in sys.stdin))", SUM, "4\n"),
    "stdin.read": ("import sys\nprint(sys.stdin.read().split()[1:])", SUM, "['1', '2', '3']\n"),
    "stdin.readline": ("import sys\ninput = sys.stdin.readline\nprint(int(input()), input().split())", SUM, "3 ['1', '2', '3']\n"),
    "stdin.buffer": ("import sys\nprint(sys.stdin.buffer.read())", SUM, f"{SUM.encode()!r}\n"),
    "open(0)": ("print(open(0).read().split())", SUM, "['3', '1', '2', '3']\n"),
    "open /dev/stdin": ("print(open('/dev/stdin').readline())", SUM, "3\n\n"),
    "write /dev/stdout": ("open('/dev/stdout', 'w').write('x')", "", "x"),
    "os.read": ("import os\nprint(os.read(0, 100).split())", SUM, "[b'3', b'1', b'2', b'3']\n"),
    "fstat size": ("import io, os\ndata = io.BytesIO(os.read(0, os.fstat(0).st_size))\nprint(data.readline())", SUM, "b'3\\n'\n"),
    "input at the end": ("while True:\n  try: print(input())\n  except EOFError: break", SUM, SUM),
    "iter(input)": ("import sys\nfor line in iter(sys.stdin.readline, ''): print(line, end='')", SUM, SUM),
    "fileinput": ("import fileinput\nfor line in fileinput.input(): print(line, end='')", SUM, SUM),
    "quit in a branch": ("n = int(input())\nif n == 3:\n  print('yes')\n  quit()\nprint('no')", SUM, "yes\n"),
    "exit in a function": ("def main():\n  print(1)\n  exit(0)\nmain()\nprint(2)", "", "1\n"),
    "sys.exit": ("import sys\nprint(1)\nsys.exit()", "", "1\n"),
    "raise SystemExit": ("print(1)\nraise SystemExit", "", "1\n"),
    "os._exit after flush": ("import os, sys\nprint(1)\nsys.stdout.flush()\nos._exit(0)", "", "1\n"),
    "main guard": ("def main(): print('main')\nif __name__ == '__main__': main()", "", "main\n"),
    "thread with a big stack": (
        "import sys, threading\nsys.setrecursionlimit(10**6)\nthreading.stack_size(2**27)\n"
        "def depth(n): return 0 if n == 0 else 1 + depth(n - 1)\n"
        "def main(): print(depth(50000))\nt = threading.Thread(target=main)\nt.start()\nt.join()", "", "50000\n"),
    "thread that is not joined": ("import threading, time\nthreading.Thread(target=lambda: (time.sleep(.05), print(1))).start()", "", "1\n"),
    "deep recursion": (
        "import sys\nsys.setrecursionlimit(10**6)\ndef depth(n): return 0 if n == 0 else 1 + depth(n - 1)\nprint(depth(20000))",
        "", "20000\n"),
    "recursion just under the limit": ("def depth(n): return 0 if n == 0 else 1 + depth(n - 1)\nprint(depth(990))", "", "990\n"),
    "global in a nested function": ("x = 1\ndef f():\n  def g():\n    global x\n    x += 1\n  g()\nf()\nprint(x)", "", "2\n"),
    "annotations of the module": ("x: int = 3\nprint(__annotations__)", "", "{'x': <class 'int'>}\n"),
    "dataclass and pickle": (
        "import pickle\nfrom dataclasses import dataclass\n@dataclass\nclass P: x: int\nprint(pickle.loads(pickle.dumps(P(2))))",
        "", "P(x=2)\n"),
    "its own file": ("import sys\nprint(sys.argv, len(open(__file__).read()) > 10)", "", "['program.py'] True\n"),
    "inspect": ("import inspect\ndef f(): pass\nprint(inspect.getsource(f))", "", "def f(): pass\n\n"),
    "atexit": ("import atexit\natexit.register(print, 'bye')\nprint('hi')", "", "hi\nbye\n"),
    "del of a global": ("class A:\n  def __del__(self): print('gone')\na = A()", "", "gone\n"),
    "multiprocessing": ("from multiprocessing import Pool\ndef f(x): return x * x\nif __name__ == '__main__':\n  with Pool(2) as p: print(p.map(f, [1, 2]))", "", "[1, 4]\n"),
    "subprocess": ("import subprocess, sys\nprint(subprocess.run([sys.executable, '-c', 'print(5)'], capture_output=True, text=True).stdout)", "", "5\n\n"),
    "asyncio": ("import asyncio\nasync def f():\n  await asyncio.sleep(0)\n  return 4\nprint(asyncio.run(f()))", "", "4\n"),
    "a file of its own": ("open('x.txt', 'w').write('7')\nprint(open('x.txt').read())", "", "7\n"),
    "a temporary file": ("import tempfile\nwith tempfile.TemporaryFile() as f: print(f.write(b'abc'))", "", "3\n"),
    "alarm": ("import signal, time\nsignal.signal(signal.SIGALRM, lambda *a: print('rung'))\nsignal.setitimer(signal.ITIMER_REAL, .02)\ntime.sleep(.1)", "", "rung\n"),
    "unicode": ("print(input()[::-1])", "añ€😀", "😀€ña\n"),
    "coding line": ("# -*- coding: utf-8 -*-\nprint('ü')", "", "ü\n"),
    "stdout.write without newline": ("import sys\nsys.stdout.write('a')\nsys.stdout.buffer.write(b'')", "", "a"),
    "own stdout": ("import io, sys\nsys.stdout = io.TextIOWrapper(open(1, 'wb', 0), write_through=True)\nprint(3)", "", "3\n"),
    "numbers": ("from fractions import Fraction\nfrom decimal import Decimal\nprint(Fraction(1, 3) + 1, Decimal('0.1') * 3)", "", "4/3 0.3\n"),
    "flags": ("import sys\nprint(sys.flags.optimize, sys.flags.isolated, sys.flags.no_site)", "", "0 0 0\n"),
}  # fmt: skip
FAILURES = {
    "an exception": ("1 / 0", "ZeroDivisionError"),
    "exit status": ("import sys\nprint(1)\nsys.exit(3)", "exit status 3"),
    "exit with a text": ("exit('no')", "no"),
    "a signal": ("import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)", "SIGSEGV"),
    "end of input": ("input()", "EOFError"),
    "a thread's main error": (
        "import threading\nt = threading.Thread(target=print)\nt.start()\nraise KeyError(1)",
        "KeyError: 1",
    ),
}
CALLS = {
    "a tuple": ("def f(a, b=1): return a, b", [3], {"b": [1]}, {"$tuple": [3, [1]]}),
    "none": ("def f(): pass", [], {}, None),
    "a set of tuples": ("def f(x): return {(y, y) for y in x}", [[1]], {}, {"$set": [{"$tuple": [1, 1]}]}),
    "bytes and keys": ("def f(x): return {1: x}", [{"$bytes": "YQ=="}], {}, {"$dict": [[1, {"$bytes": "YQ=="}]]}),
    "main guard": ("def f(): return 1\nif __name__ == '__main__': print(input())", [], {}, 1),
    "printing": ("def f():\n  print('noise')\n  return 2", [], {}, 2),
    "a thread": ("import threading\ndef f():\n  r = []\n  t = threading.Thread(target=r.append, args=(1,))\n  t.start()\n  t.join()\n  return r", [], {}, [1]),
}  # fmt: skip


@pytest.mark.parametrize("name", STDIO)
def test_an_honest_program_is_accepted(box: Sandbox, name: str) -> None:
    source, stdin, expected = STDIO[name]
    (result,) = box.run(Job(source=source, tests=Stdio(inputs=(stdin,)), limits=Limits(cpu_s=5)))
    assert (result.outcome, result.stdout, result.detail) == ("finished", expected, "")


@pytest.mark.parametrize("name", FAILURES)
def test_a_failing_program_says_why(box: Sandbox, name: str) -> None:
    source, reason = FAILURES[name]
    (result,) = box.run(Job(source=source, tests=Stdio(inputs=("",))))
    assert result.outcome == "runtime_error"
    assert reason in result.detail


@pytest.mark.parametrize("name", CALLS)
def test_a_call_returns_its_value(box: Sandbox, name: str) -> None:
    source, args, kwargs, expected = CALLS[name]
    (result,) = box.run(Job(source=source, tests=Call(entry_point="f", calls=((args, kwargs),))))
    assert (result.outcome, result.value) == ("finished", expected)


def test_each_test_starts_afresh(box: Sandbox) -> None:
    source = "import os\nprint(sorted(os.listdir('.')), input())\nopen('left', 'w')\nos.mkdir('d')"
    results = box.run(Job(source=source, tests=Stdio(inputs=("a", "b"))))
    assert [r.stdout for r in results] == ["['program.py'] a\n", "['program.py'] b\n"]


def test_a_program_that_does_not_compile_says_so_for_every_test(box: Sandbox) -> None:
    for source in ("print(", "a\0b", "x = '\ud800", "(" * 3000, "x" * 2_000_000):
        results = box.run(Job(source=source, tests=Stdio(inputs=("", ""))))
        assert [r.outcome for r in results] == ["compile_error"] * 2, source[:20]


def test_another_language_runs_by_its_command(box: Sandbox) -> None:
    results = box.run(Job(language="bash", source='read x; echo "$((x + 1))"', tests=Stdio(inputs=("1\n", "2\n"))))
    assert [(r.outcome, r.stdout) for r in results] == [("finished", "2\n"), ("finished", "3\n")]


def test_after_a_failure_the_rest_is_not_run(box: Sandbox) -> None:
    job = Job(source="print(1 // int(input()))", tests=Stdio(inputs=("1", "0", "1")), stop_after_failure=True)
    assert [r.outcome for r in box.run(job)] == ["finished", "runtime_error", "runtime_error"]


UNITS = {
    "asserts": ("def add(a, b): return a + b", "assert add(1, 2) == 3", ()),
    "import of the module": ("def add(a, b): return a + b", "from solution import add as plus\nimport solution\nassert plus(1, 2) == solution.add(2, 1)", ()),
    "changes in place": ("def f(x):\n  x.sort()\n  x[0].append(9)\n  return x", "a = [2]\nx = [[3], a]\nassert f(x) is x and x[0] is a and a == [2, 9]", ()),
    "a dict and a set": ("def f(d, s):\n  d['k'] = 1\n  s.add(2)", "d, s = {}, {1}\nassert f(d, s) is None\nassert d == {'k': 1} and s == {1, 2}", ()),
    "an exception": ("def f(): raise KeyError('k')", "try: f()\nexcept KeyError as error: assert error.args == ('k',)\nelse: raise AssertionError", ()),
    "an exception of its own": ("class No(ValueError): pass\ndef f(): raise No('x')", "try: f()\nexcept No as error: assert str(error) == 'x'\nelse: raise AssertionError", ()),
    "an object": ("class A:\n  def __init__(self, x): self.x = x\n  def twice(self): return 2 * self.x", "a = A(2)\na.x += 1\nassert a.twice() == 6 and a.x == 3", ()),
    "items and arithmetic": ("class V:\n  def __init__(self, x): self.x = x\n  def __add__(self, o): return V(self.x + o.x)\n  def __getitem__(self, i): return self.x", "assert (V(1) + V(2))[0] == 3", ()),
    "a listed class": ("class V:\n  def __init__(self, x): self.x = x\n  def __eq__(self, o): return self.x == o.x\n  def __len__(self): return 2", "assert V(1) == V(1) and len(V(3)) == 2 and isinstance(V(1), V)", ("V",)),
    "a generator": ("def f(n):\n  for i in range(n): yield i", "assert list(f(3)) == [0, 1, 2]", ()),
    "a coroutine": ("async def f(): return 3", "import asyncio\nassert asyncio.run(f()) == 3", ()),
    "a context": ("import contextlib\n@contextlib.contextmanager\ndef c(): yield 4", "with c() as x: assert x == 4", ()),
    "a counter": ("from collections import Counter\ndef f(x): return Counter(x)", "assert f('aab') == {'a': 2, 'b': 1}", ()),
    "unittest": ("def f(x): return x", "import unittest\nclass T(unittest.TestCase):\n  def test_f(self):\n    self.assertEqual(f(2), 2)", ()),
    "test functions": ("def f(x): return x", "def test_f(): assert f(2) == 2", ()),
    "pytest": ("def f(x): return x", "import pytest\n@pytest.mark.parametrize('x', [1, 2])\ndef test_f(x, tmp_path): assert f(x) == pytest.approx(x)", ()),
}  # fmt: skip


@pytest.mark.parametrize("name", UNITS)
def test_an_honest_solution_passes_its_tests(box: Sandbox, name: str) -> None:
    source, code, entry_points = UNITS[name]
    (result,) = box.run(Job(source=source, tests=Unit(code=code, entry_points=entry_points)))
    assert (result.outcome, result.passed, result.detail) == ("finished", True, "")


def test_the_prelude_runs_in_both_processes_and_shadows_the_solution(box: Sandbox) -> None:
    tests = Unit(code="assert f(2) == helper(2) == 3", prelude="def helper(x): return x + 1")
    honest = box.run(Job(source="def f(x): return helper(x)", tests=tests))
    cheat = box.run(Job(source="def helper(x): return 0\ndef f(x): return 0", tests=tests))
    assert (honest[0].passed, cheat[0].passed) == (True, False)


@pytest.mark.parametrize(
    "code",
    [
        "assert f() == 2",
        "import unittest\nclass T(unittest.TestCase):\n  def test_f(self):\n    self.assertEqual(f(), 2)",
        "import pytest\ndef test_f(): assert f() == 2",
    ],
)
def test_a_failing_assert_is_no_pass_and_says_where(box: Sandbox, code: str) -> None:
    (result,) = box.run(Job(source="def f(): return 1", tests=Unit(code=code)))
    assert (result.outcome, result.passed) == ("finished", False)
    assert "Assert" in result.detail
