# call: f
# returns: 2
def f():
    print("noise")
    return 2
