# call: f
# args: [[1]]
# returns: {"$set": [{"$tuple": [1, 1]}]}
def f(x):
    return {(y, y) for y in x}
