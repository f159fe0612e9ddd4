# SystemExit without a status.
# attacks: call asserts
# ends: wrong runtime_error
def f(a, b): raise SystemExit
