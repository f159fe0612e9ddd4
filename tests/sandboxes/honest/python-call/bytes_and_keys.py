# call: f
# args: [{"$bytes": "YQ=="}]
# returns: {"$dict": [[1, {"$bytes": "YQ=="}]]}
def f(x):
    return {1: x}
