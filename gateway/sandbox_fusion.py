"""SandboxFusion's `/run_code`: a program and its stdin in a sandbox of ours.

Its clients read `status` and take anything but 200 and 504 for the program's failure; they ask again after a 504 alone,
so that is what an error of ours is. Files are not carried into the box or out of it, and a request that asks for it is
refused. What a program wrote on stderr is not kept: `stderr` says why it did not finish.
"""

from collections.abc import Mapping

from pydantic import JsonValue

from temper.mistakes import shortened
from temper.sandboxes.box.languages import LANGUAGES
from temper.sandboxes.job import Job, Limits, Result, Stdio

NAMES = {"nodejs": "javascript", "js": "javascript", "ts": "typescript", "c++": "cpp", "sh": "bash"}
Row = Mapping[str, JsonValue]


def job_of(row: Row, where: str) -> Job:
    """Raises ValueError naming the field."""
    for key in ("files", "fetch_files"):
        if row.get(key):
            raise ValueError(f"{where}: field {key!r}: files are not carried here; leave it out")
    source, language = row.get("code"), row.get("language", "python")
    if not isinstance(source, str) or not isinstance(language, str):
        raise ValueError(f"{where}: fields 'code' and 'language': expected texts, got {shortened([source, language])}")
    language = NAMES.get(language, language)
    if language not in LANGUAGES:
        raise ValueError(f"{where}: field 'language': no {language!r} here; use one of {', '.join(sorted(LANGUAGES))}")
    stdin = row.get("stdin")
    limits = Limits(
        cpu_s=min(_number(row, "run_timeout", 10.0, where), 600.0),
        memory_mb=int(min(max(_number(row, "memory_limit_MB", 512.0, where), 16), 65536)),
    )
    given = stdin if isinstance(stdin, str) else ""
    return Job(language=language, source=source, tests=Stdio(inputs=(given,)), limits=limits)


def _number(row: Row, key: str, default: float, where: str) -> float:
    value = row.get(key)
    if value is None or value == -1:
        return default
    if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
        raise ValueError(f"{where}: field {key!r}: expected a number above 0, got {shortened(value)}")
    return float(value)


def answer_of(result: Result) -> dict[str, object]:
    finished, late = result.outcome == "finished", result.outcome == "time"
    run: dict[str, object] = {
        "status": "Finished" if not late else "TimeLimitExceeded",
        "execution_time": result.wall_s, "return_code": None if late else int(not finished),
        "stdout": result.stdout, "stderr": result.detail,
    }  # fmt: skip
    compiled = None
    if result.outcome == "compile_error":
        compiled, run = run, {}
    return {
        "status": "Success" if finished else "Failed", "message": "", "compile_result": compiled,
        "run_result": run or None, "executor_pod_name": None, "files": {},
    }  # fmt: skip
