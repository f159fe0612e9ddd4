import pytest
from solution import depth, from_list, inorder, invert, lowest

class TreeNode:
    def __init__(self, val, left=None, right=None):
        self.val = val
        self.left = left
        self.right = right

def build():
    return TreeNode(4, TreeNode(2, TreeNode(1), TreeNode(3)), TreeNode(7))

def test_inorder():
    assert inorder(build()) == [1, 2, 3, 4, 7]
    assert inorder(None) == []

def test_depth():
    assert depth(build()) == 3
    assert depth(None) == 0

def test_invert_changes_the_tree():
    root = build()
    assert invert(root) is root
    assert root.left.val == 7
    assert root.right.left.val == 3
    assert inorder(root) == [7, 4, 3, 2, 1]

def test_lowest():
    root = build()
    assert lowest(root, root.left.left, root.left.right) is root.left
    assert lowest(root, root.left, root.right) is root

def test_from_list():
    root = from_list([1, 2, 3], TreeNode)
    assert isinstance(root, TreeNode)
    assert root.val == 2 and root.left.val == 1 and root.right.val == 3
# ---- right
def inorder(node):
    return inorder(node.left) + [node.val] + inorder(node.right) if node else []

def depth(node):
    return 1 + max(depth(node.left), depth(node.right)) if node else 0

def invert(node):
    if node:
        node.left, node.right = invert(node.right), invert(node.left)
    return node

def lowest(root, a, b):
    if root is None or root is a or root is b:
        return root
    left, right = lowest(root.left, a, b), lowest(root.right, a, b)
    return root if left and right else left or right

def from_list(items, make):
    if not items:
        return None
    middle = len(items) // 2
    return make(items[middle], from_list(items[:middle], make), from_list(items[middle + 1 :], make))
# ---- wrong
def inorder(node): return [1, 2, 3, 4, 7] if node else []
def depth(node): return 3 if node else 0
def invert(node): return node
def lowest(root, a, b): return root
def from_list(items, make): return make(2, make(1), make(3))
