# in: 3000
# out: 3000 4498500
n = int(input())
lines = "\n".join(map(str, range(n)))
print(n, sum(map(int, lines.split("\n"))))
