"""Muon against a float64 reference written out from its definition, and what of a model it trains."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from temper.policy.optim.muon import MuonOptimizer, matrices_of, orthogonalise
from temper.policy.section import MuonSection


class Experts(nn.Module):
    is_transposed = False
    is_concatenated = True

    def __init__(self) -> None:
        super().__init__()
        self.gate_up_proj = nn.Parameter(torch.randn(3, 8, 6))
        self.down_proj = nn.Parameter(torch.randn(3, 6, 4))


class Sparse(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.gate, self.experts = nn.Linear(6, 3, bias=False), Experts()


class Toy(nn.Module):
    """A matrix, stacked experts with gate and up in one tensor, a router, an embedding, a head and a norm."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.embed = nn.Embedding(11, 6)
        self.tall, self.norm = nn.Linear(6, 9, bias=False), nn.LayerNorm(6, bias=False)
        self.mlp, self.head = Sparse(), nn.Linear(6, 11, bias=False)

    def get_output_embeddings(self) -> nn.Linear:
        return self.head


MATRICES = {
    "tall.weight": (1, 9, 6),
    "mlp.experts.gate_up_proj": (6, 4, 6),
    "mlp.experts.down_proj": (3, 6, 4),
    "mlp.gate.weight": (1, 3, 6),
}


def muon(model: Any, section: MuonSection, learning_rate: float = 0.1) -> MuonOptimizer:
    return MuonOptimizer(model, section, learning_rate)


def reference(weight: torch.Tensor, gradients: list[torch.Tensor], section: MuonSection, lr: float) -> torch.Tensor:
    """One matrix after a step for each gradient: the definition, in float64, without a batch."""
    weight, momentum = weight.double(), torch.zeros_like(weight).double()
    for gradient in gradients:
        g = gradient.double()
        momentum = section.momentum * momentum + g
        x = g + section.momentum * momentum if section.nesterov else momentum
        x = x / x.norm()
        for _ in range(section.iterations):
            a = x @ x.T
            x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
        step = section.scale * max(weight.shape) ** 0.5 * x
        weight = (1 - lr * section.weight_decay) * weight - lr * step
    return weight


@pytest.mark.parametrize(
    "section", [MuonSection(), MuonSection(nesterov=False, iterations=3, scale=1.0, weight_decay=0.0)]
)
def test_two_steps_equal_the_definition_on_each_matrix_of_each_stack(section: MuonSection) -> None:
    model = Toy()
    named = dict(model.named_parameters())
    before = {name: parameter.detach().clone() for name, parameter in named.items()}
    optimizer = muon(model, section)
    gradients = {name: [torch.randn_like(p) for _ in range(2)] for name, p in named.items()}
    for step in range(2):
        for name, parameter in named.items():
            parameter.grad = gradients[name][step].clone()
        optimizer.step()
    for name, shape in MATRICES.items():
        wanted = torch.stack(
            [
                reference(
                    before[name].view(shape)[place], [g.view(shape)[place] for g in gradients[name]], section, 0.1
                )
                for place in range(shape[0])
            ]
        )
        difference = (named[name].detach().view(shape) - wanted).abs().max().item()
        assert difference < 1e-5, (name, difference)


def test_what_is_no_matrix_is_trained_as_by_adamw() -> None:
    model, section = Toy(), MuonSection(router="adam")
    names = ["embed.weight", "head.weight", "mlp.gate.weight", "norm.weight"]
    ours = [dict(model.named_parameters())[name] for name in names]
    theirs = [nn.Parameter(parameter.detach().clone()) for parameter in ours]
    optimizer = muon(model, section, 0.01)
    groups: list[dict[str, Any]] = [{"params": theirs[:3]}, {"params": theirs[3:], "weight_decay": 0.0}]
    adamw = torch.optim.AdamW(groups, 0.01, (0.9, 0.95), weight_decay=0.1)
    for _ in range(3):
        for one, other in zip(ours, theirs, strict=True):
            one.grad = torch.randn_like(one)
            other.grad = one.grad.clone()
        optimizer.step()
        adamw.step()
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-7)


def test_in_bfloat16_a_matrix_moves_as_by_torchs_own_muon() -> None:
    torch.manual_seed(0)
    gradient = torch.randn(48, 64)
    weight = nn.Parameter(torch.zeros(48, 64))
    weight.grad = gradient.clone()
    torchs: Any = torch.optim.Muon([weight], 1.0, adjust_lr_fn="match_rms_adamw")
    torchs.step()
    ours = -0.2 * 64**0.5 * orthogonalise(gradient.bfloat16()[None], 5)[0]
    assert (weight.detach() - ours).norm() / ours.norm() < 0.02


def test_singular_values_come_near_one() -> None:
    torch.manual_seed(0)
    values = torch.linalg.svdvals(orthogonalise(torch.randn(4, 16, 64, dtype=torch.float64), 5))
    assert values.min() > 0.6 and values.max() < 1.3


def test_an_expert_that_no_token_reached_only_decays() -> None:
    model, section = Toy(), MuonSection()
    before = model.mlp.experts.down_proj.detach().clone()
    optimizer = muon(model, section)
    model.mlp.experts.down_proj.grad = torch.randn(3, 6, 4) * torch.tensor([1.0, 0.0, 1.0])[:, None, None]
    optimizer.step()
    torch.testing.assert_close(model.mlp.experts.down_proj[1].detach(), before[1] * (1 - 0.1 * 0.1))
    assert (model.mlp.experts.down_proj[0] - before[0] * (1 - 0.1 * 0.1)).abs().mean() > 1e-3


def test_muon_trains_every_matrix_of_mellum_but_embeddings_and_head(tiny_base: Path) -> None:
    from temper.policy.checkpoint import load_model

    model = load_model(tiny_base)
    names = {id(parameter): name for name, parameter in model.named_parameters()}
    found = {names[id(m.parameter)]: (m.rows, m.columns) for m in matrices_of(model)}
    layer = {
        "self_attn.q_proj.weight": (32, 32), "self_attn.k_proj.weight": (16, 32), "self_attn.v_proj.weight": (16, 32),
        "self_attn.o_proj.weight": (32, 32), "mlp.gate.weight": (4, 32), "mlp.experts.gate_up_proj": (16, 32),
        "mlp.experts.down_proj": (32, 16),
    }  # fmt: skip
    assert found == {f"model.layers.{n}.{name}": shape for n in range(4) for name, shape in layer.items()}
    assert len(list(matrices_of(model, router="adam"))) == len(found) - 4


def test_transposed_experts_are_refused() -> None:
    model: Any = Toy()
    model.mlp.experts.is_transposed = True
    with pytest.raises(ValueError, match="mlp.experts.gate_up_proj: experts lie transposed"):
        list(matrices_of(model))
