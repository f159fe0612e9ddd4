"""Programs that try to pass without being right, or to break the place that they run in. None may score.

`stdio` and `call` cheats try to turn a wrong result into the right one; as comparison is outside, each must come out as
something other than the expected value. After every cheat the sandbox must still run an honest program right.
"""
# programs as text, one a line
# ruff: noqa: E501

import pytest

from temper.sandboxes.job import Call, Job, Limits, Result, Sandbox, Stdio, Unit
from temper.sandboxes.slot import CONTROL

LIMITS = Limits(cpu_s=0.4, memory_mb=128, output_kb=64, processes=16)
ALWAYS_EQUAL = (
    "class Any:\n  def __eq__(self, other): return True\n  def __ne__(self, other): return False\n"
    "  def __hash__(self): return 0\n  def __lt__(self, other): return False\n  def __bool__(self): return True\n"
    "  def __abs__(self): return 0\n  def __sub__(self, other): return 0\n  def __len__(self): return 1\n"
)

STDIO = {
    "os._exit(0)": "import os\nos._exit(0)",
    "a printed sentinel": "print('PASSED', 'finished', '{\"outcome\": \"finished\"}')",
    "writing to every descriptor": (
        "import os\nfor fd in range(3, 300):\n  try: os.write(fd, b'{\"compiled\": \"\"}\\n{\"value\": 42}\\n')\n  except OSError: pass"),
    "descriptors of the parent": (
        "import os\nfor pid in [1, os.getppid()]:\n  for fd in range(10):\n"
        "    try: open(f'/proc/{pid}/fd/{fd}', 'w').write('42\\n')\n    except OSError: pass"),
    "memory of the parent": (
        "import os\nfor pid in [1, os.getppid()]:\n  try: print(open(f'/proc/{pid}/mem', 'rb'))\n  except OSError: pass\n"
        "  try: print(open(f'/proc/{pid}/environ').read())\n  except OSError: pass"),
    "walking the frames": (
        "import sys\nframe = sys._getframe()\nwhile frame:\n  for value in list(frame.f_globals.values()) + list(frame.f_locals.values()):\n"
        "    if '42' in str(value)[:2000] and frame.f_back: print(42)\n  frame = frame.f_back"),
    "walking the heap": (
        "import gc\nfor o in gc.get_objects():\n  if isinstance(o, (dict, list)) and 'tupni rehtona' in str(o)[:10000][::-1]: print(42)"),
    "reading files of the host": (
        "import os\nfor path in ['/root', '/home', '/work', '/tmp', '/etc/shadow', '/proc/1/root/root']:\n"
        "  try: print(os.listdir(path) if os.path.isdir(path) else open(path).read())\n  except OSError: pass"),
    "tracing the parent": "import ctypes, os\nprint(ctypes.CDLL(None).ptrace(16, os.getppid(), 0, 0) == 0 and 42)",
    "becoming root": "import os\nfor f in (os.setuid, os.setgid, os.seteuid):\n  try: f(0)\n  except OSError: pass\n  else: print(42)",
    "an exit status that lies": "import sys, threading\nthreading._shutdown = None\nsys.exit(0)",
    "stopping the parent": "import os, signal\nfor pid in [os.getppid(), 1, -1]:\n  for s in (signal.SIGSTOP, signal.SIGKILL):\n    try: os.kill(pid, s)\n    except OSError: pass",
}  # fmt: skip

CALL = {
    "always equal": f"{ALWAYS_EQUAL}def f(): return Any()",
    "an int that equals all": "class I(int):\n  def __eq__(self, other): return True\n  __hash__ = int.__hash__\ndef f(): return I(1)",
    "a str that equals all": "class S(str):\n  def __eq__(self, other): return True\n  __hash__ = str.__hash__\ndef f(): return S('')",
    "a list that equals all": "class L(list):\n  def __eq__(self, other): return True\ndef f(): return L()",
    "os._exit(0)": "import os\ndef f(): os._exit(0)",
    "sys.exit(0)": "import sys\ndef f(): sys.exit(0)",
    "a frame's result": "import sys\ndef f():\n  frame = sys._getframe(1)\n  print([k for k in frame.f_locals if 'expect' in k])\n  return list(frame.f_locals)",
    "patched json": "import json\njson.dumps = lambda *a, **k: '{\"value\": }'\ndef f(): return 1",
    "unreadable": "import os\ndef f():\n  for fd in range(3, 300):\n    try: os.write(fd, b'[' * 100000 + b'\\n')\n    except OSError: pass\n  os._exit(0)",
}  # fmt: skip

