# in: 3
# in: 1 2 3
# out: 6
n = int(input())
print(sum(map(int, input().split())))
