# in: 3
# in: 1
# in: 3
# in: 2
# out: 1
# out: 2
# out: 3
sort -n | uniq
