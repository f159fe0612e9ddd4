"""What comes over the line to a supervisor, and what goes back: its configuration, jobs, and a result a test.

Everything here is JSON that the owner of the slot wrote (`sandboxes/slot.py`), so it is trusted as it is; times are
seconds, the units of sizes are in the names.
"""

from typing import Literal, NotRequired, TypedDict

SAID, SECRET = 3, 4
"""Descriptors of a `program` test: a pipe that it may write to, and a file that it may read."""


class Terms(TypedDict):
    """What the kind of sandbox says of a slot, wherever its folders will be."""

    uids: list[int]
    """Two of this slot alone: the program's, and that of tests and compilers. Empty where all runs under ours."""
    pid_namespace: bool
    """Whether this process sees no processes but its own and the job's."""
    init_reaps: bool
    """Whether somebody else reaps orphans."""
    own_cgroup: bool
    """Whether the cgroup is this slot's alone."""
    dies_with_parent: bool
    max_life_s: int
    tests_path: str
    """Where the tests' process finds pytest, "" where the interpreter has it."""
    packages_path: str
    """Where programs of ours find their packages."""
    door: NotRequired[str]
    """The path of the owner's socket past a daemon."""
    remove: NotRequired[list[str]]
    """Folders that are the host's and go with the supervisor."""


class Config(Terms):
    """The first line."""

    box: str
    """The folder where programs work."""
    spaces: list[str]
    """All folders in which they may write, that one among them; emptied after every test."""


class Bounds(TypedDict):
    """What the kernel and the polling hold every child to."""

    cpu_s: float
    memory_mb: int
    output_kb: int
    processes: int


class Limits(Bounds):
    """A job's, which also bound what of a test is to be compared."""

    result_kb: int
    parts: int


class Stdio(TypedDict):
    kind: Literal["stdio"]
    inputs: list[str]


class Call(TypedDict):
    kind: Literal["call"]
    entry_point: str
    calls: list[tuple[object, object]]
    """(encoded args, encoded kwargs) of each call."""
    package: str


class Unit(TypedDict):
    kind: Literal["unit"]
    code: str
    prelude: str
    entry_points: list[str]


class Program(TypedDict):
    kind: Literal["program"]
    secret: str


class Cells(TypedDict):
    kind: Literal["cells"]
    session: str
    cells: list[str]
    earlier_s: float
    """CPU seconds that all cells but the last may take together, where they have to be run again."""


class Job(TypedDict):
    language: str
    standard: str
    source: str
    tests: Stdio | Call | Unit | Program | Cells
    limits: Limits
    stop_after_failure: bool
    cores: list[int]
    """Those that the owner may use now."""


class Result(TypedDict):
    """Of one test, with the fields of `sandboxes.job.Result`."""

    outcome: str
    stdout: str
    value: object
    passed: bool
    detail: str
    cpu_s: float
    wall_s: float
    asks: NotRequired[str]
    refused: NotRequired[str]
    kept: NotRequired[bool]
