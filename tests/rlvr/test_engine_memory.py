"""Rows that have no room for their keys and values wait; what is sampled stays the same."""

import logging
from pathlib import Path

import pytest
import torch

from temper.policy.checkpoint import load_model, load_tokenizer
from temper.rlvr.engines import free_memory
from temper.rlvr.engines.engine import generate
from temper.rlvr.engines.free_memory import free_bytes
from temper.rlvr.engines.transformers_engine import TransformersEngine
from temper.rlvr.rollout import Request, Sampling

REQUESTS = [Request(i, tuple(range(40, 40 + n)), seed=n) for i, n in enumerate((3, 20, 9, 27, 1, 40))]
SAMPLING = Sampling(1.0, 90)


class Counted(TransformersEngine):
    """Keeps the most bytes and rows that its buffers had at a step, and how often a row was filled."""

    most = rows_at_once = filled = 0

    def _step(self):  # type: ignore[no-untyped-def]
        held = sum(made.nbytes for columns in self.cache.columns for made in (columns.keys, columns.values))
        self.most, self.rows_at_once = max(self.most, held), max(self.rows_at_once, len(self.rows))
        return super()._step()

    def _fill(self, first: int) -> None:
        self.filled += len(self.rows) - first
        super()._fill(first)


def engine(base: Path, room: int | None) -> Counted:
    return Counted(load_model(base), load_tokenizer(base), 8, room=room)


def test_what_is_sampled_is_the_same_in_little_memory(tiny_base: Path, caplog: pytest.LogCaptureFixture) -> None:
    plenty = engine(tiny_base, None)
    wanted = generate(plenty, REQUESTS, SAMPLING)
    assert plenty.rows_at_once == plenty.filled == len(REQUESTS)
    longest = max(len(request.prompt_tokens) + 90 for request in REQUESTS)
    room = 3 * plenty.cache.row_bytes(longest)
    with caplog.at_level(logging.WARNING):
        scarce = engine(tiny_base, room)
        found = generate(scarce, REQUESTS, SAMPLING)
    assert [done.tokens for done in found] == [done.tokens for done in wanted]
    for one, other in zip(found, wanted, strict=True):
        assert torch.tensor(one.rollout_logprobs) == pytest.approx(torch.tensor(other.rollout_logprobs), abs=1e-5)
    assert scarce.most <= room < plenty.most
    assert [record.getMessage() for record in caplog.records if "fill the" in record.getMessage()][1:] == []
    assert "(engine.memory); of 8 sequences at a time (engine.batch) the others wait" in caplog.text


def test_rows_that_grow_past_the_room_go_back_and_are_filled_anew(tiny_base: Path) -> None:
    probe = engine(tiny_base, None)
    short = [Request(i, (40 + i,), seed=i) for i in range(6)]
    wanted = generate(probe, short, SAMPLING)
    scarce = engine(tiny_base, 6 * probe.cache.row_bytes(4))  # all fit when they begin
    assert [done.tokens for done in generate(scarce, short, SAMPLING)] == [done.tokens for done in wanted]
    assert scarce.rows_at_once == 6 and scarce.filled > 6


def test_one_row_is_decoded_whatever_it_takes(tiny_base: Path) -> None:
    wanted = generate(engine(tiny_base, None), REQUESTS, SAMPLING)
    alone = engine(tiny_base, 0)
    assert [done.tokens for done in generate(alone, REQUESTS, SAMPLING)] == [done.tokens for done in wanted]
    assert alone.rows_at_once == 1


@pytest.mark.parametrize(
    ("limit", "used", "expected"), [("1000000", "400000", 600_000), ("max", "400000", None), ("5", "9", 0)]
)
def test_a_container_has_what_its_limit_leaves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, used: str, expected: int | None
) -> None:
    machine = free_bytes(on_gpu=False)
    monkeypatch.setattr(free_memory, "CGROUP", tmp_path)
    (tmp_path / "memory.max").write_text(limit + "\n")
    (tmp_path / "memory.current").write_text(used + "\n")
    found = free_bytes(on_gpu=False)
    assert found == expected if expected is not None else abs(found - machine) < 4 << 30
