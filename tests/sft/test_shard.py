"""Rows come to the same documents, counts and errors through any number of shards, whoever of them is first."""

import copy
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from temper.policy.chat import dress
from temper.policy.checkpoint import load_tokenizer
from temper.policy.rendering import Renderer
from temper.recipes import tiny
from temper.sft import shard as sharding
from temper.sft.documents import Writer, documents
from temper.sft.examples import Dropped, RowError, examples
from temper.sft.masks import samples
from temper.sft.packing import read_packs, write_packs
from temper.sft.section import LongContextSection, SftSection
from temper.sft.shard import Ask, Block, Rendered, Row, Shard, rendered

FIELDS: dict[str, Any] = {
    "data": [{"kind": "generated", "rows": 1}],
    "pack_tokens": 256,
    "packs_per_step": 1,
    "steps": 1,
    "schedule": {"learning_rate": 1e-3},
}
SFT = SftSection.model_validate_json(json.dumps(FIELDS))
LONG = LongContextSection.model_validate_json(json.dumps(FIELDS | {"reasoning_share": 0.5}))


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharding, "BLOCK_BYTES", 1500)


@pytest.fixture(scope="module")
def tokenizer(tiny_base: Path) -> Any:
    return load_tokenizer(tiny_base)


def rows() -> Iterator[Row]:
    """Examples of any length, one without reasoning, texts among them."""
    for number, row in enumerate(tiny.examples("train", 80, 0)):
        if number % 7 == 3:
            said = [{"role": "user", "content": "hi " * (number % 30)}, {"role": "assistant", "content": "ho"}]
            row = {"messages": said}
        yield f"rows:{number + 1}", row


def texts() -> Iterator[Row]:
    for number, (where, row) in enumerate(rows()):
        yield where, {"text": "once " * (number + 1)} if number % 5 == 0 else row


def shards(tokenizer: Any, section: SftSection, number: int, asked: list[int] | None = None) -> list[Ask]:
    """So many, which work on what they were given only when the answer is waited for."""
    dressed = copy.deepcopy(tokenizer)
    if not isinstance(section, LongContextSection):
        dress(dressed, "thinking", section.template)

    def ask(place: int, one: Shard) -> Ask:
        def give(block: Block) -> Callable[[], Rendered]:
            if asked is not None:
                asked.append(place)
            return lambda: one.render(block)

        return give

    return [ask(place, Shard(dressed, section, "thinking", 0)) for place in range(number)]


def packed(asks: list[Ask], given: Iterator[Row], folder: Path, dropped: Dropped) -> tuple[Any, dict[str, int]]:
    counts = write_packs(rendered(given, asks, dropped), 256, 0, 0, folder)
    return [{k: v.tolist() for k, v in row.items()} for row in read_packs(folder)], vars(counts) | dropped.counts


def directly(tokenizer: Any, section: SftSection, given: Iterator[Row], folder: Path) -> tuple[Any, dict[str, int]]:
    """Row after row, without blocks."""
    dropped = Dropped(refuse=False)
    if isinstance(section, LongContextSection):
        found = documents(Writer(tokenizer), given, section, 0, dropped)
    else:
        renderer = Renderer(dress(copy.deepcopy(tokenizer), "thinking", section.template))
        found = samples(renderer, examples(given, dropped), "thinking", section.unfold, dropped)
    counts = write_packs(found, 256, 0, 0, folder)
    return [{k: v.tolist() for k, v in row.items()} for row in read_packs(folder)], vars(counts) | dropped.counts


@pytest.mark.parametrize(("section", "given"), [(SFT, rows), (LONG, texts)])
def test_any_number_of_shards_makes_the_packs_of_one_row_after_another(
    tokenizer: Any, tmp_path: Path, section: SftSection, given: Callable[[], Iterator[Row]]
) -> None:
    expected, counted = directly(tokenizer, section, given(), tmp_path / "alone")
    assert counted["packs"] > 3 and counted.get("without_reasoning", counted.get("reasoning_sampled_out", 0)) > 3
    for number in (1, 2, 3, 7):
        asked: list[int] = []
        asks = shards(tokenizer, section, number, asked)
        packs, counts = packed(asks, given(), tmp_path / str(number), Dropped(refuse=False))
        assert packs == expected and counts == counted
        assert len(asked) > 7 and set(asked) == set(range(number))


def test_no_shard_is_given_more_than_it_may_hold(tokenizer: Any) -> None:
    """What is rendered waits for whoever packs: rows are read no further ahead."""
    read: list[int] = []

    def counted() -> Iterator[Row]:
        for place, row in enumerate(rows()):
            read.append(place)
            yield row

    asked: list[int] = []
    next(rendered(counted(), shards(tokenizer, SFT, 2, asked), Dropped()))
    assert len(asked) == 2 * sharding.AHEAD and len(read) < 80


BAD: Row = ("rows:bad", {"messages": []})


def broken(*places: int, ends: int | None = None) -> Iterator[Row]:
    """The rows with bad ones before some; the reading itself fails before the row that `ends` it."""
    for place, row in enumerate(rows()):
        if place in places:
            yield f"rows:bad at {place}", {"messages": []}
        if place == ends:
            raise ValueError(f"rows:{place}: cannot be read")
        yield row


@pytest.mark.parametrize(
    ("places", "ends", "named"),
    [((40, 60), None, "bad at 40"), ((0,), None, "bad at 0"), ((50,), 51, "bad at 50"), ((), 51, "51: cannot be read"),
     ((79,), 2, "2: cannot be read")],
)  # fmt: skip
@pytest.mark.parametrize("number", [1, 4])
def test_the_first_bad_row_is_named_whoever_had_it(
    tokenizer: Any, number: int, places: tuple[int, ...], ends: int | None, named: str
) -> None:
    with pytest.raises(ValueError, match=named):
        list(rendered(broken(*places, ends=ends), shards(tokenizer, SFT, number), Dropped()))


def test_bad_rows_are_counted_where_they_are_dropped(tokenizer: Any) -> None:
    dropped = Dropped(refuse=False)
    kept = list(rendered(broken(3, 40, 79), shards(tokenizer, SFT, 3), dropped))
    assert dropped.counts["empty"] == 3 and len(kept) == 80 - dropped.counts["without_reasoning"]


def test_no_document_at_all_says_what_was_dropped(tokenizer: Any) -> None:
    with pytest.raises(ValueError, match=r"no example in any source, dropped \{'empty': 2\}"):
        list(rendered(iter([BAD, BAD]), shards(tokenizer, SFT, 2), Dropped(refuse=False)))
    with pytest.raises(RowError, match="rows:bad"):
        list(rendered(iter([BAD]), shards(tokenizer, SFT, 2), Dropped()))


def test_what_no_row_is_to_blame_for_ends_it(tokenizer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The base's tokenizer lacks the tokens of fill-in-the-middle: said once the rows before were looked at."""
    monkeypatch.setattr("temper.sft.documents.FIM_TOKENS", ("<none>",) * 3)
    section = LongContextSection.model_validate_json(json.dumps(FIELDS | {"fim_share": 1.0}))
    repository = {"repository": "a", "files": [{"path": "a.py", "content": "x"}]}
    given: list[Row] = [("rows:1", {"text": "a"}), ("rows:2", {"messages": []}), ("rows:3", repository)]
    with pytest.raises(RowError, match="rows:2"):
        list(rendered(given, shards(tokenizer, section, 2), Dropped()))
    with pytest.raises(ValueError, match="tokenizer: lacks"):
        list(rendered(given, shards(tokenizer, section, 2), Dropped(refuse=False)))
