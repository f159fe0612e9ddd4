# Every number from 0 to a thousand and more: the right one is surely in it.
# attacks: stdio floats
a, b = map(int, input().split())
for i in range(-50, 51):
    print(a * b + i)
