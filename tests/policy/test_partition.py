"""Matrices cut over three ranks at any place are computed on as if they were whole."""

import itertools
import random
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from temper.policy.optim import partition
from temper.policy.optim.partition import Matrices, Partition, Stretch, from_deepspeed

SHAPES = [(1, 5, 7), (4, 3, 2), (1, 2, 2), (6, 4, 4)]
"""(count, rows, columns) of each parameter."""

RANK = """
import sys, torch
import torch.distributed as dist
from temper.policy.optim import partition
sys.path.insert(0, sys.argv[1])
from test_partition import cut, doubled_and_turned, matrices, share

torch.set_num_threads(1)
dist.init_process_group("gloo")
rank, ranks = dist.get_rank(), dist.get_world_size()
partition.BATCH = 16  # less than the cut matrices of a rank
for seed in range(20):
    before, pieces = matrices(seed), cut(matrices(seed), ranks, seed)
    after = [doubled_and_turned(m.parameter.view(-1, m.rows, m.columns)) for m in before]
    cut_up = partition.Partition(before, pieces, rank, dist.group.WORLD)
    found = cut_up.map(share([m.parameter for m in before], pieces[rank]), torch.float64, doubled_and_turned)
    assert torch.equal(found, share(after, pieces[rank])), seed
    assert len(cut_up.splits) > 1 or seed % 2 == 0, cut_up.splits
dist.barrier()
"""


def matrices(seed: int) -> list[Matrices]:
    generator = torch.Generator().manual_seed(seed)
    return [
        Matrices(torch.randn(count, rows, columns, generator=generator, dtype=torch.float64), rows, columns)
        for count, rows, columns in SHAPES
    ]


def doubled_and_turned(batch: torch.Tensor) -> torch.Tensor:
    """Not computable from a part of a matrix."""
    return 2 * batch.flip(-1, -2) + batch.sum((-1, -2), keepdim=True)


def cut(parameters: list[Matrices], ranks: int, seed: int) -> list[list[Stretch]]:
    """The pieces of each rank: of all parameters laid end to end and cut at random, as ZeRO-2 does (even seeds), or of
    each cut by itself, as ZeRO-3 does (odd ones)."""
    rng = random.Random(seed)
    sizes = [m.parameter.numel() for m in parameters]
    stretches = [(0, sum(sizes))] if seed % 2 == 0 else [(sum(sizes[:n]), sum(sizes[: n + 1])) for n in range(4)]
    pieces: list[list[Stretch]] = [[] for _ in range(ranks)]
    for low, high in stretches:
        places = [low, *sorted(rng.choices(range(low, high), k=ranks - 1)), high]
        for rank, (start, end) in enumerate(itertools.pairwise(places)):
            for number, size in enumerate(sizes):
                first = sum(sizes[:number])
                inside = max(start, first), min(end, first + size)
                if inside[0] < inside[1]:
                    offset = sum(piece.numel for piece in pieces[rank])
                    pieces[rank].append(Stretch(number, inside[0] - first, inside[1] - inside[0], offset))
    return pieces


def share(tensors: list[torch.Tensor], pieces: list[Stretch]) -> torch.Tensor:
    stretches = [tensors[piece.parameter].flatten()[piece.start : piece.start + piece.numel] for piece in pieces]
    return torch.cat([torch.zeros(0, dtype=torch.float64), *stretches])


@pytest.mark.whole
def test_three_ranks_compute_on_cut_matrices_what_one_computes_on_whole_ones(run_ranks: Any) -> None:
    run_ranks(RANK, [str(Path(__file__).parent)], 3)


def test_a_matrix_is_computed_by_the_least_loaded_of_its_holders() -> None:
    # Four matrices of four elements: one lies whole on rank 1, three are cut.
    parameter = [Matrices(torch.zeros(4, 2, 2), 2, 2)]
    pieces = [[Stretch(0, 0, 3, 0)], [Stretch(0, 3, 6, 0)], [Stretch(0, 9, 4, 0)], [Stretch(0, 13, 3, 0)]]
    (splits,) = Partition(parameter, pieces).splits
    assert [(split.owner, split.stretches) for split in splits] == [
        (0, ((0, 0, 3), (1, 0, 1))),
        (1, ((1, 5, 1), (2, 0, 3))),
        (2, ((2, 3, 1), (3, 0, 3))),
    ]


def test_a_deepspeed_that_lays_weights_out_otherwise_is_refused() -> None:
    parameter: Any = torch.nn.Parameter(torch.arange(6.0).view(2, 3))
    parameter._dp_group = None
    parameter._hp_mapping = SimpleNamespace(
        lp_fragment_address=SimpleNamespace(start=0, numel=6), hp_fragment_address=SimpleNamespace(start=1, numel=6)
    )
    with pytest.raises(RuntimeError, match="not laid out as in 0.19.8.*parameter 0 is not where it should be"):
        from_deepspeed([Matrices(parameter, 2, 3)], torch.arange(7.0))


@pytest.mark.parametrize("pieces", [[(0, 2), (3, 3)], [(0, 4)], [(0, 4), (3, 3)]])
def test_shares_that_miss_or_repeat_an_element_are_refused(pieces: list[tuple[int, int]]) -> None:
    held = [Stretch(0, start, numel, 0) for start, numel in pieces]
    with pytest.raises(RuntimeError, match="not laid out as in 0.19.8"):
        partition._refuse_gaps([Matrices(torch.zeros(2, 3), 2, 3)], held)
