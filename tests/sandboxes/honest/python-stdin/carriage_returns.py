# in: "3\r\n1 2 3\r\n"
# out: 6
n = int(input())
print(sum(map(int, input().split())))
