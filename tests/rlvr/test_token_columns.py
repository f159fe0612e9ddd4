"""Columns of tokens are what tuples are, in fewer bytes."""

import pickle
import random
from array import array

import numpy as np
import pytest

from temper.rlvr.batches.columns import Column, Logprobs, Tokens, Versions
from temper.rlvr.rollout import BatchRow, Completion
from temper.rlvr.transcript import Transcript

VALUES = [(), (5,), (5, 6, 7), (1, 1, 2, 2, 2, 3), (3, 3, 3, 3)]


@pytest.mark.parametrize("of", [Tokens, Versions])
@pytest.mark.parametrize("values", VALUES)
def test_a_column_is_what_its_tuple_is(of: type[Tokens] | type[Versions], values: tuple[int, ...]) -> None:
    column = of(values)
    assert column == values and column == list(values) and column != (*values, 9) and repr(column) == repr(values)
    assert len(column) == len(values) and list(column) == list(values) and bool(column) == bool(values)
    for start in range(-4, 4):
        for end in range(-4, 7):
            assert tuple(column[start:end]) == values[start:end]
    for place in range(-len(values), len(values)):
        assert column[place] == values[place]
    for place in (len(values), -len(values) - 1):
        with pytest.raises(IndexError):
            column[place]
    assert column + (7, 8) == (*values, 7, 8) and column + column == values + values
    again = pickle.loads(pickle.dumps(column))  # noqa: S301 - our own
    assert again == column and hash(again) == hash(column) and type(again) is of
    assert of(column) == column


def test_logprobs_are_float32() -> None:
    column = Logprobs((-0.1, -1.5, float("-inf")))
    assert column[1] == -1.5 and column[2] == float("-inf") and column[0] != -0.1
    assert column == (-0.1, -1.5, float("-inf")), "told by what it holds of them"
    assert column[0] == float(np.float32(-0.1))
    assert np.frombuffer(column.buffer, column.CODE).tolist() == list(column)


def test_versions_keep_runs() -> None:
    draw = random.Random(0)
    for _ in range(300):
        parts = [(draw.randrange(3), draw.randrange(4)) for _ in range(draw.randrange(6))]
        plain = tuple(value for value, times in parts for _ in range(times))
        column = Versions.of_runs(parts)
        assert column == plain and column == Versions(plain)
        assert all(a[0] != b[0] for a, b in zip(column.runs, column.runs[1:], strict=False))


def test_a_token_takes_nine_bytes_at_most_wherever_it_is_held() -> None:
    """4 for its id and 4 for its logprob: in a completion, in a transcript that is held beside it, and on its way."""
    count = 8000
    tokens, logprobs, versions = range(1000, 1000 + count), [-0.5] * count, [3] * 5000 + [4] * 3000
    done = Completion("x", tokens, logprobs, "stop", versions)
    made = Transcript().wrote(done.tokens, done.rollout_logprobs, done.policy_versions)
    row = BatchRow((1, 2), made.tokens, made.rollout_logprobs, 1.0, in_loss=True)
    for one in (done, made, row):
        assert len(pickle.dumps(one)) < 9 * count
    # Neither copies what the one before holds.
    assert isinstance(made.tokens, Column) and isinstance(row.completion_tokens, Column)
    assert row.completion_tokens.buffer.obj is made.tokens.buffer.obj


def test_columns_of_another_width_are_refused() -> None:
    with pytest.raises(OverflowError):
        Tokens((1 << 40,))
    with pytest.raises(TypeError):
        Tokens((1.5,))  # type: ignore[arg-type]
    assert isinstance(Tokens((1,)).buffer.obj, array)
