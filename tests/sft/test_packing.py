import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from temper.sft import packing
from temper.sft.masks import Sample
from temper.sft.packing import IGNORED, Counts, Pack, pack, read_packs, write_packs

FIELDS = ("input_ids", "labels", "position_ids")


def lists(one: Pack) -> tuple[list[int], ...]:
    return tuple(getattr(one, name).tolist() for name in FIELDS)


def some(lengths: list[int], seed: int = 0) -> list[Sample]:
    rng = random.Random(seed)
    return [
        Sample(tuple(rng.randrange(40, 380) for _ in range(n)), tuple(i >= n // 2 for i in range(n))) for n in lengths
    ]


def test_every_sample_that_fits_stands_once_and_whole() -> None:
    samples = some([30, 7, 64, 65, 12, 50, 14, 33])
    counts = Counts()
    packs = [lists(one) for one in pack(samples, 64, pad_id=0, seed=3, counts=counts)]
    assert counts.dropped_too_long == 1
    found = []
    for ids, labels, positions in packs:
        assert len(ids) == len(labels) == len(positions) == 64
        starts = [i for i, position in enumerate(positions) if position == 0] + [64]
        for start, end in zip(starts, starts[1:], strict=False):
            document = tuple(ids[start:end])
            if document != (0,):  # padding is a run of one-token documents
                found.append(document)
                half = len(document) // 2
                assert tuple(labels[start:end]) == (IGNORED,) * half + document[half:]
    fitting = [sample for sample in samples if len(sample.tokens) <= 64]
    assert sorted(found) == sorted(sample.tokens for sample in fitting)
    tokens, trained = (sum(map(len, found)), sum(sum(sample.trained) for sample in fitting))
    assert counts == Counts(samples=7, dropped_too_long=1, packs=len(packs), tokens=tokens, trained_tokens=trained)


def test_best_fit_fills_the_packs() -> None:
    rng = random.Random(1)
    lengths = [rng.randrange(20, 200) for _ in range(2000)]
    counts = Counts()
    assert sum(1 for _ in pack(some(lengths), 1024, 0, 0, counts)) == counts.packs
    assert counts.tokens == sum(lengths)
    assert counts.tokens / (counts.packs * 1024) > 0.99


def test_a_stream_holds_a_window_and_fills_its_packs_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tokens that came in less those that left never exceed the window by more than a sample."""
    monkeypatch.setattr(packing, "WINDOW_TOKENS", 0)
    rng = random.Random(2)
    came = 0
    most = 0

    def stream() -> Iterator[Sample]:
        nonlocal came
        for sample in some([rng.randrange(20, 200) for _ in range(4000)]):
            came += len(sample.tokens)
            yield sample

    counts = Counts()
    for _ in pack(stream(), 1024, 0, 0, counts):
        most = max(most, came - counts.tokens)
    assert most <= packing.WINDOW_PACKS * 1024 + 200
    assert counts.tokens == came
    assert came / (counts.packs * 1024) > 0.99


def test_the_order_is_a_function_of_the_seed() -> None:
    def packed(seed: int) -> list[tuple[list[int], ...]]:
        return [lists(one) for one in pack(some([30] * 40), 64, 0, seed, Counts())]

    assert packed(1) == packed(1)
    assert packed(1) != packed(2)


def test_what_is_written_is_what_was_packed(tmp_path: Path) -> None:
    samples = some([30, 7, 64, 12] * 20)
    counts = write_packs(samples, 64, 0, 5, tmp_path / "packs")
    rows = read_packs(tmp_path / "packs")
    again = Counts()
    assert [tuple(list(row[name]) for name in FIELDS) for row in rows] == [
        lists(one) for one in pack(samples, 64, 0, 5, again)
    ]
    assert counts == again


def test_a_pack_shorter_than_every_sample_is_refused() -> None:
    with pytest.raises(ValueError, match="pack_tokens: 8 is shorter than each of the 2 samples"):
        list(pack(some([9, 10]), 8, 0, 0, Counts()))
