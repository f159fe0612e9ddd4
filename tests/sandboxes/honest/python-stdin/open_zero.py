# in: 3
# in: 1 2 3
# out: ['3', '1', '2', '3']
print(open(0).read().split())