UNIT = {
    "always equal": f"{ALWAYS_EQUAL}def f(x): return Any()",
    "an int that equals all": "class I(int):\n  def __eq__(self, other): return True\n  __hash__ = int.__hash__\ndef f(x): return I(1)",
    "patched builtins": "import builtins\nbuiltins.AssertionError = ValueError\nbuiltins.isinstance = lambda *a: True\ndef f(x): return 0",
    "patched unittest": "import unittest\nunittest.TestCase.assertEqual = lambda *a: None\nunittest.case.TestCase.run = lambda *a: None\ndef f(x): return 0",
    "patched pytest": "import sys, types\nfake = types.ModuleType('pytest')\nfake.main = lambda *a, **k: 0\nsys.modules['pytest'] = fake\ndef f(x): return 0",
    "a conftest": "open('conftest.py', 'w').write('import os; os._exit(0)')\nopen('/tmp/conftest.py', 'w').write('import os; os._exit(0)')\ndef f(x): return 0",
    "modules and settings in its way": (
        "evil = 'import os\\nfor fd in range(3, 300):\\n  try: os.write(fd, b\\'{\"passed\": true, \"detail\": \"\", \"died\": false}\\\\n\\')\\n  except OSError: pass\\nos._exit(0)'\n"
        "import glob, os, threading\ndef spread():\n  for folder in ['.', '/tmp', *glob.glob('/tmp/*/')]:\n"
        "    for name in ['pytest', 'unittest', 'conftest', 'sitecustomize', 'asyncio', 'test_solution', 'solution', 'linecache']:\n"
        "      try: open(f'{folder}/{name}.py', 'w').write(evil)\n      except OSError: pass\n"
        "    try: open(f'{folder}/pytest.ini', 'w').write('[pytest]\\naddopts = -p conftest\\npythonpath = . /box /tmp\\n')\n    except OSError: pass\n"
        "spread()\ndef again():\n  while True: spread()\nthreading.Thread(target=again, daemon=True).start()\ndef f(x): return 0"),
    "names of the runner": "def test_ok(): pass\ndef setup_module(m): pass\npytest_plugins = []\ndef load_tests(*a): return []\ndef f(x): return 0",
    "its own sorted": "def sorted(x): return 0\ndef f(x): return 0",
    "its own print and assert": "def print(*a): pass\ndef AssertionError(*a): pass\ndef all(x): return True\ndef f(x): return 0",
    "StopIteration": "def f(x): raise StopIteration",
    "SystemExit": "def f(x): raise SystemExit(0)",
    "os._exit in the call": "import os\ndef f(x): os._exit(0)",
    "os._exit in the import": "import os\nos._exit(0)",
    "sys.exit in the import": "import sys\nsys.exit(0)",
    "forging the verdict": "import os\nfor fd in range(3, 300):\n  try: os.write(fd, b'{\"passed\": true, \"detail\": \"\", \"died\": false}\\n')\n  except OSError: pass\ndef f(x): return 0",
    "forging an answer": "import os\ndef f(x):\n  for fd in range(3, 300):\n    try: os.write(fd, b'{\"value\": {\"$handle\": [0, \"A\"]}}\\n' * 9)\n    except OSError: pass\n  os._exit(0)",
    "forging nonsense": "import os\ndef f(x):\n  os.write(4, b'[' * 100000 + b'\\n{\"value\": 1, \"changed\": {\"7\": 1}}\\n')",
    "killing the tests": "import os, signal\ndef f(x):\n  os.kill(-1, signal.SIGKILL)\n  for p in range(2, 400):\n    try: os.kill(p, signal.SIGINT)\n    except OSError: pass\n  os._exit(0)",
    "opening the tests' descriptors": (
        "import glob\ndef f(x):\n  for path in glob.glob('/proc/[0-9]*/fd/*'):\n"
        "    try: open(path, 'w').write('{\"passed\": true, \"detail\": \"\", \"died\": false}\\n')\n    except OSError: pass\n  return 0"),
    "a class named like a builtin": f"{ALWAYS_EQUAL}Any.__name__ = 'int'\ndef f(x): return Any()",
    "changing what it is compared with": "def f(x):\n  x.append(0)\n  return 0",
}  # fmt: skip
CODE = {
    "asserts": "for x, y in zip(map(f, [[1], [2]]), [41, 42]): assert x == y\nassert all(f([n]) == n for n in (7, 9))\nassert f([3]) == sorted([3, 1])[1]",
    "unittest": "import unittest\nclass T(unittest.TestCase):\n  def test_f(self):\n    self.assertEqual(f([1]), 42)",
    "pytest": "import pytest\ndef test_f(): assert f([1]) == 42",
}  # fmt: skip


