# call: f
# returns: 1
count = 0

def f():
    global count
    count += 1
    return count
