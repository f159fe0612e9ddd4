"""What a thread makes of a step's rollouts: nobody who takes waits for it, and whoever leaves a checkpoint does."""

import threading
from collections.abc import Sequence

import pytest

from temper.rlvr.recorder import Recorder
from temper.rlvr.rollout import Group


class Disk:
    """Keeps steps once it is let."""

    def __init__(self) -> None:
        self.free, self.kept = threading.Event(), list[int]()
        self.full_at = -1

    def record(self, step: int, groups: Sequence[Group]) -> None:
        assert self.free.wait(30)
        if step == self.full_at:
            raise OSError("no space left")
        self.kept.append(step)


def test_a_step_is_put_at_once_and_kept_in_its_order() -> None:
    disk = Disk()
    recorder = Recorder(disk.record)
    for step in range(3):
        recorder.put(step, [])
    assert disk.kept == [], "the disk is slow, and nobody waited"
    disk.free.set()
    recorder.wait()
    assert disk.kept == [0, 1, 2]
    recorder.close()


def test_the_numbers_of_a_step_come_when_it_is_kept() -> None:
    disk = Disk()
    disk.free.set()
    recorder = Recorder(disk.record)
    recorder.put(4, [])
    told = recorder.told(4)
    assert disk.kept == [4] and all(isinstance(value, float) for value in told.values())
    assert recorder.told(9) == {}, "never put"
    recorder.close()


def test_a_step_that_cannot_be_kept_is_told_to_whoever_asks() -> None:
    disk = Disk()
    disk.full_at = 1
    disk.free.set()
    recorder = Recorder(disk.record)
    recorder.put(0, [])
    recorder.put(1, [])
    for ask in (lambda: recorder.told(1), recorder.wait, lambda: recorder.told(1)):
        with pytest.raises(OSError, match="no space left"):
            ask()
    recorder.close()
    recorder.put(1, [])  # after a step back, with room again or not, it is tried anew
    with pytest.raises(OSError, match="no space left"):
        recorder.wait()
    recorder.close()


def test_who_closes_waits_for_what_was_put() -> None:
    disk = Disk()
    recorder = Recorder(disk.record)
    recorder.put(0, [])
    threading.Timer(0.05, disk.free.set).start()
    recorder.close()
    assert disk.kept == [0]
