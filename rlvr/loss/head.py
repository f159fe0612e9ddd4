"""The head for one token more (`policy/mtp.py`), trained along with the policy on what the policy wrote.

    L_head = (weight / N) sum over targets of -log p_head(t_{i+2} | ... t_{i+1})

A target is a sampled token in the loss that has two tokens of its rollout before it; N counts the tokens in the loss of
the step, as in the policy's own loss. With `detach` the trunk's states, the embedding of the next token and the output
layer are taken as they are: no weight of the policy has another gradient, and its gradient is clipped by a norm of its
own. DeepSpeed clips inside of itself, by one norm of all: there a policy whose gradients are clipped moves less.

Absent on purpose: a balance of the head's own router, and a step of the head where the policy has none to make.
"""

from types import MethodType
from typing import Any

import torch
from torch.nn.functional import pad
from transformers import PreTrainedModel
from trl.kernels.chunked_logprob import ChunkedLogProbFunction
from trl.trainer.utils import maybe_gather_lm_head_ctx

from temper.policy.mtp import of_head
from temper.rlvr.section import RolloutMtpSection

UNASKED = -100
"""The label of a token that nobody asks for."""
VOCABULARY_CHUNK = 32_768


def asked_of_head(ids_BT: torch.Tensor, target_BT: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The next token of each place, and the one after it where it is a target (1), else `UNASKED`; each row is a
    document with what is no token at its ends."""
    labels_BT = ids_BT.masked_fill(target_BT == 0, UNASKED)
    return pad(ids_BT[:, 1:], (0, 1)), pad(labels_BT[:, 2:], (0, 2), value=UNASKED)


def add_head_loss(model: PreTrainedModel, detach: bool) -> None:
    """Lets `model(..., mtp_ids=, mtp_labels=)` answer with a dictionary that has the sum of the head's loss in
    `mtp_sum`; inside the model's own forward, where DDP and ZeRO expect the work."""
    plain = model.forward

    def forward(self: Any, *args: Any, mtp_ids: Any = None, mtp_labels: Any = None, **kwargs: Any) -> Any:
        if mtp_labels is None:
            return plain(*args, **kwargs)
        states: list[torch.Tensor] = []
        watched = self.base_model.register_forward_hook(lambda *of: states.append(of[2].last_hidden_state))
        try:
            said = plain(*args, **kwargs)
        finally:
            watched.remove()
        hidden_BTH = states[0].detach() if detach else states[0]
        with torch.set_grad_enabled(torch.is_grad_enabled() and not detach):
            next_BTH = self.get_input_embeddings()(mtp_ids)
        where = {name: kwargs[name] for name in ("position_ids", "cu_seq_lens_q", "max_length_q")}
        ahead_BTH = self.mtp(hidden_BTH, next_BTH, use_cache=False, **where).last_hidden_state
        return {**said, "mtp_sum": _loss_sum(ahead_BTH, mtp_labels, self.get_output_embeddings(), detach)}

    model.forward = MethodType(forward, model)


def _loss_sum(hidden_BTH: torch.Tensor, labels_BT: torch.Tensor, output: Any, detach: bool) -> torch.Tensor:
    """Differentiable also where there is no target."""
    chosen = (labels_BT.flatten() != UNASKED).nonzero()[:, 0]
    hidden = hidden_BTH.flatten(0, 1).index_select(0, chosen)
    weight, bias = output.weight, output.bias
    with maybe_gather_lm_head_ctx(weight, bias):
        logprobs: torch.Tensor = (_OutputAsItIs if detach else ChunkedLogProbFunction).apply(
            hidden, weight, bias, labels_BT.flatten()[chosen], 1.0, min(VOCABULARY_CHUNK, len(weight)),
            None, 1.0, (),
        )[0]  # fmt: skip
    return -logprobs.sum()


class _OutputAsItIs(ChunkedLogProbFunction):  # type: ignore[misc]
    """Gives the output layer no gradient. A detached weight would not do: under ZeRO-3 the backward pass gathers the
    parameter anew."""

    @staticmethod
    def backward(ctx: Any, *gradients: Any) -> Any:
        ctx.needs_input_grad = (True, *[False] * (len(ctx.needs_input_grad) - 1))
        return ChunkedLogProbFunction.backward(ctx, *gradients)


def parameters_apart(model: Any) -> tuple[list[torch.nn.Parameter], list[torch.nn.Parameter]]:
    """The policy's and the head's, of a model that a process group may wrap."""
    named = [(name.removeprefix("module."), parameter) for name, parameter in model.named_parameters()]
    return [p for name, p in named if not of_head(name)], [p for name, p in named if of_head(name)]


def give_own_groups(optimizer: torch.optim.Optimizer, model: Any, section: RolloutMtpSection) -> None:
    """Moves the head's parameters into groups of their own, with their own learning rate."""
    head = {id(parameter) for parameter in parameters_apart(model)[1]}
    for group in list(optimizer.param_groups):
        moved = [parameter for parameter in group["params"] if id(parameter) in head]
        group["params"] = [parameter for parameter in group["params"] if id(parameter) not in head]
        if moved:
            optimizer.add_param_group({**group, "params": moved, "lr": section.learning_rate or group["lr"]})
