"""Muon for the matrices of a model beside AdamW for the rest, as one optimizer.

    B <- mu B + g                                     g is clipped before: what clips after Newton-Schulz
    U  = g + mu B (Nesterov), or B                    shrinks the step itself
    X  = U / |U|;  X <- a X + (b A + c A A) X,  A = X X^T,  `iterations` times
    W <- (1 - lr decay) W - lr scale sqrt(max(rows, columns)) X

(Muon is Keller Jordan's, the scale is arXiv 2502.16982, (a, b, c) are both's.) A matrix is what multiplies a vector:
each expert of a stacked tensor is one of its own, and so are the gate and the up projection that share one tensor.
Embeddings and head are AdamW's, whose learning rate this scale lets Muon share. Newton-Schulz runs in bfloat16 on a GPU
and in the weights' type on a CPU. `torch.optim.Muon` knows neither stacks nor shares and always computes in bfloat16;
DeepSpeed's clips after Newton-Schulz. Under ZeRO momentum and moments are cut as DeepSpeed cut the weights
(`policy/optim/partition.py`); without it every rank holds all and computes all.
"""

from collections.abc import Iterator
from typing import Any, Literal

import torch
from torch import nn
from torch.optim.adamw import adamw
from transformers import PreTrainedModel

from temper.policy.optim.partition import Matrices, Partition, from_deepspeed, whole
from temper.policy.section import MuonSection, Optimizer

COEFFICIENTS = (3.4445, -4.7750, 2.0315)
_ROUTERS = (".gate.weight", ".router.weight")
_EPSILON = 1e-7


def orthogonalise(batch: torch.Tensor, iterations: int) -> torch.Tensor:
    """(count, rows, columns) with every singular value brought near 1 (0.7 to 1.2), in the batch's own type."""
    a, b, c = COEFFICIENTS
    # The smaller of X X^T and X^T X costs less, and both lead to the same X.
    wide = batch.size(-2) <= batch.size(-1)
    x = batch if wide else batch.mT
    # No singular value is above 1 then, and below sqrt(3) the iteration brings each near 1.
    x = x / x.norm(dim=(-2, -1), keepdim=True).clamp(min=_EPSILON)
    for _ in range(iterations):
        gram = x @ x.mT
        x = torch.baddbmm(x, torch.baddbmm(gram, gram, gram, beta=b, alpha=c), x, beta=a)
    return x if wide else x.mT


