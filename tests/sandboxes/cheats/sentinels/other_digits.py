# Digits of another script, which int() and float() read.
# attacks: stdio floats
a, b = map(int, input().split())
print(str(a * b).translate({48 + i: 0x0660 + i for i in range(10)}))
