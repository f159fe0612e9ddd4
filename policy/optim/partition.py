"""Where the elements of matrices lie once DeepSpeed has cut them, and how to compute on whole matrices all the same.

ZeRO hands an optimizer flat stretches: ZeRO-1 and 2 an even share of all parameters of a group laid end to end, ZeRO-3
an even share of each. What lies where is read from DeepSpeed at the first step, gathered from all ranks, and refused
unless every element is found once and holds the weight it should: a release that moves this stops the training.

A matrix that one rank holds whole stays there. The elements of any other travel to one of its holders, evenly chosen,
and what becomes of them travels back, a bounded number at a time: no rank ever holds the model, or the momentum, of
another. (Of 64 experts cut over 64 ranks by ZeRO-3 none is cut in two.)
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.distributed as dist

BATCH = 1 << 26
"""Elements that a rank holds at once beside its share: of whole matrices computed, of cut ones received."""


@dataclass(frozen=True)
class Matrices:
    """A parameter's elements as matrices of one shape, one after the other."""

    parameter: torch.Tensor
    rows: int
    columns: int

    @property
    def size(self) -> int:
        return self.rows * self.columns


@dataclass(frozen=True)
class Stretch:
    """A stretch of one parameter within a flat share."""

    parameter: int
    """Its place among the optimizer's matrices."""
    start: int
    """First element, in the flattened parameter."""
    numel: int
    offset: int
    """Where it lies in the share."""


@dataclass(frozen=True)
class Split:
    """One matrix that several ranks hold: `(rank, offset in its share, elements)`, in the matrix's order."""

    parameter: int
    owner: int
    stretches: tuple[tuple[int, int, int], ...]