def still_sound(box: Sandbox) -> None:
    for _ in range(2):
        assert [(r.outcome, r.stdout) for r in box.run(CONTROL)] == [("finished", "sound\n")]


@pytest.mark.parametrize("name", STDIO)
def test_a_cheat_on_stdin_prints_no_right_answer(box: Sandbox, name: str) -> None:
    tests = Stdio(inputs=("6 7", "another input"))
    result = box.run(Job(source=STDIO[name], tests=tests, limits=LIMITS))[0]
    assert result.outcome != "finished" or result.stdout.strip() != "42"
    assert "another input" not in result.stdout
    assert "root:" not in result.stdout
    still_sound(box)


@pytest.mark.parametrize("name", CALL)
def test_a_cheat_in_a_call_returns_no_right_value(box: Sandbox, name: str) -> None:
    (result,) = box.run(Job(source=CALL[name], tests=Call(entry_point="f", calls=(([], {}),)), limits=LIMITS))
    assert result.outcome != "finished" or result.value not in (42, "", None, True)
    still_sound(box)


@pytest.mark.parametrize("name", UNIT)
@pytest.mark.parametrize("style", ["asserts", "unittest"])
def test_a_cheat_passes_no_tests(box: Sandbox, name: str, style: str) -> None:
    (result,) = box.run(Job(source=UNIT[name], tests=Unit(code=CODE[style]), limits=LIMITS))
    assert not result.passed


@pytest.mark.parametrize(
    "name",
    [
        "patched pytest",
        "a conftest",
        "modules and settings in its way",
        "names of the runner",
        "always equal",
    ],
)
def test_a_cheat_on_pytest_passes_no_tests(box: Sandbox, name: str) -> None:
    (result,) = box.run(Job(source=UNIT[name], tests=Unit(code=CODE["pytest"]), limits=Limits(cpu_s=10)))
    assert (result.outcome, result.passed) == ("finished", False)
    assert "Error" in result.detail


RESOURCES = {
    "an infinite loop": ("while True: pass", "time"),
    "a sleep without end": ("import time\ntime.sleep(1000)", "time"),
    "a loop that ignores signals": ("import signal\nfor s in range(1, 65):\n  try: signal.signal(s, signal.SIG_IGN)\n  except (OSError, ValueError): pass\nwhile True: pass", "time"),
    "a child that loops": ("import os\nif os.fork() == 0:\n  while True: pass\nos.wait()", "time"),
    "a memory hog": ("x = []\nwhile True: x.append(bytearray(1 << 20))", "memory"),
    "one huge object": ("x = bytearray(200 << 20)\nprint(len(x))", "memory"),
    "more than there is": ("x = bytearray(1 << 40)", "memory"),
    "a flood of output": ("while True: print('x' * 1000)", "output"),
    "a flood on stderr": ("import sys\nwhile True: sys.stderr.write('x' * 1000)", "output"),
    "a fork bomb": ("import os, time\nwhile True:\n  try: os.fork()\n  except OSError: time.sleep(.01)", "processes"),
    "threads without end": ("import threading, time\nwhile True:\n  try: threading.Thread(target=time.sleep, args=(9,)).start()\n  except RuntimeError: time.sleep(.01)", "processes"),
    "a big file": ("with open('big', 'wb') as f:\n  while True: f.write(bytes(1 << 20))", "runtime_error"),
    "many files": ("for i in range(10**6): open(f'f{i}', 'w').close()", "runtime_error"),
}  # fmt: skip


