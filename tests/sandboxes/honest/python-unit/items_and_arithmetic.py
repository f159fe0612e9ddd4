# assert: assert (V(1) + V(2))[0] == 3
class V:
    def __init__(self, x):
        self.x = x

    def __add__(self, other):
        return V(self.x + other.x)

    def __getitem__(self, i):
        return self.x
