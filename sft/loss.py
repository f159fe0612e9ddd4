"""The loss of a batch of packs: next-token loss on the trained positions alone, and what keeps the router in balance.

    L = 1/N sum over trained tokens of -log p(token) + c R + z Z

N counts the trained tokens of the whole step, over ranks and micro-batches; R and Z are means over those. Only trained
positions pass through the head, in TRL's chunks that are computed anew in the backward pass, so logits of a whole pack
never exist. For a layer with T tokens (padding left out), E experts, k of them a token, router probabilities p, chosen
by n_e tokens, and router logits x:

    R (layer)  = sum over layers of E sum_e (n_e / (T k)) mean_t p_te          Megatron: the number of layers in balance
    R (pooled) = E sum_e (n_e / T) mean_t p_te over the tokens of all layers   transformers: k in balance
    Z          = sum over layers of mean_t logsumexp(x_t)^2                    ST-MoE (arXiv 2202.08906), Megatron

TRL's metrics of the logits (entropy, accuracy) are left out: each is a pass more over every chunk.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from types import MethodType
from typing import Any, Literal

import torch
from torch.nn.functional import softmax
from transformers import PreTrainedModel
from trl.kernels.chunked_logprob import ChunkedLogProbFunction
from trl.trainer.utils import maybe_gather_lm_head_ctx

from temper.sft.packing import IGNORED

VOCABULARY_CHUNK = 32_768
_SCALES = ("final_logit_softcapping", "logit_scale", "output_multiplier", "lm_head_multiplier", "logits_scaling")

RouterScope = Literal["pooled", "layer"]


@dataclass(frozen=True)
class RouterLoss:
    """Coefficients of the router's losses."""

    balance: float
    scope: RouterScope
    z: float

    @property
    def needed(self) -> bool:
        return bool(self.balance or self.z)


def add_pack_loss(model: PreTrainedModel, router: RouterLoss) -> None:
    """Lets `model(**batch, pack_loss=True)` answer with the sum of the loss over the trained tokens and the router's
    losses; inside the model's own forward, where DDP and ZeRO expect the work. `shift_labels` stand where they are
    predicted; `real` is true for tokens of documents. With `mtp_ids` and `mtp_labels` also with the sum of its head's
    loss (`policy/mtp.py`), whose layer's routers count as one more model."""
    if scaled := [name for name in _SCALES if getattr(model.config.get_text_config(), name, None) is not None]:
        raise ValueError(
            f"{type(model).__name__}: scales its logits by {scaled[0]}, which the loss does not; use another"
        )
    plain = model.forward

    def forward(self: Any, *args: Any, pack_loss: bool = False, **kwargs: Any) -> Any:
        if not pack_loss:
            return plain(*args, **kwargs)
        labels_BT, real_BT = kwargs.pop("shift_labels"), kwargs.pop("real")
        ahead = {name: kwargs.pop(name) for name in ("mtp_ids", "mtp_labels") if name in kwargs}
        kwargs |= {"use_cache": False, "output_router_logits": router.needed}
        outputs = self.base_model(*args, **kwargs)
        chosen, head = self.config.num_experts_per_tok if router.needed else 0, self.get_output_embeddings()
        found = {"loss_sum": loss_sum(outputs.last_hidden_state, labels_BT, head)}
        if router.needed:
            found |= router_losses(outputs.router_logits, real_BT, chosen, router)
        if ahead:
            del kwargs["input_ids"]
            outputs = self.mtp(outputs.last_hidden_state, self.get_input_embeddings()(ahead["mtp_ids"]), **kwargs)
            found["mtp_sum"] = loss_sum(outputs.last_hidden_state, ahead["mtp_labels"], head)
            if router.needed:
                # The head's one layer has routers of its own, which must stay in balance too.
                found["router"] += router_losses(outputs.router_logits, real_BT, chosen, router)["router"]
        return found

    model.forward = MethodType(forward, model)


def loss_sum(hidden_BTH: torch.Tensor, labels_BT: torch.Tensor, head: torch.nn.Module) -> torch.Tensor:
    """Sum of -log p over the labels that are not ignored; differentiable also where there is none."""
    weight: Any = head.weight
    bias: Any = head.bias
    # Most positions of a chat are not trained: they never reach the head, the widest layer.
    chosen = (labels_BT.flatten() != IGNORED).nonzero()[:, 0]
    hidden = hidden_BTH.flatten(0, 1).index_select(0, chosen)
    with maybe_gather_lm_head_ctx(weight, bias):
        logprobs: torch.Tensor = ChunkedLogProbFunction.apply(
            hidden, weight, bias, labels_BT.flatten()[chosen], 1.0, min(VOCABULARY_CHUNK, len(weight)),
            None, 1.0, (),
        )[0]  # fmt: skip
    return -logprobs.sum()


def router_losses(
    logits: Sequence[torch.Tensor], real_BT: torch.Tensor, chosen: int, router: RouterLoss
) -> dict[str, torch.Tensor]:
    """`balance` and `z` unweighted, and their weighted sum `router`, of the layers' (B T, experts) logits."""
    # Padding is routed as well, but says nothing of the balance.
    kept = [layer[real_BT.flatten()].float() for layer in logits]
    if router.scope == "pooled":
        # transformers divides by tokens and not by choices: k times ours.
        balance = chosen * _balance(torch.cat(kept), chosen)
    else:
        balance = torch.stack([_balance(layer, chosen) for layer in kept]).sum()
    z = torch.stack([layer.logsumexp(-1).square().sum() / max(1, len(layer)) for layer in kept]).sum()
    return {"router": router.balance * balance + router.z * z, "balance": balance.detach(), "z": z.detach()}


def _balance(logits_TE: torch.Tensor, chosen: int) -> torch.Tensor:
    """E sum_e f_e P_e, f_e the share of choices and P_e the mean probability; 0 for a slice that is all padding."""
    tokens, experts = max(1, len(logits_TE)), logits_TE.size(-1)
    probabilities_TE = softmax(logits_TE, dim=-1)
    choices_E = probabilities_TE.topk(chosen, dim=-1).indices.flatten().bincount(minlength=experts)
    return (choices_E / (tokens * chosen) * probabilities_TE.sum(0) / tokens).sum() * experts
