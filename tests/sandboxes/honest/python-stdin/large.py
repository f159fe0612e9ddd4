# in: 200000
# out: 20000100000
n = int(input())
print(sum(map(int, " ".join(map(str, range(1, n + 1))).split())))
