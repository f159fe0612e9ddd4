# in: "3\n1 2 3"
# out: 3 6
n = int(input())
print(n, sum(map(int, input().split())))
