"""Small tokenizers of the families that bases come with, trained on a few lines; all know our control tokens."""

from collections.abc import Callable

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from temper.policy.special_tokens import END_OF_TURN, PAD, SPECIAL_TOKENS

LINES = [
    "<|im_start|>user\nWhat is 2 + 2?<|im_end|>\n<|im_start|>assistant\nIt is 4.\n\n  Four, indeed.<|im_end|>\n",
    "def f(x):\n    return x + 1\n\n\nprint(f(41))  # déjà vu 你好 👍\n",
    "system tool user assistant think call response name arguments city weather hello world the a an of and to in",
] * 8
QWEN = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def _byte_level(pattern: str = "", prefix: bool = False) -> Tokenizer:
    made = Tokenizer(models.BPE())
    bytes_of = pre_tokenizers.ByteLevel(add_prefix_space=prefix, use_regex=not pattern)
    splits = [pre_tokenizers.Split(Regex(pattern), "isolated")] if pattern else []
    made.pre_tokenizer = pre_tokenizers.Sequence([*splits, bytes_of])
    made.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    made.train_from_iterator(LINES, trainers.BpeTrainer(vocab_size=600, initial_alphabet=alphabet, show_progress=False))
    return made


def _pieces(
    normalizer: normalizers.Normalizer | None = None, pre_tokenizer: pre_tokenizers.PreTokenizer | None = None
) -> Tokenizer:
    """BPE over characters with bytes to fall back on, as SentencePiece writes it."""
    made = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>", fuse_unk=True))  # noqa: S106
    if normalizer:
        made.normalizer = normalizer
    if pre_tokenizer:
        made.pre_tokenizer = pre_tokenizer
    letters = sorted({letter for line in LINES for letter in line if ord(letter) < 128} - {"\n", " "}) + ["▁"]
    known = ["<unk>", *(f"<0x{byte:02X}>" for byte in range(256))]
    trainer = trainers.BpeTrainer(
        vocab_size=700, special_tokens=known, initial_alphabet=letters, limit_alphabet=80, show_progress=False
    )
    made.train_from_iterator([line.replace("\n", " ") for line in LINES], trainer)
    made.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()])
    return made


def _word_pieces() -> Tokenizer:
    made = Tokenizer(models.WordPiece(unk_token="[UNK]"))  # noqa: S106
    made.normalizer = normalizers.BertNormalizer(lowercase=False)
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.decoder = decoders.WordPiece()
    made.train_from_iterator(
        LINES, trainers.WordPieceTrainer(vocab_size=400, special_tokens=["[UNK]"], show_progress=False)
    )
    return made


_BLANKS = normalizers.Replace(" ", "▁")
FAMILIES: dict[str, Callable[[], Tokenizer]] = {
    "gpt2": lambda: _byte_level(),
    "gpt2 with a prefix": lambda: _byte_level(prefix=True),
    "qwen": lambda: _byte_level(QWEN),
    "llama, legacy": lambda: _pieces(normalizers.Sequence([normalizers.Prepend("▁"), _BLANKS])),
    "gemma": lambda: _pieces(_BLANKS),
    "mistral, first": lambda: _pieces(pre_tokenizer=pre_tokenizers.Metaspace("▁", prepend_scheme="first", split=False)),
    "metaspace, always": lambda: _pieces(pre_tokenizer=pre_tokenizers.Metaspace("▁", prepend_scheme="always")),
    "metaspace, never": lambda: _pieces(pre_tokenizer=pre_tokenizers.Metaspace("▁", prepend_scheme="never")),
    "bert": _word_pieces,
}


def make(family: str) -> PreTrainedTokenizerFast:
    made = PreTrainedTokenizerFast(tokenizer_object=FAMILIES[family]())
    made.add_special_tokens({"additional_special_tokens": list(SPECIAL_TOKENS)})
    made.eos_token, made.pad_token = END_OF_TURN, PAD
    return made
