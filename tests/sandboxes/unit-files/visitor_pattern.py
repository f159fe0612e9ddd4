import pytest
from solution import Add, Mul, Num, Printer, Visitor, simplify

@pytest.fixture
def tree():
    return Add(Num(1), Mul(Num(2), Num(3)))

def test_our_visitor(tree):
    class Evaluator(Visitor):
        def visit_num(self, node):
            return node.value

        def visit_add(self, node):
            return node.left.accept(self) + node.right.accept(self)

        def visit_mul(self, node):
            return node.left.accept(self) * node.right.accept(self)

    assert tree.accept(Evaluator()) == 7

def test_counting_visitor(tree):
    class Counter(Visitor):
        count = 0

        def generic(self, node):
            self.count += 1
            super().generic(node)

    counter = Counter()
    tree.accept(counter)
    assert counter.count == 5

def test_printer(tree):
    assert tree.accept(Printer()) == "(1 + (2 * 3))"

def test_simplify():
    assert simplify(Mul(Num(1), Num(5))) == Num(5)
    assert simplify(Add(Num(0), Mul(Num(1), Num(2)))) == Num(2)
    assert simplify(Mul(Num(0), Num(9))) == Num(0)

def test_missing_method():
    class Lazy(Visitor):
        pass

    assert Num(1).accept(Lazy()) is None
    assert repr(Add(Num(1), Num(2))) == "Add(left=Num(value=1), right=Num(value=2))"
# ---- right
from dataclasses import dataclass

class Node:
    def accept(self, visitor):
        method = getattr(visitor, f"visit_{type(self).__name__.lower()}", visitor.generic)
        return method(self)

@dataclass(frozen=True)
class Num(Node):
    value: int

@dataclass(frozen=True)
class Add(Node):
    left: Node
    right: Node

@dataclass(frozen=True)
class Mul(Node):
    left: Node
    right: Node

class Visitor:
    def generic(self, node):
        for name in ("left", "right"):
            if hasattr(node, name):
                getattr(node, name).accept(self)

class Printer(Visitor):
    def visit_num(self, node):
        return str(node.value)

    def visit_add(self, node):
        return f"({node.left.accept(self)} + {node.right.accept(self)})"

    def visit_mul(self, node):
        return f"({node.left.accept(self)} * {node.right.accept(self)})"

def simplify(node):
    if isinstance(node, Num):
        return node
    left, right = simplify(node.left), simplify(node.right)
    if isinstance(node, Mul):
        if Num(0) in (left, right):
            return Num(0)
        if Num(1) in (left, right):
            return right if left == Num(1) else left
        return Mul(left, right)
    if Num(0) in (left, right):
        return right if left == Num(0) else left
    return Add(left, right)
# ---- wrong
from dataclasses import dataclass
@dataclass
class Num:
    value: int
    def accept(self, visitor): return 7
class Add(Num):
    def __init__(self, left, right): self.left, self.right = left, right
class Mul(Add): pass
class Visitor:
    def generic(self, node): pass
class Printer(Visitor): pass
def simplify(node): return node
