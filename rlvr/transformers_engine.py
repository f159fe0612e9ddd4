"""Samples with the policy's own `transformers` code: batched, EOS-aware, one process, nothing else to install.

Requests are sorted by prompt length and decoded in batches of `batch`; rows that ended leave the key/value cache as
soon as a quarter of a batch has ended. A token is drawn by inverting the cumulative distribution at a uniform number
from the request's own generator, so a request's randomness does not depend on what it is batched with. Logprobs are
those of the sampling distribution (temperature applied) in float32. No continuous batching, no thinking budget.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from transformers import DynamicCache, PreTrainedModel

from temper.policy.checkpoint import load_weights, tensor_hashes, weights_of
from temper.rlvr.rollout import Completion, Request, Sampling


class TransformersEngine:
    """`stop_ids` end a completion; `version` is -1 until the first push."""

    def __init__(self, model: PreTrainedModel, tokenizer: Any, batch: int, version: int = -1) -> None:
        self.model = model.eval()
        self.tokenizer = tokenizer
        self.batch = batch
        self.version = version
        self.stop_ids = frozenset({tokenizer.eos_token_id})

    def push(self, weights: Mapping[str, torch.Tensor], version: int) -> dict[str, str]:
        load_weights(self.model, weights)
        self.version = version
        return tensor_hashes(weights_of(self.model))

    def generate(self, requests: Sequence[Request], sampling: Sampling) -> list[Completion]:
        order = sorted(range(len(requests)), key=lambda i: len(requests[i].prompt_tokens))
        completions: dict[int, Completion] = {}
        for start in range(0, len(order), self.batch):
            chosen = order[start : start + self.batch]
            done = self._decode([requests[i] for i in chosen], sampling)
            completions.update(zip(chosen, done, strict=True))
        return [completions[i] for i in range(len(requests))]

    @torch.inference_mode()
    def _decode(self, requests: Sequence[Request], sampling: Sampling) -> list[Completion]:
        ids_BT, mask_BT = self._left_padded(requests)
        uniform_BT = torch.stack(
            [
                torch.rand(sampling.max_tokens, generator=torch.Generator().manual_seed(r.seed), dtype=torch.float64)
                for r in requests
            ]
        ).to(ids_BT.device)
        tokens_BT = torch.zeros((len(requests), sampling.max_tokens), dtype=torch.long, device=ids_BT.device)
        logprobs_BT = torch.zeros(tokens_BT.shape, dtype=torch.float32, device=ids_BT.device)
        lengths_B = torch.full((len(requests),), sampling.max_tokens)
        stopped_B = torch.zeros(len(requests), dtype=torch.bool)
        alive_B = torch.arange(len(requests), device=ids_BT.device)
        stop_ids = torch.tensor(sorted(self.stop_ids), device=ids_BT.device)
        cache = DynamicCache(config=self.model.config)
        positions_BT = (mask_BT.cumsum(-1) - 1).clamp(min=0)
        for t in range(sampling.max_tokens):
            logits_BV = self.model(
                input_ids=ids_BT,
                attention_mask=mask_BT,
                position_ids=positions_BT,
                past_key_values=cache,
                use_cache=True,
                logits_to_keep=1,
            ).logits[:, -1]
            drawn_B, logprob_B = draw(logits_BV, uniform_BT[alive_B, t], sampling.temperature)
            tokens_BT[alive_B, t], logprobs_BT[alive_B, t] = drawn_B, logprob_B
            ended_B = torch.isin(drawn_B, stop_ids) & ~stopped_B[alive_B]
            lengths_B[alive_B[ended_B]] = t + 1
            stopped_B[alive_B[ended_B]] = True
            still_B = ~stopped_B[alive_B]
            living = int(still_B.sum())
            if living == 0:
                break
            mask_BT = torch.cat([mask_BT, mask_BT.new_ones((len(mask_BT), 1))], dim=1)
            positions_BT = positions_BT[:, -1:] + 1
            ids_BT = drawn_B[:, None]
            if living <= 0.75 * len(alive_B):
                alive_B, ids_BT, mask_BT, positions_BT = (x[still_B] for x in (alive_B, ids_BT, mask_BT, positions_BT))
                cache.batch_select_indices(torch.nonzero(still_B)[:, 0])
        return [
            self._completion(tokens_BT[i], logprobs_BT[i], int(lengths_B[i]), bool(stopped_B[i]))
            for i in range(len(requests))
        ]

    def _left_padded(self, requests: Sequence[Request]) -> tuple[torch.Tensor, torch.Tensor]:
        width = max(len(request.prompt_tokens) for request in requests)
        ids_BT = torch.full((len(requests), width), self.tokenizer.pad_token_id)
        mask_BT = torch.zeros_like(ids_BT)
        for i, request in enumerate(requests):
            ids_BT[i, width - len(request.prompt_tokens) :] = torch.tensor(request.prompt_tokens)
            mask_BT[i, width - len(request.prompt_tokens) :] = 1
        return ids_BT.to(self.model.device), mask_BT.to(self.model.device)

    def _completion(self, tokens_T: torch.Tensor, logprobs_T: torch.Tensor, length: int, stopped: bool) -> Completion:
        tokens = tokens_T[:length].tolist()
        body = tokens[:-1] if stopped else tokens
        return Completion(
            text=self.tokenizer.decode(body, skip_special_tokens=False),
            tokens=tuple(tokens),
            rollout_logprobs=tuple(logprobs_T[:length].tolist()),
            stop_reason="stop" if stopped else "length",
            policy_version=self.version,
        )


def draw(logits_BV: torch.Tensor, uniform_B: torch.Tensor, temperature: float) -> tuple[torch.Tensor, torch.Tensor]:
    """(token, its logprob) a row: the first token whose cumulative probability exceeds the uniform number."""
    logprobs_BV = torch.log_softmax(logits_BV.float() / temperature, dim=-1)
    cumulative_BV = logprobs_BV.double().exp().cumsum(-1)
    threshold_B1 = (uniform_B * cumulative_BV[:, -1])[:, None]
    tokens_B1 = torch.searchsorted(cumulative_BV, threshold_B1, right=True).clamp(max=logits_BV.shape[-1] - 1)
    return tokens_B1[:, 0], logprobs_BV.gather(-1, tokens_B1)[:, 0]
