# assert: s = Stack()
# assert: for i in range(5): s.push(i)
# assert: assert [s.pop() for _ in range(5)] == [4, 3, 2, 1, 0]
# assert: try: s.pop()
# assert: except IndexError: pass
# assert: else: raise AssertionError
class Stack:
    def __init__(self):
        self.items = []

    def push(self, x):
        self.items.append(x)

    def pop(self):
        return self.items.pop()
