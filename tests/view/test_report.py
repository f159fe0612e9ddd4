from pydantic import JsonValue

from temper.view.report import Summary, final_table, page


def test_the_final_table_says_what_rlvr_added() -> None:
    scores = {
        "sft": {"score": 0.25, "stderr": 0.01, "n": 500},
        "rlvr": {"score": 0.5, "stderr": 0.02, "n": 500},
    }
    counts: dict[str, dict[str, JsonValue]] = {"sft": {"samples": 12345, "dropped_too_long": 3, "fill": 0.98765}}
    summary = Summary("tiny", "instruct", 0, {"rlvr": "/somewhere"}, scores, {"rlvr": 61.0}, counts)
    assert "tiny                     rlvr     0.500   0.020   500  +0.250" in final_table([summary])
    text = page(summary, [{"stage": "rlvr", "step": step, "reward": step / 4} for step in (1, 2, 3)])
    assert "rlvr reward: 0.25 to 0.75, steps 1 to 3" in text and "<polyline" in text
    assert "sft     samples 12,345, dropped_too_long 3, fill 0.9877" in text
