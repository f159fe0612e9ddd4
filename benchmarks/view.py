"""How long the pages of a large run take, and what memory the server holds.

    python benchmarks/view.py [--steps 60] [--problems 512] [--size 8] [--out FOLDER]

Makes a run (`tests/view/made_run.py`; kept under --out and made once), asks for each page three times and prints the
median in milliseconds and of CPU, the bytes of the answer, the peak memory of this process, and the size of a file of
50 groups.
"""

import argparse
import resource
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "view"))

from temper.view.answers import Answers, as_text
from temper.view.page import of_groups
from temper.view.runs import Runs

PAGES = (
    ("first page (cold)", "run/made"),
    ("the run again", "run/made"),
    ("a step", "run/made/step/{step}"),
    ("a group", "run/made/group/{step}/200"),
    ("tokens of a completion", "run/made/tokens/{step}/200/3"),
    ("one problem over the run", "run/made/problem/add-2"),
    ("search: a text over all", "run/made/search?text=carry+one+which+gives"),
    ("search: an outcome over all", "run/made/search?outcome=error"),
)
REPEATS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--problems", type=int, default=512)
    parser.add_argument("--size", type=int, default=8)
    parser.add_argument("--words", type=int, default=60)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    out = options.out or Path(tempfile.mkdtemp())
    if not (out / "made").is_dir():
        import subprocess

        # In a process of its own: its memory is not the server's.
        program = (
            f"import sys; sys.path.insert(0, {sys.path[0]!r}); from pathlib import Path; "
            "from made_run import make_run; "
            f"make_run(Path({str(out)!r}), steps={options.steps}, problems={options.problems}, size={options.size}, "
            f"words={options.words})"
        )
        subprocess.run([sys.executable, "-c", program], check=True)
    answers = Answers(Runs(out))
    before, step = peak_mb(), str(options.steps // 2)
    for name, asked in PAGES:
        times = []
        size = 0
        for _ in range(1 if "cold" in name else REPEATS):
            start, worked = time.perf_counter(), time.process_time()
            size = len(as_text(answers.answer(asked.format(step=step))).encode())
            times.append((1000 * (time.perf_counter() - start), 1000 * (time.process_time() - worked)))
        wall, cpu = (statistics.median(of) for of in zip(*times, strict=True))
        print(f"{name:30} {wall:8.0f} ms  {cpu:8.0f} ms of CPU  {size:12,} bytes", flush=True)
    print(f"{'peak memory':30} {peak_mb():8.0f} MB  ({before:.0f} before the first page)")
    groups = [(step, number) for number in range(2, 52)]
    print(f"{'a file of 50 groups':30} {len(of_groups(answers, 'made', groups).encode()) / 1e6:8.2f} MB")


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    main()