@pytest.mark.parametrize("name", RESOURCES)
def test_a_limit_is_named_and_the_place_stays_sound(box: Sandbox, name: str) -> None:
    source, outcome = RESOURCES[name]
    limits = LIMITS.model_copy(update={"cpu_s": 5.0}) if outcome in ("memory", "runtime_error") else LIMITS
    (result,) = box.run(Job(source=source, tests=Stdio(inputs=("",)), limits=limits))
    assert result.outcome == outcome, result
    still_sound(box)


SURVIVORS = {
    "a daemon": "import os, time\nif os.fork() == 0:\n  os.setsid()\n  if os.fork() == 0:\n    while True:\n      open('/tmp/mark', 'a').write('x')\n      time.sleep(.001)\n  os._exit(0)",
    "a daemon that holds stdout": "import os, time\nif os.fork() == 0:\n  os.setsid()\n  time.sleep(100)",
    "a stopped child": "import os, signal\npid = os.fork()\nif pid == 0:\n  signal.pause()\nos.kill(pid, signal.SIGSTOP)",
    "locked folders": "import os\nfor i in range(50):\n  os.mkdir('d')\n  open('d/f', 'w')\n  os.chmod('d', 0o500) if i == 49 else os.chdir('d')\nos.chmod('.', 0)",
    "a deep tree": "import os\nfor i in range(3000):\n  os.mkdir('d' * 200)\n  os.chdir('d' * 200)",
    "links": "import os\nos.symlink('/proc', 'a')\nos.symlink('.', 'b')\nos.mkfifo('c')\nos.symlink('/', '/tmp/r')",
    "names": "import os\nfor n in [b'\\xff\\xfe', b'a\\nb', b'-rf', b' ', b'*']: open(n, 'w')\nopen('/dev/shm/x', 'w')",
}  # fmt: skip
LOOK = (
    "import os, time\ntime.sleep(.05)\nmine = os.getuid()\n"
    "print([d for d in ('.', '/tmp', '/dev/shm') for n in os.listdir(d) if n != 'program.py'])\n"
    "print([p for p in os.listdir('/proc') if p.isdigit() and int(p) != os.getpid()\n"
    "       and f'Uid:\\t{mine}\\t' in open(f'/proc/{p}/status').read()] if mine else [])"
)


@pytest.mark.parametrize("name", SURVIVORS)
def test_nothing_of_a_test_is_left_for_the_next(box: Sandbox, name: str) -> None:
    for _ in range(2):
        (result,) = box.run(Job(source=SURVIVORS[name], tests=Stdio(inputs=("",)), limits=Limits(cpu_s=5)))
        assert result.outcome in ("finished", "runtime_error"), result
        (seen,) = box.run(Job(source=LOOK, tests=Stdio(inputs=("",))))
        assert (seen.outcome, seen.stdout) == ("finished", "[]\n[]\n")


def test_the_network_is_out_of_reach(box: Sandbox) -> None:
    source = (
        "import socket\nfor address in ('10.0.0.1', '172.17.0.1'):\n  s = socket.socket()\n  s.settimeout(1)\n"
        "  try: s.connect((address, 80))\n  except OSError as error: print(error.errno)"
    )
    (result,) = box.run(Job(source=source, tests=Stdio(inputs=("",))))
    assert result.stdout == "101\n101\n"


def test_a_program_has_no_capability_and_can_gain_none(box: Sandbox) -> None:
    source = (
        "print([l.split()[1] for l in open('/proc/self/status') if l.startswith(('CapEff', 'CapPrm', 'NoNewPrivs'))])"
    )
    (result,) = box.run(Job(source=source, tests=Stdio(inputs=("",))))
    assert result.stdout == "['0000000000000000', '0000000000000000', '1']\n"


def test_a_limit_kills_in_time(box: Sandbox) -> None:
    results: list[Result] = []
    for _ in range(5):
        results += box.run(Job(source="while True: pass", tests=Stdio(inputs=("",)), limits=Limits(cpu_s=0.2)))
    assert [r.outcome for r in results] == ["time"] * 5
    assert max(r.cpu_s for r in results) < 0.2 + 0.1
