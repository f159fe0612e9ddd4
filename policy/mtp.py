"""A head that predicts one token more (MTP): trained along, kept in a file of its own, absent from every output.

At position i of a document, with h_i the trunk's last hidden state (after its final norm) and t the tokens,

    z_i = P [norm(emb(t_{i+1})) ; norm(h_i)]        p(t_{i+2}) = head(norm(layer(z)_i))

as in DeepSeek-V3 (arXiv 2412.19437, section 2.2) and Megatron: one decoder layer of the kind of the trunk's last, with
a final norm of its own; embedding and head are the model's. Attention, positions and documents are those of the trunk.
The gradient goes on into trunk, embedding and head, as in pre-training; the model's own logits do not depend on it.

The released checkpoints hold none, so it starts as a copy of the last layer under a random projection. Its file lies in
a folder: vLLM reads every `*.safetensors` beside the configuration.
"""

import copy
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import nn
from transformers import PreTrainedModel

MTP_FILE = "mtp/model.safetensors"
_PREFIX = "mtp."


def of_head(name: str) -> bool:
    """Whether a weight of a model with a head is the head's."""
    return name.startswith(_PREFIX)


class Mtp(nn.Module):
    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__()
        trunk: Any = model.base_model
        hidden = model.config.hidden_size
        self.embedding_norm = type(trunk.norm)(hidden, eps=model.config.rms_norm_eps)
        self.hidden_norm = type(trunk.norm)(hidden, eps=model.config.rms_norm_eps)
        self.projection = nn.Linear(2 * hidden, hidden, bias=False)
        # Drawn alike on every rank, and without moving the generator that a training draws from.
        drawn = torch.Generator().manual_seed(0)
        nn.init.normal_(self.projection.weight, std=model.config.initializer_range, generator=drawn)
        self.block = _one_layer_of(trunk)

    def forward(self, hidden_BTH: torch.Tensor, next_BTH: torch.Tensor, **kwargs: Any) -> Any:
        """`next_BTH`: embedding of the token after each position; `kwargs` are those of the trunk but `input_ids`."""
        joined = torch.cat([self.embedding_norm(next_BTH), self.hidden_norm(hidden_BTH)], dim=-1)
        return self.block(inputs_embeds=self.projection(joined), **kwargs)


def _one_layer_of(trunk: Any) -> Any:
    """A trunk of one layer without embedding, its weights those of the given one's last layer and norm."""
    config = copy.deepcopy(trunk.config)
    # One row of embedding: it is thrown away, and a real one would be the model's largest tensor.
    config.num_hidden_layers, config.vocab_size, config.pad_token_id = 1, 1, None
    for name in ("layer_types", "mlp_layer_types"):
        if hasattr(config, name):
            setattr(config, name, getattr(config, name)[-1:])
    with torch.random.fork_rng(devices=[]):
        block = type(trunk)(config)
    block.embed_tokens = None
    block.layers[0].load_state_dict(trunk.layers[-1].state_dict())
    block.norm.load_state_dict(trunk.norm.state_dict())
    return block


def attach_mtp(model: PreTrainedModel, checkpoint: Path) -> None:
    """Gives the model a head, the checkpoint's where it has one, as its module `mtp`; `save_pretrained` leaves it out.
    Raises ValueError for a file that does not fit the model."""
    model.mtp = Mtp(model)
    model._keys_to_ignore_on_save = {_PREFIX + name for name in model.mtp.state_dict()}
    path = checkpoint / MTP_FILE
    if path.exists():
        try:
            model.mtp.load_state_dict(load_file(path))
        except RuntimeError as error:
            raise ValueError(f"{path}: does not fit the model; remove it to start a new head ({error})") from error


def detached_head(model: PreTrainedModel, checkpoint: Path) -> Mtp:
    """The checkpoint's head beside the model and no part of it, so that a push does not ask for its weights."""
    attach_mtp(model, checkpoint)
    head: Mtp = model.mtp
    del model.mtp
    del model._keys_to_ignore_on_save
    return head


def carry_mtp(base: Path, folder: Path) -> None:
    """Copies a checkpoint's head, where it has one and the folder has none: a training without a head keeps it."""
    if (base / MTP_FILE).exists() and not (folder / MTP_FILE).exists():
        (folder / MTP_FILE).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(base / MTP_FILE, folder / MTP_FILE)


def named_in_model(head: Mtp) -> dict[str, torch.Tensor]:
    """The weights of a head beside its model, by the names that they have in a model with one."""
    return {_PREFIX + name: weights.detach() for name, weights in head.named_parameters()}


def write_mtp(weights: Mapping[str, torch.Tensor], folder: Path) -> None:
    """Writes the head's weights among a model's to its file in a checkpoint's folder; nothing where there is none."""
    head = {name.removeprefix(_PREFIX): w.contiguous() for name, w in weights.items() if of_head(name)}
    if head:
        (folder / MTP_FILE).parent.mkdir(parents=True, exist_ok=True)
        save_file(head, folder / MTP_FILE)
