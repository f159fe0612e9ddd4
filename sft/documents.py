"""Documents of long-context training: every token is trained (arXiv 2605.31268, section 2; the mix's shares are ours).

A row is one of three things:

    {"text": "..."}                                                plain text
    {"repository": "...", "files": [{"path", "content"}, ...]}     code, whole or fill-in-the-middle
    an SFT example                                                 rendered by the Thinking template, reasoning kept

Of the examples that have reasoning a share is kept, so that long traces do not crowd out the rest; the others are
dropped and counted. Of the repositories a share is fill-in-the-middle (arXiv 2207.14255, prefix-suffix-middle): one
file goes last and a span of it, cut at two characters drawn evenly, moves behind it, so that the rest of the repository
is what the span is filled in from. The others stand as they are, their files under lines with their paths. Every
document ends in the token that ends a text; an example ends as its last turn does. What a row says never becomes a
control token.
"""

import copy
import random
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from temper.policy.chat import dress
from temper.policy.encoding import PartEncoder
from temper.policy.rendering import Renderer, forged
from temper.policy.special_tokens import PAD
from temper.sft.examples import Dropped, Example, RowError, parse_example
from temper.sft.masks import Sample
from temper.sft.section import LongContextSection

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

FIM_TOKENS = ("<fim_prefix>", "<fim_suffix>", "<fim_middle>")

Repository = tuple[tuple[str, str], ...]
"""(path, content) of each file."""


def parse_document(row: Mapping[str, Any], where: str) -> str | Repository | Example:
    """Raises ValueError for a row that is none of the three."""
    if "text" in row:
        if not isinstance(row["text"], str) or not row["text"]:
            raise RowError(f"{where}: text: must be a text with something in it, got {row['text']!r:.80}", "text")
        return row["text"]
    if "files" not in row:
        return parse_example(row, where)
    files = row["files"]
    if not isinstance(files, list) or not files:
        raise RowError(f"{where}: files: got {files!r:.80}; give a list of at least one file", "files")
    for place, file in enumerate(files):
        if not (isinstance(file, Mapping) and all(isinstance(file.get(key), str) for key in ("path", "content"))):
            raise RowError(f"{where}: files.{place}: wants a path and a content, got {file!r:.80}; mend it", "files")
    return tuple((file["path"], file["content"]) for file in files)


def documents(
    writer: "Writer",
    rows: Iterable[tuple[str, Mapping[str, Any]]],
    section: LongContextSection,
    seed: int,
    dropped: Dropped,
    first: int = 0,
) -> Iterator[Sample]:
    """The documents of (`where`, row) pairs in order, as they are asked for; those left out are counted. A row draws by
    its place among all, which counts from `first`. Raises ValueError for a tokenizer that lacks what the rows need."""
    for index, (where, row) in enumerate(rows, first):
        rng = random.Random(f"documents/{seed}/{index}")
        try:
            document = parse_document(row, where)
        except RowError as error:
            dropped.bad(error)
            continue
        if isinstance(document, str):
            tokens = [*writer.plain(document), writer.end]
        elif isinstance(document, Example):
            if any(turn.reasoning for turn in document.messages) and rng.random() >= section.reasoning_share:
                dropped.counts["reasoning_sampled_out"] += 1
                continue
            tokens = writer.example(document)
        else:
            tokens = writer.repository(document, rng if rng.random() < section.fim_share else None)
        yield Sample(tuple(tokens), (True,) * len(tokens))


class Writer:
    """A base's tokenizer, and its Thinking template from the first example on."""

    def __init__(self, tokenizer: "PreTrainedTokenizerBase") -> None:
        self.tokenizer = tokenizer
        self.known: dict[str, int] = tokenizer.get_vocab()
        self.end: int = self.known.get(PAD, tokenizer.eos_token_id)
        self._renderer: Renderer | None = None
        self._forged = forged(tokenizer)
        self._encoder = PartEncoder(tokenizer)

    def plain(self, text: str) -> list[int]:
        """Text that holds a control token is cut after the token's first character, which spells it out."""
        cuts = [0, *(found.end() for found in self._forged.finditer(text)), len(text)]
        parts = [text[start:end] for start, end in zip(cuts, cuts[1:], strict=False) if start < end]
        return [token for ids in self._encoder.ids(parts, range(len(parts))) for token in ids]

    def example(self, example: Example) -> list[int]:
        """The whole conversation."""
        if self._renderer is None:
            self._renderer = Renderer(dress(copy.deepcopy(self.tokenizer), "thinking"))
        pieces = self._renderer.pieces([turn.as_message() for turn in example.messages], example.tools)
        return [token for ids in self._renderer.tokens(pieces) for token in ids]

    def repository(self, files: Repository, rng: random.Random | None) -> list[int]:
        """The files in order, or by `rng` one of them last with a span moved behind it."""
        if rng is None:
            return [*self.plain("".join(f"# {path}\n{content}\n" for path, content in files)), self.end]
        prefix_id, suffix_id, middle_id = self._fim_ids()
        chosen = rng.randrange(len(files))
        others = "".join(f"# {path}\n{content}\n" for place, (path, content) in enumerate(files) if place != chosen)
        path, content = files[chosen]
        start, end = sorted(rng.randrange(len(content) + 1) for _ in range(2))
        return [
            *self.plain(f"{others}# {path}\n"),
            *(prefix_id, *self.plain(content[:start])),
            *(suffix_id, *self.plain(content[end:])),
            *(middle_id, *self.plain(content[start:end])),
            self.end,
        ]

    def _fim_ids(self) -> list[int]:
        if missing := [token for token in FIM_TOKENS if token not in self.known]:
            raise ValueError(f"tokenizer: lacks {missing} of fill-in-the-middle; set extend.train.fim_share: 0")
        return [self.known[token] for token in FIM_TOKENS]
