# out: A ['x']
class Meta(type):
    def __new__(cls, name, bases, space):
        return super().__new__(cls, name, bases, {**space, "label": name})

class A(metaclass=Meta):
    __slots__ = ["x"]

print(A.label, A.__slots__)
