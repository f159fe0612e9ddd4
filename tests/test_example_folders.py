"""Every folder of `examples/` is run by a test; `domain_variant` by tests/whole/test_a_domain_variant.py."""

import subprocess
import sys
from pathlib import Path

EXAMPLES = Path(__file__).parents[1] / "examples"
SCORES = {"sum": "1.0", "half": "1.0", "off": "0.0", "double": "1.0", "endless": "0.0", "letter": "1.0"}


def test_every_example_has_its_test() -> None:
    assert {path.name for path in EXAMPLES.iterdir()} == {"domain_variant", "verifiers_from_python"}


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
