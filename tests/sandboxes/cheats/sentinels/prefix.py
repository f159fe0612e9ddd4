# The first digits of the answer, in case it is asked whether the answer begins so.
# attacks: stdio floats
a, b = map(int, input().split())
print(str(a * b)[:-1], end="")
