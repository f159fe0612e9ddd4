"""The doctor tries what it reports, and has a remedy for whatever it finds wanting."""

from typing import Any, cast

import pytest

from temper.sandboxes import local
from temper.sandboxes.box.languages import LANGUAGES
from temper.sandboxes.doctor import BREAKS, NOT_OF_LOCAL, Check, _cgroups, _slot, doctor
from temper.sandboxes.job import Job, Result, Sandbox
from temper.sandboxes.pool import Pool, open_sandbox
from temper.sandboxes.section import SandboxSection
from temper.sandboxes.slot import Slot, SlotLostError


class CarelessSlot:
    """Runs everything to its end, whatever the limits, under a program's eyes."""

    def __init__(self, stdout: str) -> None:
        self.stdout = stdout

    def run(self, job: Job) -> list[Result]:
        return [Result(outcome="finished", stdout=self.stdout)]

    def close(self) -> None:
        return


def tried(stdout: str, allowed: set[str]) -> list[Check]:
    return _slot("box", lambda: cast(Slot, CarelessSlot(stdout)), ("python", "go"), allowed, "mend it")


@pytest.mark.docker
def test_the_doctor_finds_this_machine_well(docker_box: Sandbox) -> None:
    checks = doctor(cast(Pool, docker_box).languages)
    assert {check.name for check in checks} >= {"container", "container limits", "local", "local limits", "kernel"}
    assert [check for check in checks if not check.ok and check.name != "local tools"] == []


def test_a_slot_that_enforces_nothing_is_found_out() -> None:
    runs, limits = tried("sound\n", set())
    assert (runs.ok, limits.ok, limits.remedy) == (True, False, "mend it")
    assert all(f"no limit on {outcome}" in limits.detail for outcome in BREAKS)


def test_a_language_that_fails_is_named() -> None:
    runs, _ = tried("", set())
    assert (runs.ok, runs.remedy) == (False, "mend it")
    assert "python fails: finished" in runs.detail
    assert "go fails" in runs.detail


def test_what_a_program_reaches_is_named_unless_it_was_never_promised() -> None:
    _, limits = tried("the network\nevery system call\n", NOT_OF_LOCAL)
    assert "a program reaches the network" in limits.detail
    assert "every system call" not in limits.detail


def test_a_slot_that_does_not_start_has_the_remedy() -> None:
    def start() -> Slot:
        raise SlotLostError("no room")

    assert _slot("box", start, (), set(), "make room") == [Check("box", False, "no room", "make room")]


def test_without_a_daemon_the_remedy_is_to_start_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere.sock")
    first = doctor()[0]
    assert (first.name, first.ok) == ("daemon", False)
    assert "start dockerd" in first.remedy


@pytest.mark.parametrize(("version", "remedy"), [("1", "swapaccount=1"), ("2", "cgroup.subtree_control")])
def test_a_cgroup_without_its_controllers_is_not_enough(version: str, remedy: str) -> None:
    info: dict[str, Any] = {"CgroupVersion": version, "MemoryLimit": True, "SwapLimit": True, "CpuCfsQuota": True}
    check = _cgroups(info)
    assert (check.ok, check.detail) == (False, f"cgroup v{version}, without PidsLimit")
    assert remedy in check.remedy
    assert _cgroups({**info, "PidsLimit": True}).ok


def test_a_tool_that_is_missing_is_refused_before_the_run_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "PATH", "/nowhere")
    with pytest.raises(ValueError, match="needs go under /usr, got none; apt-get install golang-go, or use"):
        open_sandbox(SandboxSection(kind="local", languages=("python", "go")))
    assert len(local.lacking(LANGUAGES)) == len(LANGUAGES) - 1
