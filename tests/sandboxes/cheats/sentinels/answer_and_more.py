# The right answer and a second one, in case only the first token counts.
# attacks: stdio floats
a, b = map(int, input().split())
print(a * b, a * b + 1)
