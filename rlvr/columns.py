"""What is held of each token, in as few bytes as it needs: 4 for a token, 4 for a logprob, next to none for a version.

A column is a sequence that does not change: what a tuple can do, without an object a value. Logprobs are rounded to
float32, which is what engines compute them in. Versions hardly ever change within a completion, so their runs are kept.
A column equals any sequence of its values, crosses to another process as its bytes, and shows them to NumPy and torch
without a copy (`buffer`).
"""

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, groupby
from typing import Any, ClassVar, Self, TypeVar, overload

T = TypeVar("T", int, float)


class Column(Sequence[T]):
    """Values of one width, side by side."""

    __slots__ = ("_values",)
    CODE: ClassVar[str]
    """Of `array`: the width of a value."""

    def __init__(self, values: Iterable[T] = ()) -> None:
        # One of another column: neither ever changes, so both may hold it.
        held = values._values if isinstance(values, Column) and values.CODE == self.CODE else array(self.CODE, values)
        self._values: array[Any] = held

    def __len__(self) -> int:
        return len(self._values)

    @overload
    def __getitem__(self, place: int) -> T: ...
    @overload
    def __getitem__(self, place: slice) -> Self: ...
    def __getitem__(self, place: int | slice) -> T | Self:
        if isinstance(place, slice):
            return self._holding(self._values[place])
        value: T = self._values[place]
        return value

    def __iter__(self) -> Iterator[T]:
        return iter(self._values)

    def __add__(self, other: Sequence[T]) -> Self:
        if not self:
            return type(self)(other)  # which holds what the other holds
        return self._holding(self._values + type(self)(other)._values)

    def __mul__(self, times: int) -> Self:
        return self._holding(self._values * times)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Column):
            return bool(self._values == other._values)
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and self == type(self)(other)

    def __hash__(self) -> int:
        return hash(self._values.tobytes())

    def __repr__(self) -> str:
        return repr(tuple(self._values))

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self._values,)

    @classmethod
    def _holding(cls, values: "array[Any]") -> Self:
        made = cls.__new__(cls)
        made._values = values
        return made

    @property
    def nbytes(self) -> int:
        return len(self._values) * self._values.itemsize

    @property
    def buffer(self) -> memoryview:
        """The values as they lie in memory."""
        return memoryview(self._values)


class Tokens(Column[int]):
    """Token ids, int32."""

    __slots__ = ()
    CODE = "i"


class Logprobs(Column[float]):
    """float32."""

    __slots__ = ()
    CODE = "f"


class Versions(Sequence[int]):
    """Whole numbers that stay the same for long."""

    __slots__ = ("_ends", "_of")

    def __init__(self, values: Iterable[int] = ()) -> None:
        runs = values.runs if isinstance(values, Versions) else [(v, sum(1 for _ in of)) for v, of in groupby(values)]
        self._of = tuple(value for value, _ in runs)
        self._ends = tuple(accumulate(count for _, count in runs))

    @classmethod
    def of_runs(cls, runs: Iterable[tuple[int, int]]) -> "Versions":
        """Of (value, times) pairs; neighbours of one value become one run."""
        made = cls()
        values: list[int] = []
        ends: list[int] = []
        for value, count in runs:
            if not count:
                continue
            end = (ends[-1] if ends else 0) + count
            if values and values[-1] == value:
                ends[-1] = end
            else:
                values.append(value)
                ends.append(end)
        made._of, made._ends = tuple(values), tuple(ends)
        return made

    @property
    def runs(self) -> list[tuple[int, int]]:
        """(value, times) pairs, in order."""
        return [(v, end - start) for v, start, end in zip(self._of, (0, *self._ends), self._ends, strict=False)]

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    @overload
    def __getitem__(self, place: int) -> int: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[int, ...]: ...
    def __getitem__(self, place: int | slice) -> int | tuple[int, ...]:
        if isinstance(place, slice):
            return tuple(self)[place]
        at = place + len(self) if place < 0 else place
        if not 0 <= at < len(self):
            raise IndexError(place)
        return self._of[bisect_right(self._ends, at)]

    def __iter__(self) -> Iterator[int]:
        for value, count in self.runs:
            yield from [value] * count

    def __add__(self, other: Sequence[int]) -> "Versions":
        return Versions.of_runs([*self.runs, *Versions(other).runs])

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Versions):
            return (self._of, self._ends) == (other._of, other._ends)
        return tuple(self) == tuple(other) if isinstance(other, Sequence) else NotImplemented

    def __hash__(self) -> int:
        return hash((self._of, self._ends))

    def __repr__(self) -> str:
        return repr(tuple(self))

    def __reduce__(self) -> tuple[Any, ...]:
        return Versions.of_runs, (self.runs,)
