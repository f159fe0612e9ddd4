# True equals 1 and is an int to isinstance.
# attacks: call near
def f(a, b): return True
