"""Every folder of `examples/` is run by a test; those that train by tests/whole/test_a_domain_variant.py."""

import shutil
import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[1] / "examples"
SCORES = {"sum": "1.0", "half": "1.0", "off": "0.0", "double": "1.0", "endless": "0.0", "letter": "1.0"}


def test_every_example_has_its_test() -> None:
    assert {path.name for path in EXAMPLES.iterdir()} == {"domain_variant", "tool_of_your_own", "verifiers_from_python"}


def test_a_tool_of_ones_own_is_audited_by_its_answers_calls(tmp_path: Path) -> None:
    shutil.copytree(EXAMPLES / "tool_of_your_own", tmp_path, dirs_exist_ok=True)
    done = subprocess.run(
        ["temper", "audit", "lamps.yaml", "--set", "sandbox.kind=local"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert [line.split() for line in done.stdout.splitlines()[1:3]] == [
        ["rlvr.data.0", "state", "40", "40", "0", "0", "160"],
        ["held_out.0", "state", "20", "20", "0", "0", "80"],
    ]


def test_completions_are_judged_from_python() -> None:
    done = subprocess.run(
        [sys.executable, "judge.py", "completions.jsonl", "local"],
        cwd=EXAMPLES / "verifiers_from_python",
        capture_output=True,
        text=True,
        check=False,
    )
    *lines, mean = done.stdout.splitlines()
    assert {line.split()[0]: line.split()[2] for line in lines} == SCORES, done.stderr
    assert mean == "mean 0.667 of 6 scored"
