"""Brief pre-training of a tiny base at a short context: one line a row, so that positions mean something early on, and
plain next-token loss on every token."""

import random
from collections.abc import Sequence
from pathlib import Path

import torch

from temper.policy.bases import TinyBase
from temper.policy.checkpoint import save
from temper.policy.tiny import build_model, build_tokenizer

WARMUP_STEPS = 20
TOKENIZER_LINES = 4000


def make_base(section: TinyBase, lines: Sequence[str], seed: int, out: Path) -> dict[str, float]:
    """Trains tokenizer and model on `lines` and writes the base to `out`; returns its last loss (nats a token)."""
    tokenizer = build_tokenizer(lines[:TOKENIZER_LINES], section.vocabulary)
    model = build_model(section, seed)
    model.set_experts_implementation("grouped_mm")
    documents = [[*tokenizer(line)["input_ids"], tokenizer.pad_token_id][: section.context] for line in lines]
    optimizer = torch.optim.AdamW(model.parameters(), lr=section.learning_rate, betas=(0.9, 0.95), weight_decay=0.1)
    loss = torch.tensor(0.0)
    rng = random.Random(seed)
    for step in range(section.steps):
        # Full rate for the first half of the steps, then a straight line to 0: of 200, step 150 has half.
        decay = min(1.0, 2.0 * (section.steps - step) / section.steps)
        for group in optimizer.param_groups:
            group["lr"] = section.learning_rate * min(1.0, (step + 1) / WARMUP_STEPS) * decay
        ids, labels = _rows(rng.sample(documents, section.batch), tokenizer.pad_token_id)
        loss = model(input_ids=ids, labels=labels).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
    save(model, tokenizer, out)
    return {"loss": loss.item()}


def _rows(documents: Sequence[Sequence[int]], pad_id: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Right-padded input_ids and labels; causal attention keeps the padding out of what counts."""
    width = max(map(len, documents))
    ids = torch.full((len(documents), width), pad_id)
    labels = torch.full((len(documents), width), -100)
    for row, document in enumerate(documents):
        ids[row, : len(document)] = labels[row, : len(document)] = torch.tensor(document)
    return ids, labels
