"""`temper doctor` on a run of another process: a planted hang in each role, and a `kill -9` of each, named right within
60 s."""

import os
import signal
import subprocess
import textwrap
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from temper.pipeline.doctor import Finding, look

WITHIN_S = 60.0
ROLES = ("engine-0", "verifier-0", "learner-0", "controller")
SMALL = [
    "base.train=null", "sft.steps=8", "rlvr.problems_per_step=4", "rlvr.max_completion_tokens=24",
    "rlvr.max_staleness=1", "stages=[extend, sft, rlvr]", "sandbox.kind=local", "rlvr.max_empty_share=1",
    "rlvr.save_every=2", "rlvr.steps=2000", "name=held", "cluster.verdict_s=300",
]  # fmt: skip
HANGS = """
import os, sys, time
if {flag!r} and os.path.isdir(os.path.dirname({flag!r})):
    import importlib.abc, importlib.machinery
    PLACES = {places!r}
    def hangs(name, does):
        def planted(*given, **named):
            while os.path.exists({flag!r} + name):
                time.sleep(0.1)
            return does(*given, **named)
        return planted
    class Finder(importlib.abc.MetaPathFinder):
        def find_spec(self, name, path, target=None):
            if name not in PLACES:
                return None
            sys.meta_path.remove(self)
            try:
                spec = importlib.util.find_spec(name)
            finally:
                sys.meta_path.insert(0, self)
            run = spec.loader.exec_module
            def exec_module(module):
                run(module)
                for role, cls, method in PLACES[name]:
                    of = getattr(module, cls)
                    setattr(of, method, hangs(role, getattr(of, method)))
            spec.loader.exec_module = exec_module
            return spec
    import importlib.util
    sys.meta_path.insert(0, Finder())
"""
PLACES = {
    "temper.rlvr.engines.transformers_engine": [("engine-0", "TransformersEngine", "collect")],
    "temper.verifiers.judging": [("verifier-0", "Judge", "judge")],
    "temper.rlvr.trl_seam": [("learner-0", "SeamTrainer", "compute_loss")],
    "temper.rlvr.controller": [("controller", "Controller", "_take_completions")],
    "temper.pipeline.bar": [("driver", "StageBar", "show")],
}
"""Where each role hangs while the file of its name is there, in every process that imports it."""


@contextmanager
def held(out: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A run that trains until the end of the test, with the hangs planted."""
    (out / "planted").mkdir(parents=True)
    (out / "site").mkdir()
    planted = HANGS.format(flag=f"{out / 'planted'}/", places=PLACES)
    (out / "site/sitecustomize.py").write_text(textwrap.dedent(planted))
    command = ["temper", "run", "temper:tiny/instruct", "--out", str(out)]
    command += [word for override in SMALL for word in ("--set", override)]
    with (out / "log").open("a") as log:
        run = subprocess.Popen(command, stderr=log, stdout=log, env={**os.environ, "PYTHONPATH": str(out / "site")})
    try:
        yield run
    finally:
        run.kill()
        run.wait()


def until(found: Callable[[], bool], within_s: float) -> float:
    """Seconds until it is so; fails after `within_s`."""
    begun = time.monotonic()
    while time.monotonic() - begun < within_s:
        if found():
            return time.monotonic() - begun
        time.sleep(0.5)
    raise AssertionError(f"not within {within_s:g} s")


def goes_on(out: Path) -> None:
    """Two steps more."""

    def step() -> int:
        path = out / "held/metrics.jsonl"
        return sum('"rlvr"' in line for line in path.read_text().splitlines()) if path.exists() else 0

    at = step()
    until(lambda: step() > at + 1, 900)


def named(out: Path, role: str) -> Callable[[], bool]:
    def found() -> bool:
        seen = look(out / "held").culprit
        return seen is not None and seen.role == role

    return found


def is_lost(out: Path, role: str, pid: int) -> Callable[[], bool]:
    return lambda: (role, pid) in {(one["role"], one["pid"]) for one in told(out).lost}


def told(out: Path) -> Finding:
    return look(out / "held")


@pytest.mark.slow
def test_a_planted_hang_of_each_role_is_named(tmp_path: Path) -> None:
    with held(tmp_path):
        for role in (*ROLES, "driver"):
            goes_on(tmp_path)
            flag = tmp_path / "planted" / role
            flag.touch()
            took = until(named(tmp_path, role), WITHIN_S)
            print(f"{role}: hang named after {took:.0f} s: {told(tmp_path).culprit}")
            flag.unlink()
            until(lambda: told(tmp_path).culprit is None, 120)


@pytest.mark.slow
def test_a_stopped_process_is_named(tmp_path: Path) -> None:
    with held(tmp_path):
        stops(tmp_path)


def stops(out: Path) -> None:
    for role in ("engine-0", "learner-0", "controller", "driver"):
        goes_on(out)
        (victim,) = [one for one in told(out).roles if one.name == role]
        os.kill(victim.pid, signal.SIGSTOP)
        took = until(named(out, role), WITHIN_S)
        print(f"{role}: stop named after {took:.0f} s: {told(out).culprit}")
        os.kill(victim.pid, signal.SIGCONT)
        until(lambda: told(out).culprit is None, 120)


@pytest.mark.slow
def test_a_kill_of_each_role_is_named(tmp_path: Path) -> None:
    with held(tmp_path) as run:
        for role in ROLES:
            goes_on(tmp_path)
            (victim,) = [one for one in told(tmp_path).roles if one.name == role]
            os.kill(victim.pid, signal.SIGKILL)
            took = until(is_lost(tmp_path, role, victim.pid), WITHIN_S)
            first = [one["role"] for one in told(tmp_path).lost]
            print(f"{role}: kill named after {took:.0f} s, {first}")
        goes_on(tmp_path)
        run.send_signal(signal.SIGKILL)
        run.wait()
        took = until(named(tmp_path, "driver"), WITHIN_S)
        found = told(tmp_path)
        print(f"driver: kill named after {took:.0f} s: {found.culprit}")
        assert found.state == "dead" and any("goes on from its checkpoint" in line for line in found.again)


@pytest.mark.slow
def test_a_role_that_is_lost_once_too_often_is_in_the_error_of_the_driver(tmp_path: Path) -> None:
    with held(tmp_path) as run:
        for _ in range(4):
            goes_on(tmp_path)
            (victim,) = [one for one in told(tmp_path).roles if one.name == "learner-0"]
            psutil.Process(victim.pid).kill()
            until(is_lost(tmp_path, "learner-0", victim.pid), WITHIN_S)
        assert run.wait(timeout=120) == 1
        log = (tmp_path / "log").read_text()
        assert "learner-0 (process" in log and "went first, without a word" in log, log[-3000:]
        found = told(tmp_path)
        assert found.state == "ended" and found.culprit and found.culprit.role == "learner-0"
