# in: 3
# in: 1 2 3
# out: 3 ['1', '2', '3']
import sys

input = sys.stdin.readline
print(int(input()), input().split())
