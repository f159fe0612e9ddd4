from typing import Optional
import solution

class ListNode:
    def __init__(self, val=0, next=None):
        self.val = val
        self.next = next

def to_list(head: Optional[ListNode]):
    out = []
    while head is not None:
        out.append(head.val)
        head = head.next
    return out

def of(*values):
    head = None
    for value in reversed(values):
        head = ListNode(value, head)
    return head

def test_reverse():
    assert to_list(solution.Solution().reverseList(of(1, 2, 3))) == [3, 2, 1]
    assert solution.Solution().reverseList(None) is None

def test_cycle():
    nodes = [ListNode(i) for i in range(3)]
    for a, b in zip(nodes, nodes[1:]):
        a.next = b
    assert solution.Solution().hasCycle(nodes[0]) is False
    nodes[2].next = nodes[0]
    assert solution.Solution().hasCycle(nodes[0]) is True

def test_merge():
    merged = solution.Solution().mergeTwoLists(of(1, 4), of(2, 3, 5))
    assert to_list(merged) == [1, 2, 3, 4, 5]

def test_middle():
    head = of(1, 2, 3, 4, 5)
    assert solution.Solution().middleNode(head).val == 3
    assert solution.Solution().middleNode(head) is head.next.next
# ---- right
class Solution:
    def reverseList(self, head):
        previous = None
        while head:
            head.next, previous, head = previous, head, head.next
        return previous

    def hasCycle(self, head):
        slow = fast = head
        while fast and fast.next:
            slow, fast = slow.next, fast.next.next
            if slow is fast:
                return True
        return False

    def mergeTwoLists(self, a, b):
        if not a or not b:
            return a or b
        if b.val < a.val:
            a, b = b, a
        a.next = self.mergeTwoLists(a.next, b)
        return a

    def middleNode(self, head):
        slow = fast = head
        while fast and fast.next:
            slow, fast = slow.next, fast.next.next
        return slow
# ---- wrong
class Solution:
    def reverseList(self, head): return head
    def hasCycle(self, head): return True
    def mergeTwoLists(self, a, b): return a
    def middleNode(self, head): return head
