"""What a test uses is counted, all of it and once, whoever of its processes used it and whatever became of them."""

import pytest

from temper.sandboxes.box.meter import Tally
from temper.sandboxes.box.processes import Process
from temper.sandboxes.job import Job, Limits, Sandbox, Stdio

HEAD = """
import ctypes, os, signal, threading, time
libc = ctypes.CDLL(None)
def work(seconds):
    end = time.thread_time() + seconds
    while time.thread_time() < end: pass
def wait_for_the_end(start):
    reader, writer = os.pipe()
    start(lambda: os.close(reader))
    os.close(writer)
    os.read(reader, 1)
    os.close(reader)
def child(*_):
    if os.fork() == 0:
        work(0.1)
        os._exit(0)
def orphan(*_):
    if os.fork() == 0:
        child()
        os._exit(0)
    os.wait()
def brother(*_):
    if libc.syscall(56, 0x8000 | 17, 0, 0, 0, 0) == 0:
        work(0.1)
        os._exit(0)
def waited_for(*_):
    child()
    os.wait()
"""
WAYS = {
    "by itself": "work(1)",
    "threads": "for _ in range(10):\n  t = threading.Thread(target=work, args=(0.1,))\n  t.start()\n  t.join()",
    "children": "for _ in range(10): waited_for()",
    "children of children": "for _ in range(10):\n  if os.fork() == 0:\n    waited_for()\n    os._exit(0)\n  os.wait()",
    "zombies": "for _ in range(10): wait_for_the_end(child)",
    "orphans": "for _ in range(10): wait_for_the_end(orphan)",
    "brothers": "for _ in range(10): wait_for_the_end(brother)",
    "nobody waits": "signal.signal(signal.SIGCHLD, signal.SIG_IGN)\nfor _ in range(10): wait_for_the_end(child)",
    "all of it": "for way in (waited_for, child, orphan, brother, child): wait_for_the_end(way)\n" * 2,
}


@pytest.mark.parametrize("way", WAYS)
def test_a_second_of_work_is_a_second_whoever_did_it(box: Sandbox, way: str) -> None:
    job = Job(source=HEAD + WAYS[way], tests=Stdio(inputs=("",)), limits=Limits(cpu_s=20))
    (result,) = box.run(job)
    assert result.outcome == "finished", result.detail
    assert 0.9 < result.cpu_s < 1.3


def process(pid: int, own_s: float, waited_s: float = 0.0) -> Process:
    return Process(pid, 1, own_s + waited_s, waited_s, 1, 0)


def test_a_child_counts_once_whenever_its_parent_shows_it() -> None:
    tally = Tally()
    assert tally.add_up([process(1, 0.1), process(2, 0.5)], 0.0) == pytest.approx(0.6)
    assert tally.add_up([process(1, 0.1)], 0.0) == pytest.approx(0.1)  # it ended between the looks at the two
    assert tally.add_up([process(1, 0.1, 0.5)], 0.0) == pytest.approx(0.6)
    assert tally.add_up([process(1, 0.1, 0.5)], 0.0) == pytest.approx(0.6)


def test_a_child_that_nobody_waits_for_counts_as_it_was_last_seen() -> None:
    tally = Tally()
    tally.add_up([process(1, 0.1), process(2, 0.5), process(3, 0.25)], 0.0)
    tally.add_up([process(1, 0.1)], 0.25)  # the other one was an orphan
    assert tally.add_up([process(1, 0.1)], 0.25) == pytest.approx(0.85, abs=0.021)


def test_sums_that_the_kernel_shows_late_are_not_counted_twice() -> None:
    tally, waited = Tally(), 0.0
    for number in range(100):
        tally.add_up([process(1, 0.0, int(waited * 100) / 100), process(2 + number, 0.004)], 0.0)
        waited += 0.004
    assert tally.add_up([process(1, 0.0, 0.4)], 0.0) == pytest.approx(0.4)


MAPPED = """
import mmap, tempfile, time
with tempfile.TemporaryFile() as file:
    for _ in range(48): file.write(b"x" * (1 << 20))
    file.flush()
    with mmap.mmap(file.fileno(), 0) as memory:
        print(sum(memory[page] for page in range(0, len(memory), 4096)))
        time.sleep(0.05)
"""


def test_a_file_that_is_mapped_counts_once(box: Sandbox) -> None:
    (result,) = box.run(Job(source=MAPPED, tests=Stdio(inputs=("",)), limits=Limits(memory_mb=100)))
    assert (result.outcome, result.stdout) == ("finished", f"{ord('x') * 48 * 256}\n")
    (result,) = box.run(Job(source=MAPPED, tests=Stdio(inputs=("",)), limits=Limits(memory_mb=48)))
    assert result.outcome == "memory"
