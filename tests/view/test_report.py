import json
import re
from pathlib import Path

import pytest
from made_run import make_run
from pydantic import JsonValue

from temper.pipeline.viewing import write_page, write_report
from temper.view.report import Summary, final_table


def test_the_final_table_says_what_rlvr_added() -> None:
    scores = {
        "sft": {"score": 0.25, "stderr": 0.01, "n": 500},
        "rlvr": {"score": 0.5, "stderr": 0.02, "n": 500},
    }
    counts: dict[str, dict[str, JsonValue]] = {"sft": {"samples": 12345, "dropped_too_long": 3, "fill": 0.98765}}
    summary = Summary("tiny", "instruct", 0, {"rlvr": "/somewhere"}, scores, {"rlvr": 61.0}, counts)
    assert "tiny                     rlvr     0.500   0.020   500  +0.250" in final_table([summary])


def test_the_report_is_the_runs_page_with_telling_groups(tmp_path: Path) -> None:
    folder = make_run(tmp_path, steps=2, problems=3)
    write_report(folder)
    text = (folder / "report.html").read_text()
    found = re.search(r'id="data">(.*)</script>\n<script>', text)
    assert found
    answers = json.loads(found[1])["answers"]
    assert set(answers) == {"run/made", "run/made/step/2", *(f"run/made/group/2/{number}" for number in range(3))}
    assert write_page(folder, tmp_path / "one.html", ["1/2"]) == (tmp_path / "one.html").stat().st_size
    with pytest.raises(ValueError, match="--group: no group, got '12'; write STEP/GROUP"):
        write_page(folder, tmp_path / "one.html", ["12"])


def test_a_run_goes_on_where_its_report_cannot_be_written(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "owner.json").write_text("{}")
    (tmp_path / "report.html").mkdir()
    write_report(tmp_path)
    assert "report.html: not written" in caplog.text
