import math
import time

import pytest

from temper.sandboxes.box.values import check, decode, encode

VALUES = [
    None, True, 0, -1, 2**4000, 0.5, "", "héllo", "\ud800", b"\x00\xff", [], [1, [2]], (), (1, (2,)), {1, 2},
    set(), {}, {"a": [1]}, {1: "a"}, {"$tuple": 1}, {(1, 2): {3}}, {None: None, "a": True},
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value)[:20])
def test_a_value_comes_back_with_its_type(value: object) -> None:
    back = decode(encode(value))
    assert type(back) is type(value)
    assert back == value


def test_infinities_and_nan_stay_floats() -> None:
    assert decode(encode([math.inf, -math.inf])) == [math.inf, -math.inf]
    assert math.isnan(decode(encode(math.nan)))


def test_a_bool_is_no_int_and_a_list_no_tuple() -> None:
    assert encode(True) is True
    assert encode([1]) != encode((1,))


def test_equal_sets_encode_equally() -> None:
    assert encode({"b", "a", "c"}) == encode({"c", "b", "a"}) == {"$set": ["a", "b", "c"]}


class Number(int):
    def __eq__(self, other: object) -> bool:
        return True

    __hash__ = int.__hash__


@pytest.mark.parametrize(
    "value",
    [
        Number(3),
        [Number(3)],
        {Number(3): 1},
        type("S", (str,), {})("a"),
        frozenset(),
        1j,
        range(3),
        object(),
        2**20_000,
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_exact_builtin_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="value:"):
        encode(value)


def test_a_cycle_is_refused() -> None:
    cycle: list[object] = []
    cycle.append(cycle)
    with pytest.raises(ValueError, match="deeper"):
        encode(cycle)


@pytest.mark.parametrize(
    "encoded",
    [
        {"$unknown": 1},
        {"$tuple": 1},
        {"$tuple": [], "a": 1},
        {"$set": [[1]]},
        {"$dict": [1]},
        {"$bytes": "*"},
        {"$bytes": 1},
    ],
    ids=str,
)
def test_a_bad_encoding_is_refused(encoded: object) -> None:
    with pytest.raises(ValueError, match="value:"):
        decode(encoded)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value)[:20])
def test_an_encoding_passes_the_check(value: object) -> None:
    check(encode(value))


@pytest.mark.parametrize(
    "encoded",
    [{"$ref": 0}, {"$tuple": [], "a": 1}, {"$set": {"a": 1}}, {"$bytes": [1]}, {"$dict": 1}, [{"a": [{"$handle": 1}]}]],
    ids=str,
)
def test_what_is_no_encoding_fails_the_check(encoded: object) -> None:
    with pytest.raises(ValueError, match="value: "):
        check(encoded)


def test_a_check_of_ints_that_hash_alike_takes_no_time() -> None:
    started = time.process_time()
    check({"$set": [k * (2**61 - 1) for k in range(100_000)]})
    assert time.process_time() - started < 2, "a set of them would take minutes"


def test_a_check_of_what_nests_too_deep_says_so() -> None:
    deep: list[object] = []
    for _ in range(500):
        deep = [deep]
    with pytest.raises(ValueError, match="nests deeper"):
        check(deep)
