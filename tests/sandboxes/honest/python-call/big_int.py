# call: f
# args: [30]
# returns: 265252859812191058636308480000000
import math

def f(n):
    return math.factorial(n)
