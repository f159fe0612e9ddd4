"""How a base that lacks the tokens which steer a conversation is given them."""

from pathlib import Path
from typing import TYPE_CHECKING

from temper.policy.checkpoint import load_model, load_tokenizer, save
from temper.policy.special_tokens import END_OF_TURN, PAD, SPECIAL_TOKENS

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

CHATML = ("<|im_start|>", END_OF_TURN)
ADDED = (*CHATML, *SPECIAL_TOKENS[23:25], *SPECIAL_TOKENS[29:33])
"""What the chat templates write: turns, thoughts, calls and their results."""


def add_tokens(tokenizer: "PreTrainedTokenizerBase") -> list[str]:
    """Adds what the tokenizer lacks of `ADDED`, and a token to pad with where it has none; returns what was added."""
    from transformers import AddedToken

    known, whole = tokenizer.get_vocab(), tokenizer.get_added_vocab()
    added = [token for token in ADDED if token not in known]
    # One that the vocabulary learned as a word like others becomes a token that no text is cut within.
    missing = [token for token in ADDED if token not in whole]
    tokenizer.add_tokens([AddedToken(token, normalized=False, special=token in CHATML) for token in missing])
    if tokenizer.pad_token is None:
        added += [] if PAD in known else [PAD]
        tokenizer.add_special_tokens({"pad_token": PAD})
    return added


def give_embeddings(model: "PreTrainedModel", tokenizer: "PreTrainedTokenizerBase", added: list[str]) -> int:
    """Makes the model as wide as its tokenizer; every added token, and every row that was not there, has the mean of
    the embeddings (and of the head's rows), from which a training moves it. Returns the rows that were added."""
    import torch

    before, wanted = int(model.get_input_embeddings().weight.shape[0]), max(tokenizer.get_vocab().values()) + 1
    if wanted > before:
        model.resize_token_embeddings(wanted, mean_resizing=False)
    ids = tokenizer.convert_tokens_to_ids(added)
    new = sorted({*ids, *range(before, wanted)})
    old = torch.tensor([row for row in range(before) if row not in set(new)])
    layers = [layer for layer in (model.get_input_embeddings(), model.get_output_embeddings()) if layer is not None]
    with torch.no_grad():
        # A head that is tied to the embeddings is written twice with the same rows.
        for weight in (values for layer in layers for values in layer.parameters()):
            weight[new] = weight[old].float().mean(0).to(weight.dtype)
    return int(max(0, wanted - before))


def with_tokens(base: str | Path, revision: str | None, out: Path) -> dict[str, int]:
    """Writes the base with the tokens that it lacks to `out`; returns what was added."""
    tokenizer, model = load_tokenizer(base, revision), load_model(base, revision)
    added = add_tokens(tokenizer)
    rows = give_embeddings(model, tokenizer, added)
    save(model, tokenizer, out, base=base)
    return {"added_tokens": len(added), "added_embeddings": rows}