@dataclass
class Partition:
    """One flat share and the matrices in it."""

    matrices: Sequence[Matrices]
    pieces: Sequence[Sequence[Stretch]]
    """By rank."""
    rank: int = 0
    group: Any = None
    splits: list[list[Split]] = field(init=False)
    """Cut matrices, in batches that no owner's memory feels."""

    def __post_init__(self) -> None:
        self.splits = _batches(_splits(self.matrices, self.pieces), self.matrices)

    def map(
        self, share: torch.Tensor, dtype: torch.dtype, compute: Callable[[torch.Tensor], torch.Tensor]
    ) -> torch.Tensor:
        """Replaces, in place, every matrix of the flat `share` by `compute` of it, which takes and gives batches of
        (count, rows, columns) in `dtype`. Every rank of the group must call it."""
        for piece in self.pieces[self.rank]:
            shape = self.matrices[piece.parameter]
            # Whole matrices inside the piece: of size 6, elements 4 to 19 hold matrices 1 and 2; 4-5 and 18-19 are cut.
            first, last = -(-piece.start // shape.size), (piece.start + piece.numel) // shape.size
            if last <= first:
                continue
            whole = share.narrow(0, piece.offset + first * shape.size - piece.start, (last - first) * shape.size)
            for batch in torch.chunk(whole.view(-1, shape.rows, shape.columns), -(-whole.numel() // BATCH)):
                batch.copy_(compute(batch.to(dtype)))
        for splits in self.splits:
            self._map_splits(share, dtype, compute, splits)
        return share

    def _map_splits(
        self,
        share: torch.Tensor,
        dtype: torch.dtype,
        compute: Callable[[torch.Tensor], torch.Tensor],
        batch: Sequence[Split],
    ) -> None:
        # A matrix of 6 numbers, the first 4 on rank 0, its owner, and 2 on rank 1: rank 1 sends its 2, rank 0 puts 4
        # and 2 together, computes, and sends 2 back. `sizes` is [4, 2] on rank 0 and [0, 0] on rank 1.
        ranks = range(len(self.pieces))
        mine = [[s for s in split.stretches if s[0] == self.rank] for split in batch]
        # Both sides order what passes between two ranks alike: by the batch, then by the place in the matrix.
        sent = [share.narrow(0, o, n) for to in ranks for split, held in zip(batch, mine, strict=True)
                if split.owner == to for _, o, n in held]  # fmt: skip
        send = torch.cat([stretch.to(dtype) for stretch in sent]) if sent else share.new_empty(0, dtype=dtype)
        send_sizes = [
            sum(n for split, held in zip(batch, mine, strict=True) if split.owner == to for _, _, n in held)
            for to in ranks
        ]
        owned = [split for split in batch if split.owner == self.rank]
        sizes = [sum(n for split in owned for rank, _, n in split.stretches if rank == of) for of in ranks]
        received = send.new_empty(sum(sizes))
        dist.all_to_all_single(received, send, sizes, send_sizes, group=self.group)
        ends = [sum(sizes[:of]) for of in ranks]
        for split in owned:
            parts = []
            for rank, _, n in split.stretches:
                parts.append(received.narrow(0, ends[rank], n))
                ends[rank] += n
            shape = self.matrices[split.parameter]
            result = compute(torch.cat(parts).view(1, shape.rows, shape.columns)).view(-1)
            for part, value in zip(parts, result.split_with_sizes([p.numel() for p in parts]), strict=True):
                part.copy_(value)
        dist.all_to_all_single(send, received, send_sizes, sizes, group=self.group)
        for stretch, value in zip(sent, send.split_with_sizes([s.numel() for s in sent]), strict=True):
            stretch.copy_(value)


def _splits(matrices: Sequence[Matrices], pieces: Sequence[Sequence[Stretch]]) -> Iterator[Split]:
    cut: dict[tuple[int, int], list[tuple[int, int, int, int]]] = {}
    for rank, held in enumerate(pieces):
        for piece in held:
            size, end = matrices[piece.parameter].size, piece.start + piece.numel
            for matrix in range(piece.start // size, -(-end // size)):
                start, stop = max(piece.start, matrix * size), min(end, (matrix + 1) * size)
                # A matrix that lies here whole needs no travel.
                if stop - start < size:
                    offset = piece.offset + start - piece.start
                    cut.setdefault((piece.parameter, matrix), []).append((start, rank, offset, stop - start))
    load = [0] * len(pieces)
    for (parameter, _), stretches in sorted(cut.items()):
        # Among its holders, the one that computes least so far, so that no rank computes them all.
        owner = min((rank for _, rank, _, _ in stretches), key=lambda rank: (load[rank], rank))
        load[owner] += matrices[parameter].size
        yield Split(parameter, owner, tuple(stretch[1:] for stretch in sorted(stretches)))


def _batches(splits: Iterator[Split], matrices: Sequence[Matrices]) -> list[list[Split]]:
    batches: list[list[Split]] = [[]]
    load: dict[int, int] = {}
    for split in splits:
        size = matrices[split.parameter].size
        # A new batch begins when an owner would hold more than BATCH elements of it.
        if batches[-1] and load.get(split.owner, 0) + size > BATCH:
            batches.append([])
            load = {}
        load[split.owner] = load.get(split.owner, 0) + size
        batches[-1].append(split)
    return [batch for batch in batches if batch]


def whole(matrices: Sequence[Matrices]) -> dict[int, Partition]:
    """Each parameter its own share, on every rank: no ZeRO. By the parameter's id."""
    return {
        id(m.parameter): Partition([m], [[Stretch(0, 0, m.parameter.numel(), 0)]])
        for m in matrices
    }  # fmt: skip


def from_deepspeed(matrices: Sequence[Matrices], share: torch.Tensor) -> dict[int, Partition]:
    """The shares that DeepSpeed made, `share` among them, by the id of the flat tensor; collective. Raises RuntimeError
    where they do not add up to the parameters."""
    any_parameter: Any = matrices[0].parameter
    if hasattr(any_parameter, "ds_id"):
        zero = any_parameter._z3_optimizer
        group, shares, held = zero.dp_process_group, zero.fp32_partitioned_groups_flat, _held_by_zero3(zero, matrices)
    else:
        group, shares, held = any_parameter._dp_group, [share], _held_by_zero12(matrices)
    for place, piece, weights in held:
        found = shares[place].narrow(0, piece.offset, piece.numel)
        # Read back as the weights' own type, the share must be the weights, bit for bit.
        if not torch.equal(found.to(weights.dtype), weights):
            raise RuntimeError(_MOVED + f"parameter {piece.parameter} is not where it should be")
    everyone: list[Any] = [None] * dist.get_world_size(group)
    dist.all_gather_object(everyone, [(place, piece) for place, piece, _ in held], group=group)
    _refuse_gaps(matrices, [piece for rank in everyone for _, piece in rank])
    return {
        id(flat): Partition(
            matrices, [[piece for of, piece in rank if of == place] for rank in everyone], dist.get_rank(group), group
        )
        for place, flat in enumerate(shares)
    }


_MOVED = "DeepSpeed's ZeRO shares are not laid out as in 0.19.8; train with `deepspeed: none` or that release: "


def _held_by_zero12(matrices: Sequence[Matrices]) -> list[tuple[int, Stretch, torch.Tensor]]:
    """All in the one share of the one group that Muon trains."""
    held = []
    for place, m in enumerate(matrices):
        mapping: Any = m.parameter._hp_mapping  # type: ignore[attr-defined]
        if mapping is not None:
            of, at = mapping.lp_fragment_address, mapping.hp_fragment_address
            weights = m.parameter.detach().reshape(-1).narrow(0, of.start, of.numel)
            held.append((0, Stretch(place, of.start, of.numel, at.start), weights))
    return held


def _held_by_zero3(zero: Any, matrices: Sequence[Matrices]) -> list[tuple[int, Stretch, torch.Tensor]]:
    held = []
    for place, m in enumerate(matrices):
        parameter: Any = m.parameter
        share, offset, padded = zero.grad_position[zero.get_param_id(parameter)]
        start = dist.get_rank(zero.dp_process_group) * padded
        # The last rank's share ends in padding: 10 elements on 4 ranks are 3, 3, 3 and 1 of 3.
        numel = min(padded, parameter.ds_numel - start)
        if numel > 0:
            held.append((share, Stretch(place, start, numel, offset), parameter.ds_tensor.detach().narrow(0, 0, numel)))
    return held


def _refuse_gaps(matrices: Sequence[Matrices], pieces: Sequence[Stretch]) -> None:
    reached = [0] * len(matrices)
    for piece in sorted(pieces, key=lambda piece: piece.start):
        if reached[piece.parameter] != piece.start:
            raise RuntimeError(_MOVED + f"parameter {piece.parameter} has a gap at {reached[piece.parameter]}")
        reached[piece.parameter] += piece.numel
    for place, m in enumerate(matrices):
        if reached[place] != numel(m.parameter):
            raise RuntimeError(_MOVED + f"parameter {place} ends at {reached[place]}")


def numel(parameter: torch.Tensor) -> int:
    """Of the whole parameter, whatever ZeRO-3 left here of it."""
    return int(parameter.ds_numel) if hasattr(parameter, "ds_numel") else parameter.numel()
