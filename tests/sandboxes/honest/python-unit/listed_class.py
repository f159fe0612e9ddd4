# entry_points: V
# assert: assert V(1) == V(1) and len(V(3)) == 2 and isinstance(V(1), V) and V(5) - V(2) == 3
class V:
    def __init__(self, x):
        self.x = x

    def __eq__(self, other):
        return self.x == other.x

    def __len__(self):
        return 2

    def __sub__(self, other):
        return self.x - other.x