def matrices_of(model: PreTrainedModel, router: Literal["muon", "adam"] = "muon") -> Iterator[Matrices]:
    """What Muon trains of a model. Raises ValueError for experts that lie transposed or interleaved."""
    head = model.get_output_embeddings()
    elsewhere = {id(head.weight)} if head is not None else set()
    # An embedding's row is one token's alone: as a matrix it multiplies nothing.
    elsewhere |= {id(m.weight) for m in model.modules() if isinstance(m, nn.Embedding)}
    for name, parameter in model.named_parameters():
        shape = _shape(parameter)
        is_router = name.endswith(_ROUTERS)
        if not parameter.requires_grad or len(shape) < 2 or id(parameter) in elsewhere:
            continue
        if is_router and router == "adam":
            continue
        if len(shape) == 3:
            _refuse_unless_rows_are_outputs(name, model.get_submodule(name.rpartition(".")[0]))
        # Two projections lie one above the other: (2 x width, hidden) is two matrices of (width, hidden).
        fused = 2 if "gate_up_proj" in name else 1
        yield Matrices(parameter, shape[-2] // fused, shape[-1])


def _refuse_unless_rows_are_outputs(name: str, experts: Any) -> None:
    if experts.is_transposed or not experts.is_concatenated:
        raise ValueError(f"{name}: experts lie transposed or interleaved, which Muon here does not take; use adamw")


def _shape(parameter: torch.Tensor) -> torch.Size:
    """Of the whole parameter, whatever ZeRO-3 left here of it."""
    shape: torch.Size = parameter.ds_shape if hasattr(parameter, "ds_shape") else parameter.shape
    return shape


class MuonOptimizer(torch.optim.Optimizer):
    """Both halves under one learning rate."""

    def __init__(self, model: PreTrainedModel, section: MuonSection, learning_rate: float) -> None:
        self.section = section
        self.matrices = list(matrices_of(model, section.router))
        self.partitions: dict[int, Partition] = {}
        """Found at the first step, after DeepSpeed has put shares in the place of the parameters."""
        by_muon = {id(m.parameter) for m in self.matrices}
        rest = [p for p in model.parameters() if p.requires_grad and id(p) not in by_muon]
        decay = section.weight_decay
        groups = [
            {"params": [m.parameter for m in self.matrices], "muon": True, "weight_decay": decay},
            {"params": [p for p in rest if len(_shape(p)) > 1], "muon": False, "weight_decay": decay},
            {"params": [p for p in rest if len(_shape(p)) < 2], "muon": False, "weight_decay": 0.0},
        ]
        super().__init__([group for group in groups if group["params"]], {"lr": learning_rate})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        """One update of every parameter that has a gradient, which is left overwritten."""
        assert closure is None, "gradients come from the trainer"
        for group in self.param_groups:
            trained = [parameter for parameter in group["params"] if parameter.grad is not None]
            self._muon(group, trained) if group["muon"] else self._adamw(group, trained)

    def _muon(self, group: dict[str, Any], trained: list[torch.Tensor]) -> None:
        mu = self.section.momentum
        for parameter in trained:
            assert parameter.grad is not None
            gradient, state = parameter.grad.contiguous(), self.state[parameter]
            if not state:
                state["momentum"] = torch.zeros_like(gradient)
            momentum = state["momentum"].mul_(mu).add_(gradient)
            update = gradient.add_(momentum, alpha=mu) if self.section.nesterov else gradient.copy_(momentum)
            # bfloat16 has tensor cores on a GPU and no fast path on a CPU.
            dtype = update.dtype if update.device.type == "cpu" else torch.bfloat16
            self._partition(parameter).map(update.view(-1), dtype, self._scaled)
            # Decay is decoupled: at rate 1e-3 and decay 0.1 a weight shrinks by 1e-4 a step, whatever its gradient.
            parameter.mul_(1 - group["lr"] * group["weight_decay"]).add_(update, alpha=-group["lr"])

    def _scaled(self, batch: torch.Tensor) -> torch.Tensor:
        scale: float = self.section.scale * max(batch.shape[-2:]) ** 0.5
        return orthogonalise(batch, self.section.iterations).mul_(scale)

    def _partition(self, parameter: torch.Tensor) -> Partition:
        if not self.partitions:
            # ZeRO puts flat shares in the place of parameters; without it they are still themselves.
            cut = id(parameter) not in {id(m.parameter) for m in self.matrices}
            self.partitions = from_deepspeed(self.matrices, parameter) if cut else whole(self.matrices)
        return self.partitions[id(parameter)]

    def _adamw(self, group: dict[str, Any], trained: list[torch.Tensor]) -> None:
        for parameter in trained:
            if not self.state[parameter]:
                self.state[parameter] = {
                    "step": torch.tensor(0.0),
                    "exp_avg": torch.zeros_like(parameter),
                    "exp_avg_sq": torch.zeros_like(parameter),
                }
        states = [self.state[parameter] for parameter in trained]
        beta1, beta2 = self.section.betas
        adamw(
            trained,
            [parameter.grad for parameter in trained if parameter.grad is not None],
            [state["exp_avg"] for state in states],
            [state["exp_avg_sq"] for state in states],
            [],
            [state["step"] for state in states],
            amsgrad=False, beta1=beta1, beta2=beta2, lr=group["lr"], weight_decay=group["weight_decay"], eps=1e-8,
            maximize=False,
        )  # fmt: skip


def optimizer_class(section: Optimizer, learning_rate: float) -> tuple[Any, dict[str, Any]] | None:
    """`Trainer`'s `optimizer_cls_and_kwargs`; None for AdamW, which it makes itself from its arguments."""
    if section.kind == "adamw":
        return None
    # A factory, called for a class that takes the model: the trainer knows it only once DeepSpeed is set up.
    return lambda: MuonOptimizer, {"section": section, "learning_rate": learning_rate}
