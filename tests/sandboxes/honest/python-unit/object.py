# assert: a = A(2)
# assert: a.x += 1
# assert: assert a.twice() == 6 and a.x == 3
class A:
    def __init__(self, x):
        self.x = x

    def twice(self):
        return 2 * self.x
