"""What a job costs in each language: one test and ten tests of a program that prints a word, compiling included.

    python benchmarks/languages.py --sandbox docker --languages python,cpp,java

Prints one JSON line a language: the least of several runs in seconds, and the CPU seconds of one test.
"""

import argparse
import json
import time
from contextlib import closing

from temper.sandboxes.box.languages import LANGUAGES, known
from temper.sandboxes.job import Job, Result, Sandbox, Stdio
from temper.sandboxes.pool import open_sandbox
from temper.sandboxes.section import SandboxSection


def timed(sandbox: Sandbox, language: str, tests: int) -> tuple[float, Result]:
    job = Job(language=language, source=LANGUAGES[language].hello, tests=Stdio(inputs=("",) * tests))
    started = time.perf_counter()
    results = sandbox.run(job)
    seconds = time.perf_counter() - started
    assert {(result.outcome, result.stdout) for result in results} == {("finished", "sound\n")}, results[0].detail
    return seconds, results[0]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sandbox", choices=("docker", "local"), default="docker")
    parser.add_argument("--languages", default=",".join(LANGUAGES))
    parser.add_argument("--runs", type=int, default=5)
    options = parser.parse_args()
    languages = known(options.languages.split(","))
    with closing(open_sandbox(SandboxSection(kind=options.sandbox, slots=1, languages=languages))) as sandbox:
        for name in languages:
            ones = [timed(sandbox, name, 1) for _ in range(options.runs)]
            tens = [timed(sandbox, name, 10)[0] for _ in range(options.runs)]
            one, ten = min(seconds for seconds, _ in ones), min(tens)
            figures = {"one_test_s": round(one, 4), "ten_tests_s": round(ten, 4), "ratio": round(ten / one, 2)}
            figures["cpu_of_a_test_s"] = min(result.cpu_s for _, result in ones)
            print(json.dumps({"sandbox": options.sandbox, "language": name, **figures}), flush=True)


if __name__ == "__main__":
    main()
