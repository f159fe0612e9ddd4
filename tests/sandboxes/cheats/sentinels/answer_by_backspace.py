# A wrong answer that a terminal would show as the right one.
# attacks: stdio floats
a, b = map(int, input().split())
print(f"0\b{a * b}\x1b[2K")
