# The right answer from a program that fails.
# attacks: stdio floats
# ends: runtime_error
a, b = map(int, input().split())
print(a * b)
raise SystemExit(1)
