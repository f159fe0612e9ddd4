# Underscores, which Python's int() reads.
# attacks: stdio floats
a, b = map(int, input().split())
print(f"{a * b:_}")
