"""The routers of a mixture of experts in `transformers`: where they are, what they give, and how they weigh.

A model's class names its routers (`router_logits` among what it can record). What such a module returns, and how the
weights of the experts follow from its logits, is found by trying one of its class at random weights, so a family needs
no list of ours. Two rules are known, both over the softmax p of all logits, for the experts S that a token goes to:

    weight_i = p_i / sum of p over S   (a softmax of the chosen logits alone is the same)
    weight_i = p_i

and S must be the k largest logits. Refused by name are dense models, routers that choose by anything else (a bias,
groups of experts, noise), that weigh by anything else (a sigmoid), or that leave the choice to another module.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

if TYPE_CHECKING:
    from transformers import PretrainedConfig, PreTrainedModel

Weigh = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""Weights (T, k) of logits (T, experts) and of the experts chosen (T, k)."""
TRIED = 64
"""Tokens of a try."""


def of_all(logits_TE: torch.Tensor, chosen_TK: torch.Tensor) -> torch.Tensor:
    return torch.softmax(logits_TE, -1, dtype=torch.float32).gather(-1, chosen_TK)


def of_chosen(logits_TE: torch.Tensor, chosen_TK: torch.Tensor) -> torch.Tensor:
    weights_TK = of_all(logits_TE, chosen_TK)
    return weights_TK / weights_TK.sum(-1, keepdim=True)


@dataclass(frozen=True)
class Routers:
    """Those of a model, from its first layer on; all are of one class."""

    modules: tuple[nn.Module, ...]
    k: int
    """Experts of a token."""
    logits: int
    """Where the logits stand in what a router returns, and so on."""
    chosen: int
    weights: int
    weigh: Weigh


def routers_of(model: "PreTrainedModel") -> Routers:
    """Raises ValueError for a model whose routing cannot be replayed; its text goes on behind the name of the field."""
    name = type(model).__name__
    told: Any = (getattr(model, "_can_record_outputs", None) or {}).get("router_logits")
    # The class itself, or what names it and says which of its outputs it is.
    kind: Any = getattr(told, "target_class", None) or (told if isinstance(told, type) else None)
    modules: tuple[nn.Module, ...] = ()
    if kind is not None:
        # The head for one token more has a router of its own, through which no engine sends what it samples.
        named = model.named_modules()
        modules = tuple(one for name, one in named if isinstance(one, kind) and "mtp" not in name.split("."))
    if told is None or not (modules or isinstance(told, list)):
        raise ValueError(f"{name} has no experts to choose among; leave it out")
    if kind is None or kind.__module__.partition(".")[0] == "torch":
        raise ValueError(f"{name} has routers that are no modules of their own; leave it out")
    try:
        config = model.config.get_text_config(decoder=True)
        found = _tried(kind, config, getattr(told, "index", 0))
    except Exception as error:  # whatever a router of a kind that we do not know raises
        said = (str(error).splitlines() or [""])[0]
        raise ValueError(f"{kind.__name__} of {name} cannot be replayed ({said}); leave it out") from error
    return Routers(modules, *found)


@torch.no_grad()
def _tried(kind: type[nn.Module], config: "PretrainedConfig", logits: int) -> tuple[int, int, int, int, Weigh]:
    """Experts of a token, places of logits, experts and weights in what such a router returns, and its rule."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        router = kind(config).float().eval()
        for parameter in router.parameters():
            parameter.normal_(std=config.hidden_size**-0.5)
        given: Any = router(torch.randn(TRIED, config.hidden_size))
    if not isinstance(given, tuple) or len(given) != 3:
        raise ValueError("it does not return logits, weights and experts")
    whole = [place for place, one in enumerate(given) if not one.is_floating_point()]
    if len(whole) != 1 or whole[0] == logits:
        raise ValueError("it does not say which experts it chose")
    chosen, weights = whole[0], 3 - whole[0] - logits
    best_TK = given[logits].topk(given[chosen].shape[-1], -1).indices
    if given[logits].dim() != 2 or not best_TK.sort().values.equal(given[chosen].sort().values):
        raise ValueError("it does not choose the experts with the largest logits")
    for weigh in (of_chosen, of_all):
        if torch.allclose(weigh(given[logits], given[chosen]), given[weights], rtol=1e-5, atol=1e-7):
            return best_TK.shape[-1], logits, chosen, weights, weigh
    raise ValueError("it does not weigh its experts by a softmax")
