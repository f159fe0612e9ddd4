"""Two ranks on CPU (gloo) share a batch with a two-turn rollout: together they have the formula's gradient."""

from pathlib import Path
from typing import Any

import pytest
import torch

RANK = """
import sys
from pathlib import Path
base, work, tests, out, gaps = sys.argv[1:]
sys.path.insert(0, tests)
import os
import torch
import test_turns_in_the_loss as turns
from test_trl_seam import Grab, section
from temper.policy.section import LearnersSection
from temper.rlvr.doubles import ScriptedFeed
from temper.rlvr.trl_seam import make_trainer

batch = turns.batch_of(turns.group(Path(base), getattr(turns, gaps)))
feed, grab = ScriptedFeed(lambda step: batch), Grab()
trainer = make_trainer(section(4), LearnersSection(threads=1, ranks=2), 0, Path(base), Path(work), feed)
trainer.add_callback(grab)
trainer.train()
if os.environ["RANK"] == "0":
    torch.save(grab.gradient, out)
"""


@pytest.mark.whole
@pytest.mark.parametrize("gaps", ["SMALL", "DROPS"])
def test_the_gradient_of_turns_is_the_formulas_on_two_ranks(
    tiny_base: Path, tmp_path: Path, run_ranks: Any, gaps: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tests = Path(__file__).parents[1] / "rlvr"
    run_ranks(RANK, [str(tiny_base), str(tmp_path / "work"), str(tests), str(tmp_path / "gradient.pt"), gaps], 2)
    monkeypatch.syspath_prepend(str(tests))
    import test_turns_in_the_loss as turns

    wanted = turns.by_the_formula(tiny_base, getattr(turns, gaps))
    gradient = torch.load(tmp_path / "gradient.pt")
    assert turns.largest_difference(gradient, wanted) < 1e-6
