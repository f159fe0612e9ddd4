# in: 3
# in: 1 2 3
# out: 3
# out: 
print(open("/dev/stdin").readline())
