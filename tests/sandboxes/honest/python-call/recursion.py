# call: depth
# args: [900]
# returns: 900
def depth(n):
    return 0 if n == 0 else 1 + depth(n - 1)
