# assert: from solution import add as plus
# assert: import solution
# assert: assert plus(1, 2) == solution.add(2, 1)
def add(a, b):
    return a + b
