# in: 2
# in: 5 7
# out: [['2'], ['5', '7']]
print([line.split() for line in open(0)])
