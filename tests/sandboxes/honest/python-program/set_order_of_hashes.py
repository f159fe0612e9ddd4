# out: ['a', 'b', 'c']
print(sorted({"b", "a", "c"}))
