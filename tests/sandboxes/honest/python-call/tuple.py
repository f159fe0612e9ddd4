# call: f
# args: [3]
# kwargs: {"b": [1]}
# returns: {"$tuple": [3, [1]]}
def f(a, b=1):
    return a, b
