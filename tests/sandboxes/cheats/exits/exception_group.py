# A group of exits.
# attacks: call asserts
# ends: wrong runtime_error
def f(a, b): raise BaseExceptionGroup("all", [SystemExit(0), KeyboardInterrupt()])
