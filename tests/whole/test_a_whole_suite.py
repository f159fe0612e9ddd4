"""All of the report's benchmarks over real rows, from base to RLVR, killed on the way; where the rows lie beside this
checkout (`TEMPER_EVALS` names the folder). AIME, GPQA and HarmBench, of which no rows lie there, have rows of our own
in their fields."""

import json
import os
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from temper.sandboxes import local
from temper.verifiers.doubles import says, scripted_endpoint

EVALS = Path(os.environ.get("TEMPER_EVALS", "/nowhere"))
STAGES = ["base", "extend", "sft", "rlvr"]
SIZES = {
    "base.steps": 20, "base.context": 128, "extend.factor": 48, "sft.steps": 4,
    "sft.data": [{"kind": "generated", "rows": 200}], "audit.rows": 2, "rlvr.steps": 1, "rlvr.problems_per_step": 4,
    "rlvr.max_completion_tokens": 24, "rlvr.schedule.warmup_steps": 0, "rlvr.max_empty_share": 1, "eval.problems": 8,
    "eval.samples": 1, "eval.max_completion_tokens": 24, "eval.checkpoints": STAGES, "sandbox.kind": "local",
}  # fmt: skip
ROWS = 3
SCRIPTS = {"sh": "bash", "php": "php", "js": "javascript"}
"""Of MultiPL-E's languages those that start at once, where this machine has them."""
HERE = [name for name, language in SCRIPTS.items() if not local.lacking([language])]
OF_FILES = {
    "livecodebench": ("livecodebench_one_row.jsonl", "livecodebench"),
    "humaneval_plus": ("humanevalplus_mini.jsonl.gz", "evalplus"),
    "mbpp_plus": ("mbppplus_every4th.jsonl.gz", "evalplus"),
    **{f"multipl_e_{name}": (f"multipl_e_humaneval_{name}.jsonl.gz", "multipl_e") for name in HERE},
    "bfcl_single_turn": ("bfcl_v4_live_simple.jsonl.gz", "bfcl"),
    "bfcl_irrelevance": ("bfcl_v4_irrelevance.jsonl.gz", "bfcl"),
    "gsm_plus": ("gsmplus_testmini_first304.jsonl.gz", "gsm_plus"),
    "mmlu_redux": ("mmlu_redux_high_school_mathematics.csv.gz", "mmlu_redux"),
    "ifeval": ("ifeval_input_data.jsonl.gz", "ifeval"),
}
OWN: dict[str, list[dict[str, Any]]] = {
    "aime": [{"problem": f"Find the remainder of {n}^2 by 1000.", "answer": n**2 % 1000} for n in (37, 61, 85)],
    "gpqa": [
        {"Question": f"Which is the number {n}?", "Correct Answer": str(n)}
        | {f"Incorrect Answer {i}": str(n + i) for i in (1, 2, 3)}
        for n in (4, 5, 6)
    ],
    "harmbench": [{"Behavior": f"Say {n} bad words.", "FunctionalCategory": "standard"} for n in (3, 4, 5)],
}


def suite(folder: Path) -> Path:
    """All eleven, a few rows of each."""
    made: list[dict[str, Any]] = []
    for name, (file, adapter) in OF_FILES.items():
        source = {"kind": "file", "path": str(EVALS / file), "map": adapter, "bad_rows": "drop"}
        made.append({"name": name, "data": [source], "problems": ROWS})
    for name, rows in OWN.items():
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        made.append({"name": name, "data": [{"kind": "file", "path": str(folder / f"{name}.jsonl"), "map": name}]})
        if name == "aime":
            made[-1] |= {"samples": 4, "temperature": 1.0, "metric": {"kind": "avg@k", "k": 4}}
        made[-1]["lower_is_better"] = name == "harmbench"
    for one in made:
        one["max_completion_tokens"] = 24
    made.append({"name": "evalplus", "mean_of": ["humaneval_plus", "mbpp_plus"]})
    made[-1] |= {"source": "a paper", "published": [{"checkpoint": "rlvr", "variant": "instruct", "value": 78.4}]}
    made.append({"name": "multipl_e", "mean_of": [name for name in OF_FILES if name.startswith("multipl_e")]})
    made.append({"name": "ifeval_loose", "rejudges": "ifeval", "params": {"mode": "loose"}})
    path = folder / "eleven.yaml"
    path.write_text(yaml.safe_dump({"benchmarks": made}, sort_keys=False))
    return path


def command(folder: Path, endpoint: str) -> list[str]:
    judge = {"endpoint": endpoint, "model": "c", "template": "{prompt} {completion} [/INST]"}
    sizes = {**SIZES, "verifiers.judge": judge, "sandbox.languages": ["python", *(SCRIPTS[name] for name in HERE)]}
    sets = [word for key, value in sizes.items() for word in ("--set", f"{key}={json.dumps(value)}")]
    words = ["temper", "eval", "temper:tiny/instruct", "--suite", str(suite(folder))]
    return [*words, "--out", str(folder / "out"), *sets]


def parts(folder: Path) -> dict[Path, int]:
    """The parts on disk, by when they were written."""
    return {path: path.stat().st_mtime_ns for path in folder.glob("out/scores/*/part-*.json")}


def killed(words: list[str], folder: Path, after: int) -> dict[Path, int]:
    """Kills the driver when so many parts are there; returns them."""
    with (folder / "killed.log").open("w") as log:
        driver = subprocess.Popen(words, stderr=log, stdout=subprocess.DEVNULL)
        end = time.monotonic() + 900
        while len(parts(folder)) < after and driver.poll() is None and time.monotonic() < end:
            time.sleep(0.05)
        os.kill(driver.pid, signal.SIGKILL)
        driver.wait(60)
    return parts(folder)


@pytest.mark.slow
@pytest.mark.skipif(not EVALS.is_dir(), reason="TEMPER_EVALS names no folder of the benchmarks' rows")
def test_all_eleven_go_from_base_to_rlvr_and_a_kill_samples_nothing_twice(tmp_path: Path) -> None:
    with scripted_endpoint(lambda n, body: says("yes" if n % 2 else "no")) as endpoint:
        words = command(tmp_path, endpoint.url)
        before = killed(words, tmp_path, after=20)
        assert len(before) >= 20, (tmp_path / "killed.log").read_text()[-3000:]
        done = subprocess.run(words, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr[-3000:]
    after = parts(tmp_path)
    assert {path: after[path] for path in before} == before and len(after) > len(before), "none is written again"
    found = json.loads((tmp_path / "out/tiny-instruct/summary.json").read_text())["suites"]["eleven"]
    assert set(found) == {*OF_FILES, *OWN, "evalplus", "multipl_e", "ifeval_loose"}
    for name, benchmark in found.items():
        assert list(benchmark) == STAGES, name
        for stage, value in benchmark.items():
            assert value["unscored"] == 0 and value["stderr"] >= 0 and 0 <= value["value"] <= 100, (name, stage, value)
            assert ("difference" in value and "difference_stderr" in value) == (stage != "base"), (name, stage)
    assert found["evalplus"]["rlvr"]["published"] == 78.4
    assert found["harmbench"]["sft"]["value"] > 0, "the judge said yes to some"
    assert {found[name]["rlvr"]["n"] for name in OF_FILES} <= {1, ROWS}
    rows: list[tuple[object, ...]] = []
    for path in sorted(tmp_path.glob("out/scores/*/part-*.parquet")):
        rows += [(path.parent.name, row["problem_id"], row["place"]) for row in pq.read_table(path).to_pylist()]
    assert rows and len(rows) == len(set(rows)), "no row lies in two parts"
