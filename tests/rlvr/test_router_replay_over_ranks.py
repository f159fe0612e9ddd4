"""Two ranks (gloo) route each its own rows by the engine's experts: their gradient is that of one process by hand."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from test_router_replay import ALL, by_hand, routed_batch
from test_rows_in_one_line import LENGTHS, relative
from test_rows_over_ranks import RANK

OF_ROWS = "from test_rows_in_one_line import LENGTHS"
ROUTED = RANK.replace(f"{OF_ROWS}, batch_of", f"{OF_ROWS}\nfrom test_router_replay import routed_batch as batch_of")


@pytest.mark.parametrize(
    "learners",
    [
        pytest.param({}, id="ddp", marks=pytest.mark.slow),
        pytest.param({"deepspeed": "zero2"}, id="zero2", marks=pytest.mark.slow),
        pytest.param({"deepspeed": "zero3", "gradient_checkpointing": True}, id="zero3", marks=pytest.mark.whole),
    ],
)
def test_two_ranks_replay_what_one_does(
    tiny_base: Path, tmp_path: Path, run_ranks: Any, learners: dict[str, Any]
) -> None:
    """The second step has no row for one of them, and none with experts."""
    changes = {**ALL, "router_replay": True}
    arguments = [str(tiny_base), str(Path(__file__).parent), str(tmp_path), json.dumps(learners), json.dumps(changes)]
    run_ranks(ROUTED, arguments, 2)
    kept, lines = torch.load(tmp_path / "rank-0.pt")
    batch = routed_batch(0, LENGTHS)
    wanted = by_hand(tiny_base, batch)
    found = {name: torch.zeros_like(wanted[name]) if of is None else of for name, of in kept[0].items()}
    assert relative(found, wanted) < 1e-5
    tokens = [len(row.prompt_tokens) + len(row.completion_tokens) for row in batch.rows if row.in_loss]
    replayed = sum(tokens[:-1]) - len(tokens[:-1])
    assert [line["router_replay/tokens"] for line in lines] == [pytest.approx(replayed / sum(tokens)), 0.0]
    assert lines[0]["router_replay/differ"] > 0.5 and "router_replay/gap" in lines[0]
