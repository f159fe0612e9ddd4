# call: f
# returns: null
def f():
    pass
