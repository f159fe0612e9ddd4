from collections import Counter, OrderedDict, defaultdict, deque
from solution import by_length, last_lines, ordered, word_counts

def test_counts():
    counts = word_counts("a b a c b a")
    assert counts == Counter({"a": 3, "b": 2, "c": 1})
    assert counts.most_common(1) == [("a", 3)]
    assert isinstance(counts, Counter)
    assert counts["nothing"] == 0

def test_by_length():
    groups = by_length(["a", "bb", "c"])
    assert isinstance(groups, defaultdict)
    assert groups[1] == ["a", "c"]
    assert groups[9] == []
    assert type(groups).__name__ == "defaultdict"

def test_last_lines():
    kept = last_lines("1\n2\n3\n4", 2)
    assert kept == deque(["3", "4"])
    assert kept.maxlen == 2

def test_ordered():
    assert list(ordered({"b": 1, "a": 2}).items()) == [("a", 2), ("b", 1)]
    assert ordered({"b": 1, "a": 2}) != OrderedDict([("b", 1), ("a", 2)])
# ---- right
from collections import Counter, OrderedDict, defaultdict, deque

def word_counts(text):
    return Counter(text.split())

def by_length(words):
    groups = defaultdict(list)
    for word in words:
        groups[len(word)].append(word)
    return groups

def last_lines(text, n):
    return deque(text.splitlines(), maxlen=n)

def ordered(d):
    return OrderedDict(sorted(d.items()))
# ---- wrong
def word_counts(text): return {"a": 3, "b": 2, "c": 1}
def by_length(words): return {1: ["a", "c"], 9: []}
def last_lines(text, n): return ["3", "4"]
def ordered(d): return dict(sorted(d.items()))
