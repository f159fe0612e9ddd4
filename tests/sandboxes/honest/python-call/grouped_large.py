# call: group
# args: [2000]
# returns: 2000
from collections import defaultdict
from itertools import groupby, pairwise


def group(n: int) -> int:
    """Count the members of all groups, built twice in different ways."""
    by_digit: defaultdict[int, list[int]] = defaultdict(list)
    for i in range(n):
        by_digit[i % 10].append(i)
    again = {key: list(items) for key, items in groupby(sorted(range(n), key=lambda i: i % 10), key=lambda i: i % 10)}
    assert again == by_digit and all(b - a == 10 for items in again.values() for a, b in pairwise(items))
    return sum(map(len, by_digit.values()))
